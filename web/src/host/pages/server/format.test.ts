import { expect, test } from 'vitest';
import { sentence, size, span, took } from './format';

test.each([
  [0, '0 byte'],
  [999, '999 byte'],
  [1_000, '1 kB'],
  [12_345_678, '12.3 MB'],
  [5e15, '5,000 TB'],
])('%d bytes are %s', (bytes, shown) => {
  expect(size(bytes)).toBe(shown);
});

test.each([
  [0.84, '0.84 ms'],
  [12.4, '12 ms'],
  [999, '1,000 ms'],
  [1_449, '1.4 s'],
])('%d milliseconds are %s', (ms, shown) => {
  expect(took(ms)).toBe(shown);
});

test.each([
  [0, '1 minute'],
  [119 * 60_000, '119 minutes'],
  [120 * 60_000, '2 hours'],
  [47 * 3_600_000, '47 hours'],
  [48 * 3_600_000, '2 days'],
])('%d milliseconds are a span of %s', (ms, shown) => {
  expect(span(ms)).toBe(shown);
});

test.each([
  ['it can be read, and there is no file', 'It can be read, and there is no file.'],
  ['12 GiB are free for /data', '12 GiB are free for /data.'],
  ['quiz.example leads to this machine', 'quiz.example leads to this machine.'],
  ['`quibble upgrade-check` says so.', '`quibble upgrade-check` says so.'],
])('“%s” is said as “%s”', (text, said) => {
  expect(sentence(text)).toBe(said);
});
