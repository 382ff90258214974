import { expect, test } from 'vitest';
import { clocksApart, reachOf } from './health';

const at = (server: number, took = 0) => ({ asked: 1_000_000, answered: 1_000_000 + took, server });

test.each([
  ['the same time', at(1_000_000), 0, undefined],
  ['ten seconds more', at(1_010_000), 0, undefined],
  ['ten seconds less', at(990_000), 0, undefined],
  ['more than that', at(1_010_001), 0, 'unknown'],
  ['less than that', at(989_999), 0, 'unknown'],
  ['what a slow answer may explain', at(1_020_000, 10_000), 0, undefined],
  ['more than a slow answer explains', at(1_020_001, 10_000), 0, 'unknown'],
  ['a time before what it wrote down', at(1_000_000), 1_010_001, 'server'],
  ['a time as late as what it wrote down', at(1_000_000), 1_010_000, undefined],
])('the clock of the server says %s', (_, sample, newest, wrong) => {
  expect(clocksApart(sample, newest)?.wrong).toBe(wrong);
});

test.each([
  ['http://127.0.0.1:8080', '127.0.0.1:8080', 'nobody'],
  ['http://localhost:8080', 'localhost:8080', 'nobody'],
  ['http://[::1]:8080', '[::1]:8080', 'nobody'],
  ['http://192.168.1.5:8080', '192.168.1.5:8080', 'likely'],
  ['http://192.168.1.5:8080', 'localhost:8080', 'untried'],
  ['https://quiz.example', 'quiz.example', 'likely'],
])('who reaches %s, seen from %s: %s', (joinBase, here, reach) => {
  expect(reachOf(joinBase, here)).toBe(reach);
});
