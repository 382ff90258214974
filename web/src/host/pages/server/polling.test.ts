import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { pollWhileVisible } from './polling';

let visibility: DocumentVisibilityState;

beforeEach(() => {
  vi.useFakeTimers();
  visibility = 'visible';
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visibility);
});

afterEach(() => void vi.useRealTimers());

function look(state: DocumentVisibilityState) {
  visibility = state;
  document.dispatchEvent(new Event('visibilitychange'));
}

test('asks for as long as the page is looked at', async () => {
  const ask = vi.fn(async () => {});
  const end = pollWhileVisible(ask, 5_000);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(ask).toHaveBeenCalledTimes(3);
  look('hidden');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ask).toHaveBeenCalledTimes(3);
  look('visible');
  await vi.advanceTimersByTimeAsync(0);
  expect(ask).toHaveBeenCalledTimes(4);
  end();
  await vi.advanceTimersByTimeAsync(60_000);
  look('visible');
  expect(ask).toHaveBeenCalledTimes(4);
});

test('asks one thing at a time', async () => {
  let answer = () => {};
  const ask = vi.fn(() => new Promise<void>((resolve) => (answer = resolve)));
  const end = pollWhileVisible(ask, 5_000);
  look('hidden');
  look('visible');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ask).toHaveBeenCalledTimes(1);
  answer();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(ask).toHaveBeenCalledTimes(2);
  end();
});
