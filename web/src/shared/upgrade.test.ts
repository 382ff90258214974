import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isOlderThan, reloadOnce } from './upgrade';

const reload = vi.fn();
const now = 1_700_000_000_000;

beforeEach(() => {
  sessionStorage.clear();
  reload.mockReset();
  vi.stubGlobal('location', { reload });
});

afterEach(() => vi.unstubAllGlobals());

test('a page is older than a newer protocol, not than its own, nor than none', () => {
  expect([2, 1, undefined].map((protocol) => isOlderThan(protocol as number))).toEqual([true, false, false]);
});

test('a page is loaded again once, and again only after a while', () => {
  expect([0, 1_000, 299_999, 300_000].map((later) => reloadOnce(now + later))).toEqual([
    true,
    false,
    false,
    true,
  ]);
  expect(reload).toHaveBeenCalledTimes(2);
});

test('a page is not loaded again where that could not be remembered', () => {
  vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new Error('refused');
  });
  expect(reloadOnce(now)).toBe(false);
  expect(reload).not.toHaveBeenCalled();
});
