import { expect, test } from 'vitest';
import { LOCALE, number, numberWriter } from './formats';

const values = [0, 7, 999, 1_000, 12_500, 4_200_000, -1, -2_500, 0.5, 42.25, -0.5];

test.each([LOCALE, 'de', 'pl', 'ja'])('numbers are those of Intl: %s', (locale) => {
  const intl = new Intl.NumberFormat(locale);
  expect(values.map(numberWriter(locale))).toEqual(values.map((value) => intl.format(value)));
});

test('numbers are written the British way', () => {
  expect(values.map(number).slice(3, 6)).toEqual(['1,000', '12,500', '4,200,000']);
});
