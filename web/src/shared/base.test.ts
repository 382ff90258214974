import { expect, test } from 'vitest';
import { base, withoutBase } from './base';

test.each([
  ['/quiz/host/banks', '/host/banks'],
  ['/quiz/', '/'],
  ['/quiz', '/'],
  ['/host', '/host'],
  ['/quizzes', '/quizzes'],
])('%s is the page %s', (path, expected) => {
  expect(withoutBase(path, '/quiz')).toBe(expected);
});

test('a page that says nothing is at the root', () => {
  expect(base).toBe('');
  expect(withoutBase('/host')).toBe('/host');
  expect(withoutBase('/')).toBe('/');
});
