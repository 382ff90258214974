import { expect, test } from 'vitest';
import { moved } from './order';

test.each([
  [0, 2, ['b', 'c', 'a']],
  [2, 0, ['c', 'a', 'b']],
  [1, 99, ['a', 'c', 'b']],
  [1, -5, ['b', 'a', 'c']],
  [7, 0, ['a', 'b', 'c']],
])('from %i to %i', (from, to, result) => {
  expect(moved(['a', 'b', 'c'], from, to)).toEqual(result);
});
