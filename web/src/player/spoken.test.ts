import { expect, test } from 'vitest';
import { secondsToSay } from './spoken';

test('the marks are said once, as the clock falls past them', () => {
  expect(secondsToSay(30_200, 29_950)).toBe(30);
  expect(secondsToSay(29_950, 29_700)).toBeUndefined();
  expect(secondsToSay(10_100, 9_900)).toBe(10);
  expect(secondsToSay(5_001, 5_000)).toBe(5);
});

test('a clock that starts below a mark does not say it', () => {
  expect(secondsToSay(0, 20_000)).toBeUndefined();
});
