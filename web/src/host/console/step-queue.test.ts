import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { HostMessage } from '../../shared/protocol';
import { StepQueue } from './step-queue';

const lock = (locked: boolean): HostMessage => ({ type: 'lock', payload: { locked } });
const more: HostMessage = { type: 'extend_time', payload: { seconds: 30 } };
const nothing = () => undefined;

let sent: HostMessage[];
let lost: number;
let online: boolean;
let queue: StepQueue;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  lost = 0;
  online = true;
  queue = new StepQueue(
    (message) => (online ? String(sent.push(message)) : undefined),
    () => (lost += 1),
  );
});
afterEach(() => vi.useRealTimers());

test('a step waits for the word on the one before', () => {
  const taken: string[] = [];
  queue.add(lock(true), () => taken.push('locked'));
  queue.add(lock(false), () => taken.push('unlocked'));
  expect(sent).toEqual([lock(true)]);
  queue.settle('another', true);
  expect(sent).toHaveLength(1);
  queue.settle('1', true);
  expect(sent).toEqual([lock(true), lock(false)]);
  queue.settle('2', true);
  expect(taken).toEqual(['locked', 'unlocked']);
});

test('a refused step does not count as taken, and lets the next go', () => {
  const taken = vi.fn();
  queue.add(lock(true), taken);
  queue.add(more, nothing);
  queue.settle('1', false);
  expect(taken).not.toHaveBeenCalled();
  expect(sent).toEqual([lock(true), more]);
  expect(lost).toBe(0);
});

test('the same step twice counts once, but for more time', () => {
  for (const message of [lock(true), lock(true), more, more]) queue.add(message, nothing);
  for (const id of ['1', '2', '3']) queue.settle(id, true);
  expect(sent).toEqual([lock(true), more, more]);
});

test('steps that a broken line takes with it are told', () => {
  const taken = vi.fn();
  queue.add(lock(true), taken);
  queue.add(more, taken);
  queue.cut();
  queue.cut();
  queue.settle('1', true);
  expect([lost, sent.length, taken.mock.calls.length]).toEqual([1, 1, 0]);
});

test('a step that cannot be sent is told', () => {
  online = false;
  queue.add(lock(true), nothing);
  expect(lost).toBe(1);
});

test('the word is not waited for without end', () => {
  queue.add(lock(true), nothing);
  vi.advanceTimersByTime(10_000);
  expect(lost).toBe(1);
  queue.add(lock(false), nothing);
  expect(sent).toEqual([lock(true), lock(false)]);
});

test('twenty steps wait at most', () => {
  for (let n = 0; n < 20; n += 1) queue.add(more, nothing);
  expect(lost).toBe(0);
  queue.add(more, nothing);
  expect(lost).toBe(1);
});

test('a step that is made when its turn comes may wait for more, and is asked again', () => {
  let made: HostMessage | 'wait' | undefined = 'wait';
  const late = () => made;
  queue.add(lock(true), nothing);
  queue.add(late);
  queue.add(late);
  queue.add(more, nothing);
  queue.settle('1', true);
  queue.nudge();
  expect(sent).toEqual([lock(true)]);
  made = lock(false);
  queue.nudge();
  queue.nudge();
  expect(sent).toEqual([lock(true), lock(false)]);
  queue.settle('2', true);
  queue.settle('3', true);
  made = undefined;
  queue.add(late);
  expect([sent.length, queue.isEmpty, lost]).toEqual([3, true, 0]);
});
