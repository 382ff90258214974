import { describe, expect, test } from 'vitest';
import type { ServerMessage, Welcome } from '../../shared/protocol';
import { consoleData, hostState, reviewQuestion, roundReview } from './fixtures';
import { emptyConsole, fold, screenStateOf, type ConsoleData } from './reducer';

const welcome = { code: 'K7PQ4M', quiz_name: 'Thursday' } as Welcome;

function play(messages: ServerMessage[], from: ConsoleData = emptyConsole): ConsoleData {
  return messages.reduce((data, message) => fold(data, message, 1_000), from);
}

test('the state comes from the server, whole', () => {
  const first = play([{ type: 'host_state', payload: hostState() }]);
  const second = play([{ type: 'host_state', payload: hostState({ locked: true }) }], first);
  expect(second.host).toEqual(hostState({ locked: true }));
});

describe('ahead of the next state', () => {
  const data = consoleData(hostState());

  test('a question follows its own messages', () => {
    const closed = play([{ type: 'question_closed', payload: { question_id: 'q1', by: 'time' } }], data);
    expect(closed.host?.questions[0]?.state).toBe('closed');
    const more = play([{ type: 'question_timer', payload: { question_id: 'q1', closes_at: 9 } }], closed);
    expect(more.host?.questions[0]).toMatchObject({ state: 'open', closes_at: 9 });
    const counted = play(
      [{ type: 'scoreboard_update', payload: { question_id: 'q1', answer_count: 7 } }],
      more,
    );
    expect(counted.host?.questions[0]?.answered).toBe(7);
  });

  test('the phase does too', () => {
    const place = { round: 1, total_rounds: 2 };
    expect(play([{ type: 'round_ended', payload: place }], data).host?.phase).toBe('round_review');
    const board = { ...place, entries: [] };
    expect(play([{ type: 'round_leaderboard', payload: board }], data).host?.phase).toBe('leaderboard');
  });

  test('a pause holds until it is over', () => {
    const paused = play([{ type: 'paused', payload: { paused_at: 5 } }], data);
    expect(paused.host?.paused_at).toBe(5);
    expect(play([{ type: 'resumed', payload: {} }], paused).host?.paused_at).toBeUndefined();
  });
});

test('reviews are kept by round, and dropped when the round is open again', () => {
  const reviewed = play(
    [{ type: 'round_review', payload: roundReview([reviewQuestion('q1')]) }],
    consoleData(hostState()),
  );
  expect(Object.keys(reviewed.reviews)).toEqual(['1']);
  const reopened = play([{ type: 'round_reopened', payload: { round: 1, total_rounds: 2 } }], reviewed);
  expect(reopened.reviews).toEqual({});
});

test('the miniature reveals an answer only when the big screen does', () => {
  const reviews = { 1: roundReview([reviewQuestion('q1')], true) };
  const shown = consoleData(
    hostState({ phase: 'leaderboard', present: { view: 'answer', question_id: 'q1' } }),
    {
      welcome,
      reviews,
    },
  );
  expect(screenStateOf(shown, 'http://quiz.example/j/K7PQ4M')?.answer).toMatchObject({
    correct_answers: ['Gin'],
    histogram: [{ answer: 'Gin' }, { answer: 'Gyn' }],
  });
  const hidden = consoleData(hostState({ phase: 'leaderboard' }), { welcome, reviews });
  expect(screenStateOf(hidden, '')?.answer).toBeUndefined();
});
