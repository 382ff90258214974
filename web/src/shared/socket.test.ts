import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Received, SocketOptions, SocketStatus } from './socket';
import { GameSocket, pauseBefore } from './socket';
import { FakeSocket } from './testing/fake-socket';

let statuses: SocketStatus[];
let messages: Received[];
let started: GameSocket[];

function start(more: Partial<SocketOptions> = {}): GameSocket {
  const socket = new GameSocket({
    code: 'ABC234',
    hello: () => ({ session: 's' }),
    onMessage: (message) => messages.push(message),
    onStatus: (status) => statuses.push(status),
    ...more,
  });
  socket.open();
  started.push(socket);
  return socket;
}

const line = FakeSocket.made;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', FakeSocket);
  vi.spyOn(Math, 'random').mockReturnValue(0.999);
  FakeSocket.all = [];
  statuses = [];
  messages = [];
  started = [];
});

afterEach(() => {
  for (const socket of started) socket.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the pause before a try', () => {
  test('doubles from 0.3 s up to its cap, and is anything below that', () => {
    const longest = (tries: number, cap: number) => pauseBefore(tries, cap, () => 1);
    expect([0, 1, 2, 3, 4, 5].map((tries) => longest(tries, 3_000))).toEqual([
      300, 600, 1200, 2400, 3000, 3000,
    ]);
    expect(longest(20, 10_000)).toBe(10_000);
    expect(pauseBefore(5, 10_000, () => 0)).toBe(0);
  });

  test('is capped at 3 s while a question is open, else at 10 s', () => {
    for (const [urgent, cap] of [
      [true, 3_000],
      [false, 10_000],
    ] as const) {
      FakeSocket.all = [];
      const socket = start({ urgent: () => urgent });
      for (let n = 0; n < 8; n += 1) {
        line(n).drop();
        vi.advanceTimersByTime(cap);
      }
      const waits = statuses.filter((status) => status.state === 'waiting');
      const last = waits[waits.length - 1];
      expect(last?.retryAt).toBeGreaterThan(Date.now() - cap);
      expect(FakeSocket.all.length).toBe(9);
      socket.close();
    }
  });
});

describe('a connection', () => {
  test('starts with hello, and is open at the welcome', () => {
    const socket = start();
    line(0).accept();
    expect(line(0).sent).toEqual([{ type: 'hello', payload: { session: 's', since: 0 } }]);
    expect(statuses).toEqual([{ state: 'connecting' }]);
    line(0).deliver({ type: 'welcome', payload: { server_time: Date.now() + 5_000, seq: 7 } });
    expect(statuses[1]).toEqual({ state: 'open' });
    expect(socket.seq).toBe(7);
    expect(socket.clock.offset).toBe(5_000);
  });

  test('follows the event numbers, and tells them on return', () => {
    const socket = start();
    line(0).welcome(3);
    line(0).deliver({ type: 'round_ended', payload: {}, seq: 9 });
    expect(socket.seq).toBe(9);
    line(0).drop();
    vi.advanceTimersByTime(300);
    line(1).accept();
    expect(line(1).sent[0]?.payload).toEqual({ session: 's', since: 9 });
  });

  test('pings every 15 s and is given up after 25 s of silence', () => {
    start();
    line(0).welcome();
    expect(line(0).ofType('ping').length).toBe(1);
    vi.advanceTimersByTime(15_000);
    expect(line(0).ofType('ping').length).toBe(2);
    vi.advanceTimersByTime(9_999);
    expect(line(0).closedWith).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(line(0).closedWith).toBe(1000);
    vi.advanceTimersByTime(300);
    expect(FakeSocket.all.length).toBe(2);
  });

  test('that breaks soon after each welcome is tried ever more rarely', () => {
    start();
    for (let n = 0; n < 6; n += 1) {
      line(n).welcome();
      line(n).drop();
      vi.advanceTimersByTime(300 * 2 ** n);
    }
    const waits = () => statuses.filter((status) => status.state === 'waiting');
    expect(waits().map(({ tries }) => tries)).toEqual([1, 2, 3, 4, 5, 6]);
    line(6).welcome();
    vi.advanceTimersByTime(5_000);
    line(6).drop();
    expect(waits()[6]?.tries).toBe(1);
  });

  test('of a hidden page whose timers run late is asked before it is given up', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const clock = vi.spyOn(Date, 'now');
    let now = 0;
    /** A minute has passed, and all timers that were due in it run at once. */
    const wake = () => {
      clock.mockReturnValue((now += 60_000));
      vi.advanceTimersByTime(25_000);
    };
    const pong = () => line(0).deliver({ type: 'pong', payload: { server_time: now } });
    vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
    start();
    line(0).welcome();
    pong();
    for (let minute = 0; minute < 3; minute += 1) {
      wake();
      expect(line(0).closedWith).toBeUndefined();
      pong();
    }
    wake();
    expect(line(0).closedWith).toBeUndefined();
    wake();
    expect(line(0).closedWith).toBe(1000);
  });

  test('that does not open in 10 s is given up', () => {
    start();
    vi.advanceTimersByTime(10_300);
    expect(FakeSocket.all.length).toBe(2);
  });

  test('ignores what is not a message', () => {
    start();
    line(0).accept();
    line(0).onmessage?.({ data: 'gibberish' });
    line(0).onmessage?.({ data: '[]' });
    expect(messages).toEqual([]);
  });

  test.each([1000, 1006, 1012, 1013, 3008, 4408])('closed with %i comes back', (code) => {
    start();
    line(0).welcome();
    line(0).drop(code);
    vi.advanceTimersByTime(300);
    expect(FakeSocket.all.length).toBe(2);
  });

  test.each([4401, 4403, 4404, 4410, 4426])('closed with %i stays away', (code) => {
    const socket = start();
    line(0).welcome();
    line(0).drop(code, 'moved');
    vi.advanceTimersByTime(60_000);
    socket.kick();
    expect(FakeSocket.all.length).toBe(1);
    expect(statuses[statuses.length - 1]).toEqual({ state: 'closed', code, reason: 'moved' });
  });
});

describe('a kick', () => {
  test.each([
    ['online', () => window.dispatchEvent(new Event('online'))],
    ['pageshow', () => window.dispatchEvent(new Event('pageshow'))],
    ['visibilitychange', () => document.dispatchEvent(new Event('visibilitychange'))],
  ])('by %s ends a pause at once', (_name, fire) => {
    start();
    line(0).drop();
    fire();
    expect(FakeSocket.all.length).toBe(2);
  });

  test('asks an open line for a sign of life within 5 s', () => {
    const socket = start();
    line(0).welcome();
    vi.advanceTimersByTime(2_000);
    socket.kick();
    vi.advanceTimersByTime(4_999);
    line(0).deliver({ type: 'pong', payload: { server_time: Date.now() } });
    vi.advanceTimersByTime(10_000);
    expect(line(0).closedWith).toBeUndefined();
    socket.kick();
    vi.advanceTimersByTime(5_000);
    expect(line(0).closedWith).toBe(1000);
  });

  test('makes no second connection while one is being made', () => {
    const socket = start();
    vi.advanceTimersByTime(1_999);
    socket.kick();
    expect(FakeSocket.all.length).toBe(1);
  });

  test('replaces a connection that hangs', () => {
    const socket = start();
    vi.advanceTimersByTime(2_000);
    socket.kick();
    expect(line(0).closedWith).toBe(1000);
    expect(FakeSocket.all.length).toBe(2);
    vi.advanceTimersByTime(8_000);
    line(1).welcome();
    expect(statuses[statuses.length - 1]).toEqual({ state: 'open' });
    vi.advanceTimersByTime(10_000);
    expect(FakeSocket.all.length).toBe(2);
  });
});

describe('a message', () => {
  test('sent while the line is down is lost, unless it is kept', () => {
    const socket = start();
    expect(socket.send('leave', {})).toBeUndefined();
    expect(socket.send('submit_answer', { answer: 'x' }, { id: 'a1', keep: true })).toBe('a1');
    line(0).welcome();
    expect(
      line(0)
        .ofType('submit_answer')
        .map((message) => message.id),
    ).toEqual(['a1']);
    expect(line(0).ofType('leave')).toEqual([]);
  });

  test('that is kept goes out again with the same id until the server answers it', () => {
    const socket = start();
    line(0).welcome();
    socket.send('submit_answer', { answer: 'x' }, { id: 'a1', keep: true });
    line(0).drop();
    vi.advanceTimersByTime(300);
    line(1).welcome();
    expect(
      line(1)
        .ofType('submit_answer')
        .map((message) => message.id),
    ).toEqual(['a1']);
    line(1).deliver({ type: 'answer_accepted', payload: {}, id: 'a1' });
    expect(socket.isKept('a1')).toBe(false);
    line(1).drop();
    vi.advanceTimersByTime(600);
    line(2).welcome();
    expect(line(2).ofType('submit_answer')).toEqual([]);
  });

  test('refused for a passing reason is tried again, refused for good is not', () => {
    const socket = start();
    line(0).welcome();
    socket.send('submit_answer', {}, { id: 'a1', keep: true });
    line(0).deliver({ type: 'refused', payload: { code: 'not_saved', message: '' }, id: 'a1' });
    vi.advanceTimersByTime(4_000);
    expect(line(0).ofType('submit_answer').length).toBe(2);
    line(0).deliver({ type: 'refused', payload: { code: 'question_closed', message: '' }, id: 'a1' });
    vi.advanceTimersByTime(10_000);
    expect(line(0).ofType('submit_answer').length).toBe(2);
    expect(socket.isKept('a1')).toBe(false);
  });

  test('that stays without an answer has the line looked at within 10 s, and goes out on the next', () => {
    const socket = start();
    line(0).welcome();
    const id = socket.send('submit_answer', {}, { keep: true });
    vi.advanceTimersByTime(10_000);
    expect(line(0).closedWith).toBeDefined();
    vi.advanceTimersByTime(1_000);
    line(1).welcome();
    expect(line(1).ofType('submit_answer')).toEqual([expect.objectContaining({ id })]);
  });

  test('that was dropped is not sent again', () => {
    const socket = start();
    socket.send('submit_answer', {}, { id: 'a1', keep: true });
    socket.send('submit_answer', {}, { id: 'a2', keep: true });
    socket.drop('a1');
    line(0).welcome();
    expect(
      line(0)
        .ofType('submit_answer')
        .map((message) => message.id),
    ).toEqual(['a2']);
  });
});

describe('a move to another server', () => {
  test('opens the new line before it lets go of the old', () => {
    const socket = start();
    line(0).welcome();
    line(0).deliver({ type: 'reconnect', payload: { after_ms: 400 } });
    vi.advanceTimersByTime(399);
    expect(FakeSocket.all.length).toBe(1);
    vi.advanceTimersByTime(1);
    expect(FakeSocket.all.length).toBe(2);
    line(1).accept();
    socket.send('submit_answer', {}, { id: 'a1', keep: true });
    expect(line(0).ofType('submit_answer').length).toBe(1);
    expect(line(0).closedWith).toBeUndefined();
    line(1).deliver({ type: 'welcome', payload: { server_time: Date.now(), seq: 2 } });
    expect(line(0).closedWith).toBe(1000);
    expect(line(1).ofType('submit_answer').length).toBe(1);
    expect(statuses.map((status) => status.state)).toEqual(['connecting', 'open', 'open']);
  });

  test('keeps the old line when the new one fails, and tries again', () => {
    start();
    line(0).welcome();
    line(0).deliver({ type: 'reconnect', payload: { after_ms: 0 } });
    vi.advanceTimersByTime(0);
    line(1).drop();
    expect(statuses[statuses.length - 1]).toEqual({ state: 'open' });
    vi.advanceTimersByTime(300);
    expect(FakeSocket.all.length).toBe(3);
  });

  test('carries on when the old line goes first', () => {
    start();
    line(0).welcome();
    line(0).deliver({ type: 'reconnect', payload: { after_ms: 0 } });
    vi.advanceTimersByTime(0);
    line(0).drop(1012);
    line(1).welcome();
    vi.advanceTimersByTime(5_000);
    expect(FakeSocket.all.length).toBe(2);
    expect(statuses[statuses.length - 1]).toEqual({ state: 'open' });
  });
});
