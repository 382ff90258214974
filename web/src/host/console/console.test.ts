import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { HostMessage, RoundReview } from '../../shared/protocol';
import { FakeSocket } from '../../shared/testing/fake-socket';
import { LiveConsole } from './console.svelte';
import { hostState, log, reviewQuestion, roundReview } from './fixtures';

vi.mock('../../screen/update', () => ({ isOutdated: async (protocol: number) => protocol > 1 }));

const line = FakeSocket.made;
let live: LiveConsole;

/** A console in the middle of a review. */
function open(review: RoundReview): void {
  live = new LiveConsole('K7PQ4M');
  live.start();
  line(0).welcome(5);
  line(0).deliver({ type: 'host_state', payload: hostState({ phase: 'round_review' }) });
  line(0).deliver({ type: 'round_review', payload: review });
}

function sent(): HostMessage[] {
  return line(0).sent.filter(({ type }) => type !== 'hello' && type !== 'ping') as never;
}

/** The server's word on the step that was sent last. */
function answer(message: object = { type: 'done', payload: {} }, seq = 6) {
  const last = line(0).sent[line(0).sent.length - 1];
  line(0).deliver({ ...message, id: last?.id, seq });
}

/** Two questions with an answer each that is nearly right; that to the first is challenged if asked for. */
function review(challenged = false): RoundReview {
  const first = reviewQuestion('q1');
  const groups = first.groups.map((group) => ({ ...group, suggested: undefined as never }));
  const answers = first.answers.map((entry) => ({
    ...entry,
    challenged: challenged && entry.player_id === 'p2',
  }));
  return roundReview([reviewQuestion('q1', { groups, answers }), reviewQuestion('q2'), reviewQuestion('q3')]);
}

const shown = () => live.deciding?.question.question_id;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', FakeSocket);
  FakeSocket.all = [];
  localStorage.clear();
});
afterEach(() => {
  live.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the answer to decide', () => {
  test('stays when a challenge comes in before it', () => {
    open(review());
    expect(shown()).toBe('q2');
    line(0).deliver({ type: 'round_review', payload: review(true) });
    expect(live.undecided[0]?.question.question_id).toBe('q1');
    expect(shown()).toBe('q2');
    live.decide('full');
    expect(sent()[0]?.payload).toMatchObject({ question_id: 'q2', answer_group: 'gyn', credit: 'full' });
  });

  test('comes back when a player asks about what was decided here', () => {
    open(review());
    const decided = (challenged: boolean) => {
      const question = reviewQuestion('q2');
      const groups = question.groups.map((group) => ({ ...group, by: 'host' as const }));
      const answers = question.answers.map((entry) => ({ ...entry, challenged }));
      return roundReview([reviewQuestion('q2', { groups, answers })]);
    };
    live.decide('half');
    answer();
    line(0).deliver({ type: 'round_review', payload: decided(false) });
    expect(shown()).toBeUndefined();
    line(0).deliver({ type: 'round_review', payload: decided(true) });
    expect(live.deciding?.challengers).toEqual(['Bea']);
  });

  test('goes to the end when it is skipped', () => {
    open(review());
    live.skip();
    expect(shown()).toBe('q3');
    live.skip();
    expect(shown()).toBe('q2');
  });

  test('is passed once the server has taken the decision, not before', () => {
    open(review());
    live.decide('none');
    expect(shown()).toBe('q2');
    answer({ type: 'refused', payload: { code: 'stale', message: '' } });
    expect(shown()).toBe('q2');
    expect(live.notice).not.toBe('');
    live.decide('none');
    answer();
    expect(shown()).toBe('q3');
  });
});

describe('a step', () => {
  const lock = (locked: boolean): HostMessage => ({ type: 'lock', payload: { locked } });

  test('that comes while another waits is sent after it, on the state that it left', () => {
    open(review());
    live.act(lock(true));
    live.act({ type: 'rename_player', payload: { player_id: 'p1', display_name: 'Anna' } });
    expect(sent().map(({ payload }) => payload)).toEqual([{ locked: true, expected_seq: 5 }]);
    answer();
    expect(sent()[1]?.payload).toMatchObject({ display_name: 'Anna', expected_seq: 6 });
  });

  test('that does not get through is told', () => {
    open(review());
    live.act(lock(true));
    line(0).drop();
    expect(live.notice).toContain('before the server answered');
    expect(live.act(lock(true))).toBe(false);
    expect(live.notice).toBe('There was no connection, so nothing was sent.');
  });

  test('is taken once for a button that bounces, and for each of two buttons', () => {
    open(review());
    const step = (seconds: number) => ({
      label: '',
      message: { type: 'extend_time' as const, payload: { seconds } },
    });
    live.take(step(1), 'more');
    answer();
    live.take(step(2), 'more');
    live.take(step(3), 'other');
    answer();
    vi.advanceTimersByTime(400);
    live.take(step(4), 'other');
    expect(sent().map((message) => 'seconds' in message.payload && message.payload.seconds)).toEqual([
      1, 3, 4,
    ]);
  });
});

describe('undoing', () => {
  const lock: HostMessage = { type: 'lock', payload: { locked: true } };
  const state = (seq: number, ...lines: [string, Record<string, string>?][]) =>
    line(0).deliver({
      type: 'host_state',
      seq,
      payload: hostState({ phase: 'round_review', locked: true, log: log(...lines) }),
    });

  test('at once undoes the step that is on its way, not an older one', () => {
    open(review());
    live.act({ type: 'pause', payload: {} });
    live.act(lock);
    live.undo();
    answer();
    expect(sent()).toHaveLength(2);
    answer({ type: 'done', payload: {} }, 7);
    expect(sent()).toHaveLength(2);
    state(6, ['paused']);
    expect(sent()).toHaveLength(2);
    expect(live.unsettled).toBe(true);
    state(7, ['paused'], ['lobby_locked']);
    expect(sent()[2]).toMatchObject({ type: 'lock', payload: { locked: false, expected_seq: 7 } });
    answer({ type: 'done', payload: {} }, 8);
    state(8, ['paused'], ['lobby_locked'], ['lobby_unlocked']);
    expect(live.unsettled).toBe(false);
  });

  test('a mark that is made waits until the marks are known', () => {
    open(review());
    state(6, ['lobby_locked']);
    live.decide('none');
    answer({ type: 'done', payload: {} }, 7);
    live.undo();
    const about = { question_id: 'q2', answer_group: 'gyn' };
    const lines = ['noop', 'noop', 'noop', 'noop', 'noop', 'lobby_locked'].map((key) => [key] as [string]);
    state(7, ...lines, ['judged_none', about]);
    expect(sent()).toHaveLength(1);
    const [first, ...others] = review().questions;
    const marked = others.map((question) => ({
      ...question,
      groups: question.groups.map((group) => ({ ...group, by: 'host' as const })),
    }));
    if (first) line(0).deliver({ type: 'round_review', seq: 7, payload: roundReview([first, ...marked]) });
    expect(sent()[1]).toMatchObject({ type: 'override_answer', payload: { ...about, credit: 'auto' } });
  });

  test('nothing is told', () => {
    open(review());
    live.undo();
    expect(sent()).toEqual([]);
    expect(live.notice).toBe('There is nothing to undo.');
  });
});

test('what was said is said once for every time, and does not stay', () => {
  open(review());
  live.say('Copied.');
  const first = live.spoken;
  live.say('Copied.');
  expect(live.spoken).not.toBe(first);
  expect(live.spoken.trim()).toBe('Copied.');
  vi.advanceTimersByTime(5_000);
  expect(live.spoken).toBe('');
});

test('a newer protocol is told', async () => {
  open(review());
  expect(live.outdated).toBe(false);
  line(0).deliver({ type: 'welcome', payload: { server_time: 0, seq: 5, protocol: 2 } });
  await vi.advanceTimersByTimeAsync(0);
  expect(live.outdated).toBe(true);
});
