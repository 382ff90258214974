import { expect, test } from 'vitest';
import { newUuid } from './uuid';

test('an id has the form of version 7', () => {
  const form = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  for (let n = 0; n < 100; n += 1) expect(newUuid()).toMatch(form);
});

test('ids sort by time', () => {
  expect(newUuid(1_000) < newUuid(2_000)).toBe(true);
  expect(newUuid(0x018f_0000_0000).slice(0, 13)).toBe('018f0000-0000');
});
