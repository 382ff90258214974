import { expect, test } from 'vitest';
import { countsWhen, pointsIn } from './adjusting';
import { hostState } from './fixtures';

test.each([
  ['5', 5],
  [' 2,5 ', 2.5],
  ['0.5', 0.5],
  ['1000000', 1_000_000],
  ['1000001', undefined],
  ['0', undefined],
  ['0.25', undefined],
  ['-5', undefined],
  ['12345678', undefined],
  ['five', undefined],
  ['', undefined],
])('“%s” is %o points', (typed, points) => {
  expect(pointsIn(typed)).toBe(points);
});

test('points count with the scores, at once, or with what is to be corrected', () => {
  expect(countsWhen(hostState({ round: 2 }))).toBe('Counts when the scores of round 2 are out.');
  expect(countsWhen(hostState({ phase: 'ended' }))).toBe('The board changes at once, and says why.');
  const pending = hostState({ phase: 'leaderboard', corrections_pending: true });
  expect(countsWhen(pending)).toBe('Counts when you release the corrections.');
});
