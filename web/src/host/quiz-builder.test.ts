import { beforeEach, expect, test, vi } from 'vitest';
import { ApiError, questions, quizzes, rounds } from './api';
import { buildQuiz } from './quiz-builder';
import type { Bank, Question, QuizSummary, Round } from './rest';

const bank = { id: 'bank', name: 'General' } as Bank;

beforeEach(() => {
  vi.spyOn(questions, 'page').mockImplementation(async (_bank, cursor) => {
    const first = Number(cursor ?? 0);
    const items = [first, first + 1, first + 2].map((n) => ({ id: `q${n}` }) as Question);
    return { items, next: first < 6 ? String(first + 3) : undefined };
  });
  vi.spyOn(quizzes, 'create').mockResolvedValue({ id: 'quiz' } as QuizSummary);
  vi.spyOn(rounds, 'create').mockImplementation(
    async () => ({ id: `r${vi.mocked(rounds.create).mock.calls.length}` }) as Round,
  );
  vi.spyOn(rounds, 'setQuestions').mockResolvedValue(undefined);
});

test('takes the first questions, and no more than it needs', async () => {
  expect(await buildQuiz(bank, 2, 2)).toBe('quiz');
  expect(vi.mocked(rounds.setQuestions).mock.calls).toEqual([
    ['quiz', 'r1', ['q0', 'q1']],
    ['quiz', 'r2', ['q2', 'q3']],
  ]);
  expect(questions.page).toHaveBeenCalledTimes(2);
});

test('makes fewer rounds of a small bank', async () => {
  await buildQuiz(bank, 50, 4);
  expect(vi.mocked(rounds.setQuestions).mock.calls.map((call) => call[2].length)).toEqual([4, 4, 1]);
});

test('leaves nothing behind when it fails', async () => {
  vi.mocked(rounds.setQuestions).mockRejectedValue(new ApiError(500, 'internal', 'It broke.'));
  const remove = vi.spyOn(quizzes, 'remove').mockResolvedValue();
  await expect(buildQuiz(bank, 2, 2)).rejects.toThrow('It broke.');
  expect(remove).toHaveBeenCalledWith('quiz');
});
