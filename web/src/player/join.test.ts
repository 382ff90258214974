import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Join } from './join.svelte';
import { loadSeat } from './seat';

const joined = { game_code: 'ABC234', session_token: 't', display_name: 'Ada', player_id: 'p1' };
const onSeat = vi.fn();

/** Answers the next requests in turn. */
function answers(...responses: [status: number, body: unknown, headers?: Record<string, string>][]) {
  const queue = [...responses];
  const fetch = vi.fn(async (_path: string, _init?: RequestInit) => {
    const next = queue.shift();
    if (!next) throw new TypeError('no network');
    return new Response(JSON.stringify(next[1]), { status: next[0], headers: next[2] ?? {} });
  });
  vi.stubGlobal('fetch', fetch);
  return fetch;
}

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  onSeat.mockReset();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function filled(): Join {
  const join = new Join(onSeat, '', ' Ada ');
  join.code = 'abc 234';
  return join;
}

describe('joining', () => {
  test('sends the clean code and name, and keeps the seat', async () => {
    const fetch = answers([201, joined]);
    await filled().join();
    const body = JSON.parse(String(fetch.mock.calls[0]?.[1]?.body)) as Record<string, string>;
    expect(body).toMatchObject({ code: 'ABC234', display_name: 'Ada' });
    expect(body['device']).toMatch(/^[0-9a-f]{32}$/);
    expect(onSeat).toHaveBeenCalledOnce();
    expect(loadSeat('ABC234')?.session_token).toBe('t');
  });

  test('asks for what is missing before it asks the server', async () => {
    const fetch = answers();
    const join = new Join(onSeat, '', '');
    await join.join();
    expect(join.problem?.where).toBe('code');
    join.code = 'ABC234';
    await join.join();
    expect(join.problem?.where).toBe('name');
    expect(fetch).not.toHaveBeenCalled();
  });

  test('offers free names for a taken one', async () => {
    answers([409, { code: 'name_taken', suggestions: ['Ada 2', 7], claimable: true }], [201, joined]);
    const join = filled();
    await join.join();
    expect(join.problem?.where).toBe('name');
    expect(join.suggestions).toEqual(['Ada 2']);
    expect(join.claimable).toBe(true);
    await join.join('Ada 2');
    expect(join.suggestions).toEqual([]);
    expect(onSeat).toHaveBeenCalledOnce();
  });

  test.each([
    [404, { code: 'not_found' }, 'code', 'No game has this code'],
    [403, { code: 'locked' }, 'form', 'shut the door'],
    [
      422,
      { code: 'bad_name', errors: [{ field: 'display_name', message: 'Too long.' }] },
      'name',
      'Too long.',
    ],
    [500, { detail: 'The disk is full.' }, 'form', 'The disk is full.'],
  ])('explains a %i', async (status, body, where, text) => {
    answers([status, body]);
    const join = filled();
    await join.join();
    expect(join.problem?.where).toBe(where);
    expect(join.problem?.text).toContain(text);
    expect(join.busy).toBe(false);
  });

  test('says how long to wait, and what to do without a network', async () => {
    answers([429, {}, { 'retry-after': '1' }]);
    const join = filled();
    await join.join();
    expect(join.problem?.text).toContain('in 1 second.');
    await join.join();
    expect(join.problem?.text).toContain('Wi-Fi');
  });
});

describe('a link', () => {
  test('brings the code and shows the quiz', async () => {
    answers([200, { game_code: 'ABC234', quiz_name: 'Tuesday', joinable: true, teams: false }]);
    const join = new Join(onSeat, 'ABC234', '');
    await vi.advanceTimersByTimeAsync(0);
    expect(join.codeGiven).toBe(true);
    expect(join.game?.quiz_name).toBe('Tuesday');
  });

  test('to a locked game says so at once', async () => {
    answers([200, { quiz_name: 'T', joinable: false, reason: 'locked', teams: false }]);
    const join = new Join(onSeat, 'ABC234', '');
    await vi.advanceTimersByTimeAsync(0);
    expect(join.problem?.text).toContain('shut the door');
  });

  test('to no game asks for another code', async () => {
    answers([404, {}]);
    const join = new Join(onSeat, 'ABC234', '');
    await vi.advanceTimersByTimeAsync(0);
    expect(join.codeGiven).toBe(false);
    expect(join.problem).toMatchObject({ where: 'code', sent: false });
  });
});

describe('another code', () => {
  test('has nothing to do with what was wrong with the last one', async () => {
    answers([200, { quiz_name: 'T', joinable: false, reason: 'locked', teams: false }]);
    const join = new Join(onSeat, '', 'Ada');
    await join.find('ABC234');
    expect(join.problem?.where).toBe('form');
    void join.find('abc 234');
    expect(join.problem?.where).toBe('form');
    void join.find('abc23');
    expect(join.problem).toBeUndefined();
  });

  test('takes the suggestions of the last one away', async () => {
    answers([409, { code: 'name_taken', suggestions: ['Ada 2'], claimable: true }]);
    const join = filled();
    await join.join();
    join.otherGame();
    expect(join.suggestions).toEqual([]);
    expect(join.claimable).toBe(false);
    expect(join.problem).toBeUndefined();
  });

  test('is not told that there is no game of the last one', async () => {
    answers([404, {}]);
    const join = new Join(onSeat, '', 'Ada');
    const slow = join.find('ABC234');
    void join.find('ABC23');
    await slow;
    expect(join.problem).toBeUndefined();
  });
});

describe('a claim', () => {
  test('waits for a yes', async () => {
    answers(
      [201, { claim_token: 'c' }],
      [200, { status: 'waiting' }],
      [200, { status: 'approved', ...joined }],
    );
    const join = filled();
    await join.claim();
    expect(join.claiming).toBe('Ada');
    await vi.advanceTimersByTimeAsync(2_000);
    expect(onSeat).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(onSeat).toHaveBeenCalledOnce();
    expect(join.claiming).toBeUndefined();
  });

  test('goes back to the form at a no', async () => {
    answers([201, { claim_token: 'c' }], [200, { status: 'refused' }]);
    const join = filled();
    await join.claim();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(join.claiming).toBeUndefined();
    expect(join.problem?.text).toContain('said no');
  });

  test('outlives a network that comes and goes', async () => {
    answers([201, { claim_token: 'c' }]);
    const join = filled();
    await join.claim();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(join.claiming).toBe('Ada');
    join.cancelClaim();
    expect(join.claiming).toBeUndefined();
  });
});
