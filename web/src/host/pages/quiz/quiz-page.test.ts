import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { quizzes, rounds } from '../../api';
import { notices } from '../../notices.svelte';
import type { Question, Quiz, Round } from '../../rest';
import { QuizPage } from './quiz-page.svelte';

const question = (id: string): Question => ({
  id,
  bank_id: 'bank',
  type: 'text',
  prompt: id,
  points: 1000,
  accepted_answers: ['yes'],
  position: 1,
  version: 1,
  created_at: '',
  updated_at: '',
});
const round = (id: string, ...ids: string[]): Round => ({
  id,
  quiz_id: 'quiz',
  round_number: 1,
  questions: ids.map(question),
});
const quiz: Quiz = {
  id: 'quiz',
  owner_id: 'o',
  name: 'Quiz',
  created_at: '',
  updated_at: '',
  round_count: 2,
  question_count: 3,
  game_count: 0,
  rounds: [round('one', 'a', 'b'), round('two', 'c')],
};

const order = (page: QuizPage) => page.rounds.map((item) => item.questions.map((entry) => entry.id).join(''));

const pages: QuizPage[] = [];

async function opened() {
  const page = new QuizPage('quiz');
  pages.push(page);
  await page.load();
  return page;
}

beforeEach(() => {
  vi.useFakeTimers();
  notices.list = [];
  vi.spyOn(quizzes, 'get').mockResolvedValue(quiz);
  vi.spyOn(quizzes, 'difficulty').mockResolvedValue([{ question_id: 'a', games: 1, answered: 4, right: 3 }]);
});
afterEach(async () => {
  for (const page of pages.splice(0)) notices.forget(page);
  await vi.runAllTimersAsync();
  vi.useRealTimers();
});

describe('QuizPage', () => {
  it('moves a question over the edge of its round and saves the round that loses it first', async () => {
    const saved = vi.spyOn(rounds, 'setQuestions').mockResolvedValue(undefined);
    const page = await opened();
    page.step({ round: 0, index: 1 }, 1);
    expect(order(page)).toEqual(['a', 'bc']);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(saved.mock.calls).toEqual([
      ['quiz', 'one', ['a']],
      ['quiz', 'two', ['b', 'c']],
    ]);
  });

  it('takes changes back one by one, the latest first', async () => {
    const saved = vi.spyOn(rounds, 'setQuestions').mockResolvedValue(undefined);
    vi.spyOn(rounds, 'reorder').mockResolvedValue(undefined);
    const update = vi.spyOn(rounds, 'update').mockResolvedValue(undefined);
    const page = await opened();
    const [one, two] = page.rounds;
    if (!one || !two) throw new Error('there are two rounds');
    page.step({ round: 0, index: 1 }, 1);
    page.moveRound(one, 1);
    one.title = 'Starters';
    page.touchRound(one);
    await vi.advanceTimersByTimeAsync(2_000);
    saved.mockClear();

    expect(notices.undoLatest()).toBe(true);
    expect(one.title).toBe('');
    expect(notices.undoLatest()).toBe(true);
    expect(page.rounds).toEqual([one, two]);
    expect(notices.undoLatest()).toBe(true);
    expect(order(page)).toEqual(['ab', 'c']);
    expect(notices.undoLatest()).toBe(false);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(update.mock.calls.map(([, , body]) => body)).toEqual([
      { title: 'Starters', planned_questions: 0 },
      { planned_questions: 0 },
    ]);
    expect(saved.mock.calls).toEqual([
      ['quiz', 'two', ['c']],
      ['quiz', 'one', ['a', 'b']],
    ]);
  });

  it('fills a round, which can be taken back', async () => {
    const saved = vi.spyOn(rounds, 'setQuestions').mockResolvedValue(undefined);
    const fill = vi.spyOn(rounds, 'fill').mockResolvedValue({ added: 1, round: round('two', 'c', 'd') });
    const page = await opened();
    const two = page.rounds[1];
    if (!two) throw new Error('there is a second round');
    expect(await page.fill(two, { count: 1, unused_days: 90 })).toBe(1);
    expect(fill).toHaveBeenCalledExactlyOnceWith('quiz', 'two', { count: 1, unused_days: 90 });
    expect(order(page)).toEqual(['ab', 'cd']);
    expect(notices.undoLatest()).toBe(true);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(saved.mock.calls).toEqual([['quiz', 'two', ['c']]]);
  });

  it('knows how many questions of the plan are to be picked', async () => {
    const page = await opened();
    const one = page.rounds[0];
    if (!one) throw new Error('there is a first round');
    const missing = (planned: number | null) => {
      one.planned = planned;
      return [one.missing, one.planProblem === undefined];
    };
    expect([null, 0, 2, 5, 100].map((n) => missing(n)[0])).toEqual([0, 0, 0, 3, 98]);
    expect([0, 100, 101, -1, 1.5].map((n) => missing(n)[1])).toEqual([true, true, false, false, false]);
  });

  it('knows how its questions went, and does without when nobody says', async () => {
    const page = await opened();
    await vi.waitFor(() => expect(page.known.get('a')?.right).toBe(3));
    vi.spyOn(quizzes, 'difficulty').mockRejectedValue(new Error('no'));
    const other = await opened();
    expect(other.failed).toBe('');
    expect(other.known.size).toBe(0);
  });

  it('keeps that order when a drop tells the receiving round first and the losing one after it', async () => {
    const saved = vi.spyOn(rounds, 'setQuestions').mockResolvedValue(undefined);
    const page = await opened();
    const [one, two] = page.rounds;
    if (!one || !two) throw new Error('there are two rounds');
    page.setQuestions(two, [question('a'), question('c')]);
    page.setQuestions(one, [question('b')]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(order(page)).toEqual(['b', 'ac']);
    expect(saved.mock.calls.map((call) => call[1])).toEqual(['one', 'two']);
  });

  it('says why it cannot be played', async () => {
    vi.spyOn(rounds, 'setQuestions').mockResolvedValue(undefined);
    const page = await opened();
    expect(page.obstacle).toBeUndefined();
    const two = page.rounds[1];
    if (two) page.removeQuestion(two, 0);
    expect(page.obstacle).toContain('Round 2');
    notices.undoLatest();
    await vi.advanceTimersByTimeAsync(0);
    expect(page.obstacle).toBeUndefined();
    expect(order(page)).toEqual(['ab', 'c']);
  });

  it('brings a deleted round back in its place', async () => {
    vi.spyOn(rounds, 'remove').mockResolvedValue();
    vi.spyOn(rounds, 'restore').mockResolvedValue(round('one', 'a', 'b'));
    const page = await opened();
    const one = page.rounds[0];
    if (one) await page.removeRound(one);
    expect(order(page)).toEqual(['c']);
    notices.undoLatest();
    await vi.advanceTimersByTimeAsync(0);
    expect(order(page)).toEqual(['ab', 'c']);
  });

  it('holds a wrong time limit back', async () => {
    const saved = vi.spyOn(rounds, 'update').mockResolvedValue(undefined);
    const page = await opened();
    const one = page.rounds[0];
    if (!one) throw new Error('there is a first round');
    one.timeLimit = 4;
    page.touchRound(one);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(saved).not.toHaveBeenCalled();
    one.timeLimit = 5;
    page.touchRound(one);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(saved.mock.calls).toEqual([['quiz', 'one', { planned_questions: 0, time_limit_seconds: 5 }]]);
  });
});
