import { expect, test } from 'vitest';
import { ServerClock } from './clock';

test('the sample with the shortest round trip wins', () => {
  const clock = new ServerClock();
  clock.learn(10_500, 0, 1_000);
  expect(clock.offset).toBe(10_000);
  clock.learn(10_110, 100, 120);
  expect(clock.offset).toBe(10_000);
  clock.learn(13_900, 2_000, 6_000);
  expect(clock.offset).toBe(10_000);
});

test('a clock that was set is noticed', () => {
  const clock = new ServerClock();
  clock.learn(1_010, 1_000, 1_020);
  expect(clock.offset).toBe(0);
  clock.learn(90_000, 2_000, 2_200);
  expect(clock.offset).toBe(87_900);
});
