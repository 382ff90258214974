import { expect, test } from 'vitest';
import { translator } from './t';

const t = translator({
  plain: 'Pens down.',
  greeting: 'Hello, {name}. Round {round}.',
  answers: { one: '{n} answer', other: '{n} answers' },
} as const);

test('a text without arguments is itself', () => {
  expect(t('plain')).toBe('Pens down.');
});

test('arguments fill their places', () => {
  expect(t('greeting', { name: 'Ada $1', round: 2 })).toBe('Hello, Ada $1. Round 2.');
});

test('the plural follows n', () => {
  expect(t('answers', { n: 1 })).toBe('1 answer');
  expect(t('answers', { n: 0 })).toBe('0 answers');
  expect(t('answers', { n: 4200 })).toBe('4,200 answers');
});

test('a language may have other plurals', () => {
  const polish = translator(
    { points: { one: '{n} punkt', few: '{n} punkty', many: '{n} punktów', other: '{n} punktu' } } as const,
    'pl',
  );
  expect([1, 2, 5, 22, 1.5].map((n) => polish('points', { n }))).toEqual([
    '1 punkt',
    '2 punkty',
    '5 punktów',
    '22 punkty',
    '1,5 punktu',
  ]);
  const japanese = translator({ points: { other: '{n}点' } } as const, 'ja');
  expect(japanese('points', { n: 1 })).toBe('1点');
});

test('the types ask for exactly the arguments of a text', () => {
  // @ts-expect-error a value for `round` is missing
  expect(t('greeting', { name: 'Ada' })).toContain('{round}');
  // @ts-expect-error there is no such text
  expect(t('absent')).toBe('absent');
});
