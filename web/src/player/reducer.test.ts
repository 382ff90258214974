import { describe, expect, test } from 'vitest';
import type { Board, QuestionReleased, RoundScores, ServerMessage, Welcome } from '../shared/protocol';
import type { GameView } from './reducer';
import { fold, nothingYet } from './reducer';

const welcome: Welcome = {
  role: 'player',
  game_id: 'g',
  code: 'ABC234',
  phase: 'lobby',
  seq: 1,
  server_time: 0,
  protocol: 1,
  quiz_name: 'Tuesday',
  teams: false,
  paused: false,
  you: { player_id: 'p1', display_name: 'Ada', devices: 1 },
};
const place = { round: 1, total_rounds: 2 };
const board: Board = { entries: [], ...place };

function released(position: number, more: Partial<QuestionReleased> = {}): ServerMessage {
  return {
    type: 'question_released',
    payload: {
      pos_in_round: position,
      total_in_round: 3,
      ...place,
      question: { id: `q${position}`, type: 'text', prompt: `Prompt ${position}`, points: 1000 },
      ...more,
    },
  };
}

function scores(round: number, corrected?: string): ServerMessage {
  const payload: RoundScores = { round, total_rounds: 2, questions: [], round_score: 0 };
  return { type: 'round_scores', payload: corrected ? { ...payload, corrected } : payload };
}

function after(...messages: ServerMessage[]): GameView {
  return messages.reduce(fold, nothingYet);
}

const started: ServerMessage = { type: 'game_started', payload: { ...place, questions_in_round: 3 } };

test('what the room answered is kept by question', () => {
  const question = (id: string, right: number) => ({ question_id: id, players: 9, right, counts: [] });
  const room = (round: number, ...questions: ReturnType<typeof question>[]): ServerMessage => ({
    type: 'round_answers',
    payload: { round, questions },
  });
  const view = after(
    room(1, question('q1', 1), question('q2', 2)),
    room(2, question('q3', 3)),
    room(1, question('q1', 4)),
  );
  expect(Object.entries(view.room).map(([id, { right }]) => [id, right])).toEqual([
    ['q1', 4],
    ['q2', 2],
    ['q3', 3],
  ]);
});

describe('the phase', () => {
  test('follows the night', () => {
    const steps: [ServerMessage, GameView['phase']][] = [
      [{ type: 'welcome', payload: welcome }, 'lobby'],
      [started, 'question'],
      [{ type: 'round_ended', payload: place }, 'round_review'],
      [scores(1), 'round_review'],
      [{ type: 'round_leaderboard', payload: board }, 'leaderboard'],
      [{ type: 'game_started', payload: { round: 2, total_rounds: 2, questions_in_round: 3 } }, 'question'],
      [{ type: 'game_ended', payload: board }, 'ended'],
      [{ type: 'round_leaderboard', payload: { ...board, corrected: 'oops' } }, 'ended'],
    ];
    let view = nothingYet;
    for (const [message, phase] of steps) {
      view = fold(view, message);
      expect(view.phase, message.type).toBe(phase);
    }
    expect(view.board?.corrected).toBe('oops');
  });

  test('a welcome forgets what was known before', () => {
    const view = after(started, released(1), { type: 'welcome', payload: welcome });
    expect(view.questions).toEqual([]);
    expect(view.you?.display_name).toBe('Ada');
    expect(view.known).toBe(true);
  });

  test('a cancelled game says so', () => {
    expect(after({ type: 'game_ended', payload: { ...board, cancelled: true } }).cancelled).toBe(true);
  });
});

describe('questions', () => {
  test('stand in the order of the round, whatever order they come in', () => {
    const view = after(started, released(3), released(1));
    expect(view.questions.map(({ position }) => position)).toEqual([1, 3]);
    expect(view.questionsInRound).toBe(3);
  });

  test('come back with the saved answer, and keep it when they come again', () => {
    const view = after(started, released(1, { your_answer: 'x' }), released(1));
    expect(view.questions).toHaveLength(1);
    expect(view.questions[0]?.saved).toBe('x');
  });

  test('remember what the server saved', () => {
    const accepted: ServerMessage = {
      type: 'answer_accepted',
      payload: { question_id: 'q1', answer_id: 'a', answer: 'y' },
    };
    expect(after(started, released(1), accepted).questions[0]?.saved).toBe('y');
  });

  test('close, open again with a new clock, and go when taken back', () => {
    const closed = after(started, released(1, { closes_at: 5 }), {
      type: 'question_closed',
      payload: { question_id: 'q1', by: 'time' },
    });
    expect(closed.questions[0]?.closed).toBe('time');
    const longer = fold(closed, { type: 'question_timer', payload: { question_id: 'q1', closes_at: 9 } });
    expect(longer.questions[0]).toMatchObject({ closed: undefined, closesAt: 9 });
    const gone = fold(longer, { type: 'question_unreleased', payload: { question_id: 'q1' } });
    expect(gone.questions).toEqual([]);
  });

  test('open again with their answers when the round does', () => {
    const view = after(
      started,
      released(1, { closed: true, closes_at: 5, your_answer: 'x' }),
      { type: 'round_ended', payload: place },
      { type: 'round_reopened', payload: place },
    );
    expect(view.phase).toBe('question');
    expect(view.questions[0]).toMatchObject({ closed: undefined, closesAt: undefined, saved: 'x' });
  });

  test('of a round before are gone when the next begins', () => {
    expect(after(started, released(1), started).questions).toEqual([]);
  });
});

describe('scores', () => {
  test('stand latest first, and a correction replaces its round', () => {
    const view = after(scores(1), scores(2), scores(1, 'again'));
    expect(view.scores.map(({ round, corrected }) => [round, corrected])).toEqual([
      [2, undefined],
      [1, 'again'],
    ]);
  });
});

describe('the room', () => {
  test('pauses and resumes', () => {
    const paused = after({ type: 'paused', payload: { paused_at: 7 } });
    expect(paused.pausedAt).toBe(7);
    expect(fold(paused, { type: 'resumed', payload: {} }).pausedAt).toBeUndefined();
  });

  test('keeps one claim per phone, until another phone is let in', () => {
    const claim: ServerMessage = { type: 'claim', payload: { claim_id: 'c', display_name: 'Ada' } };
    const view = after({ type: 'welcome', payload: welcome }, claim, claim);
    expect(view.claims).toHaveLength(1);
    const joined = fold(view, {
      type: 'you',
      payload: { player_id: 'p1', display_name: 'Ada', devices: 2 },
    });
    expect(joined.claims).toEqual([]);
  });

  test('a message that is not for players changes nothing', () => {
    const view = after(started);
    expect(fold(view, { type: 'pong', payload: { server_time: 1 } })).toBe(view);
  });
});

test('a large room names its first players and says how many there are', () => {
  const players = [{ id: 'p1', display_name: 'Ada' }];
  const room = (total?: number) =>
    after({ type: 'lobby_update', payload: total ? { players, total } : { players } });
  expect(room().playerCount).toBe(1);
  expect(room(700)).toMatchObject({ players, playerCount: 700 });
});
