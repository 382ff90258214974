import { expect, test } from 'vitest';
import { minutes, timeLeft } from './countdown';

test('a running clock counts to the end and stops there', () => {
  expect(timeLeft(10_000, undefined, 4_000)).toBe(6_000);
  expect(timeLeft(10_000, undefined, 12_000)).toBe(0);
});

test('a paused clock stands still', () => {
  expect(timeLeft(10_000, 3_000, 9_999)).toBe(7_000);
});

test('a begun second counts whole', () => {
  expect(minutes(65_000)).toBe('1:05');
  expect(minutes(64_001)).toBe('1:05');
  expect(minutes(1)).toBe('0:01');
  expect(minutes(0)).toBe('0:00');
});
