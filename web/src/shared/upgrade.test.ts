import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { reloadIfOlderThan } from './upgrade';

const reload = vi.fn();

beforeEach(() => {
  sessionStorage.clear();
  reload.mockReset();
  vi.stubGlobal('location', { reload });
});

afterEach(() => vi.unstubAllGlobals());

test('a newer protocol has the page loaded again, once', () => {
  reloadIfOlderThan(2);
  reloadIfOlderThan(2);
  expect(reload).toHaveBeenCalledTimes(1);
  reloadIfOlderThan(3);
  expect(reload).toHaveBeenCalledTimes(2);
});

test('the same protocol, or none, changes nothing', () => {
  reloadIfOlderThan(1);
  reloadIfOlderThan(undefined as unknown as number);
  expect(reload).not.toHaveBeenCalled();
});

test('without storage there is no loop', () => {
  vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new Error('refused');
  });
  reloadIfOlderThan(2);
  expect(reload).not.toHaveBeenCalled();
});
