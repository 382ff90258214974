import { describe, expect, test } from 'vitest';
import type { Board, QuestionReleased, ScreenState, ServerMessage } from '../shared/protocol';
import { usualOptions } from '../shared/testing/options';
import { modelOf } from './model';
import { emptyScreen, fold, type ScreenData } from './reducer';

const state: ScreenState = {
  join_url: 'http://quiz.example/j/K7PQ4M',
  code: 'K7PQ4M',
  quiz_name: 'Thursday',
  phase: 'question',
  present: { view: 'auto' },
  options: usualOptions,
  player_count: 2,
  round: 1,
  total_rounds: 2,
};

function released(n: number, more: Partial<QuestionReleased> = {}): ServerMessage {
  const question = { id: `q${n}`, type: 'text' as const, prompt: `Question ${n}?`, points: 1000 };
  return {
    type: 'question_released',
    payload: { pos_in_round: n, total_in_round: 4, round: 1, total_rounds: 2, question, ...more },
  };
}

function board(round: number, ...names: string[]): Board {
  const entries = names.map((name, index) => ({
    rank: index + 1,
    player_id: name,
    display_name: name,
    score: 9 - index,
  }));
  return { entries, round, total_rounds: 2 };
}

const welcome = { type: 'welcome', payload: {} } as ServerMessage;
const pong = { type: 'pong', payload: { server_time: 0 } } as ServerMessage;
const shown: ServerMessage = { type: 'screen_state', payload: state };
const started = {
  type: 'game_started',
  payload: { round: 1, total_rounds: 2, questions_in_round: 4 },
} as ServerMessage;

function play(messages: ServerMessage[], from: ScreenData = emptyScreen, now = 1_000): ScreenData {
  return messages.reduce((data, message) => fold(data, message, now), from);
}

function kindOf(data: ScreenData): string | undefined {
  return modelOf(data)?.view.kind;
}

describe('a replay', () => {
  test('counts all at once, whatever its order', () => {
    const before = play([welcome, shown, started, released(1), pong]);
    const during = play([welcome, started], before);
    expect(modelOf(during)?.view).toEqual(modelOf(before)?.view);
    const after = play([released(1), released(2), shown, pong], during);
    expect(after.released.map((question) => question.question.id)).toEqual(['q1', 'q2']);
    expect(after.replay).toBeUndefined();
  });

  test('forgets a question that was taken back while the line was down', () => {
    const before = play([welcome, shown, started, released(1), released(2), pong]);
    const after = play([welcome, shown, started, released(1), pong], before);
    expect(after.released.map((question) => question.question.id)).toEqual(['q1']);
  });

  test('keeps the length of a timer rail', () => {
    const before = play([welcome, shown, started, released(1, { closes_at: 61_000 }), pong]);
    const after = play([welcome, shown, started, released(1, { closes_at: 61_000 }), pong], before, 31_000);
    expect(after.released[0]?.rail_ms).toBe(60_000);
  });
});

describe('questions', () => {
  const open = play([welcome, shown, started, released(1), released(2), pong]);

  test('the latest is large and the earlier ones are listed', () => {
    const view = modelOf(open)?.view;
    expect(view).toMatchObject({
      kind: 'question',
      latest: { pos_in_round: 2 },
      earlier: [{ pos_in_round: 1 }],
    });
  });

  test('that come out together are read on the phones', () => {
    const whole = { ...state, options: { ...usualOptions, release_all: true } };
    const first = play([{ type: 'screen_state', payload: whole }, released(1)]);
    expect(kindOf(first)).toBe('question');
    const all = play([released(2, { closes_at: 9_000 }), released(3, { closes_at: 8_000 })], first);
    expect(modelOf(all)?.view).toMatchObject({ kind: 'sheet', open: 3, timed: { pos_in_round: 2 } });
    const closed = play([{ type: 'question_closed', payload: { question_id: 'q2' } } as ServerMessage], all);
    expect(modelOf(closed)?.view).toMatchObject({ kind: 'sheet', open: 2, timed: { pos_in_round: 3 } });
  });

  test('can be taken back, closed and given more time', () => {
    const taken = play([{ type: 'question_unreleased', payload: { question_id: 'q2' } }], open);
    expect(taken.released).toHaveLength(1);
    const closed = play([{ type: 'question_closed', payload: { question_id: 'q1', by: 'host' } }], open);
    expect(closed.released[0]?.closed).toBe(true);
    const timer = { type: 'question_timer' as const, payload: { question_id: 'q1', closes_at: 31_000 } };
    expect(play([timer], closed).released[0]).toMatchObject({ closes_at: 31_000, rail_ms: 30_000 });
    expect(play([timer], closed).released[0]?.closed).toBeUndefined();
  });

  test('more time makes the rail longer, never shorter', () => {
    const at = (closes_at: number) => ({
      type: 'question_timer' as const,
      payload: { question_id: 'q1', closes_at },
    });
    expect(play([at(61_000), at(31_000)], open).released[0]?.rail_ms).toBe(60_000);
  });

  test('a pause stands still until it is over', () => {
    const paused = play([{ type: 'paused', payload: { paused_at: 5_000 } }], open);
    expect(modelOf(paused)?.frame.pausedAt).toBe(5_000);
    expect(modelOf(play([{ type: 'resumed', payload: {} }], paused))?.frame.pausedAt).toBeUndefined();
  });

  test('are open again when a round is reopened', () => {
    const place = { round: 1, total_rounds: 2 };
    const closed = { type: 'question_closed' as const, payload: { question_id: 'q1', by: 'host' as const } };
    const ended = play([closed, { type: 'round_ended', payload: place }], open);
    expect(kindOf(ended)).toBe('pens-down');
    const again = play([{ type: 'round_reopened', payload: place }], ended);
    expect(kindOf(again)).toBe('question');
    expect(again.released.every((question) => !question.closed)).toBe(true);
  });
});

describe('the standings', () => {
  test('of the round before are kept to move from', () => {
    const first = play([{ type: 'round_leaderboard', payload: board(1, 'Ann', 'Bea') }], play([shown]));
    expect(kindOf(first)).toBe('board');
    const second = play([started, { type: 'round_leaderboard', payload: board(2, 'Bea', 'Ann') }], first);
    expect(second.previous?.entries[0]?.player_id).toBe('Ann');
    const corrected = play([{ type: 'round_leaderboard', payload: board(2, 'Ann', 'Bea') }], second);
    expect(corrected.previous).toEqual(second.previous);
  });

  test('end as the podium, unless the game was called off', () => {
    const over = play([shown, { type: 'game_ended', payload: board(2, 'Ann') }]);
    expect(kindOf(over)).toBe('podium');
    const off = play([shown, { type: 'game_ended', payload: { ...board(2), cancelled: true } }]);
    expect(kindOf(off)).toBe('cancelled');
  });
});

test('what the host presents comes before what the phase asks for', () => {
  const present = (view: 'blank' | 'board' | 'join'): ServerMessage => ({
    type: 'screen_state',
    payload: { ...state, present: { view } },
  });
  expect(kindOf(play([present('blank')]))).toBe('blank');
  expect(kindOf(play([present('join')]))).toBe('join');
  expect(kindOf(play([present('board')]))).toBe('round');
});

describe('a secret board', () => {
  const secret: ServerMessage = {
    type: 'screen_state',
    payload: { ...state, phase: 'leaderboard', options: { ...state.options, secret_board: true } },
  };
  const hidden: ServerMessage = { type: 'round_leaderboard', payload: { ...board(1), hidden: true } };

  test('is said to be one, also where the host presents it or has its entries', () => {
    expect(kindOf(play([secret, hidden]))).toBe('secret');
    const known: ServerMessage = {
      type: 'round_leaderboard',
      payload: { ...board(1, 'Ann'), hidden: true },
    };
    expect(kindOf(play([secret, known]))).toBe('secret');
    const presented = { ...secret.payload, phase: 'question', present: { view: 'board' } } as ScreenState;
    expect(kindOf(play([known, { type: 'screen_state', payload: presented }]))).toBe('secret');
  });

  test('is not told in a break', () => {
    const pause = { ...secret.payload, present: { view: 'break' } } as ScreenState;
    const data = play([
      { type: 'round_leaderboard', payload: board(1, 'Ann') },
      { type: 'screen_state', payload: pause },
    ]);
    expect(modelOf(data)?.view).toEqual({ kind: 'break' });
  });

  test('is shown at the end, and later boards do not move from it', () => {
    const over = play([secret, hidden, { type: 'game_ended', payload: board(2, 'Ann') }]);
    expect(kindOf(over)).toBe('podium');
    const opened = play([secret, hidden, shown, { type: 'round_leaderboard', payload: board(2, 'Ann') }]);
    expect(modelOf(opened)?.view).toEqual({ kind: 'board', board: board(2, 'Ann') });
  });
});

describe('a break', () => {
  const at = (
    present: ScreenState['present'],
    phase: ScreenState['phase'] = 'leaderboard',
  ): ServerMessage => ({
    type: 'screen_state',
    payload: { ...state, phase, present },
  });

  test('has the time it ends, and the standings if there are any', () => {
    const first = play([at({ view: 'break' }, 'lobby')]);
    expect(modelOf(first)?.view).toEqual({ kind: 'break' });
    const standings = board(1, 'Ann', 'Bea');
    const later = play([
      { type: 'round_leaderboard', payload: standings },
      at({ view: 'break', until: 61_000 }),
    ]);
    expect(modelOf(later)?.view).toEqual({ kind: 'break', until: 61_000, board: standings });
  });

  test('gives way to the game', () => {
    const during = play([shown, started, released(1), at({ view: 'break', until: 61_000 }, 'question')]);
    expect(kindOf(during)).toBe('break');
    expect(kindOf(play([released(2), at({ view: 'auto' }, 'question')], during))).toBe('question');
  });
});
