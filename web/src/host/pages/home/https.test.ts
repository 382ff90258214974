import { expect, test } from 'vitest';
import type { Encryption } from '../../rest';
import { httpsOf, type Https } from './https';

const NOW = 1_800_000_000_000;
const DAY = 24 * 3_600_000;
const PROBLEM = 'The name quiz.example.org leads nowhere.';

const files = (left: number, ends_soon = false): Encryption => ({
  mode: 'files',
  names: ['quiz.example.org'],
  not_after_ms: NOW + left,
  ends_soon,
});
const failed = { at_ms: NOW - 1, problem: PROBLEM, was_rehearsal: true };
const acme = (more: Partial<Encryption>): Encryption => ({
  mode: 'acme',
  names: ['quiz.example.org'],
  ends_soon: false,
  acme: { next_try_ms: NOW + 1, failed },
  ...more,
});
const asked = { by: 'quibble', problem: PROBLEM, next: NOW + 1 } as const;
const operator = { by: 'operator' } as const;

test.each<[string, Encryption, Https | undefined]>([
  ['nothing is encrypted', { mode: 'off', names: [], ends_soon: false }, undefined],
  [
    'Quibble signs',
    { mode: 'self_signed', names: [], ends_soon: false, not_after_ms: NOW + DAY },
    { state: 'own' },
  ],
  ['it is valid', files(20 * DAY), { state: 'valid', days: 20 }],
  ['it is valid for days that are not whole', files(20 * DAY - 1), { state: 'valid', days: 19 }],
  ['it ends', files(13 * DAY, true), { state: 'ending', days: 13, renewal: operator }],
  ['it ends today', files(1, true), { state: 'ending', days: 0, renewal: operator }],
  ['it has ended', files(0, true), { state: 'over', since: NOW, renewal: operator }],
  ['one of six days is valid', acme({ not_after_ms: NOW + 5 * DAY }), { state: 'valid', days: 5 }],
  [
    'it was not renewed',
    acme({ not_after_ms: NOW + DAY, ends_soon: true }),
    { state: 'ending', days: 1, renewal: asked },
  ],
  [
    'it was not renewed in time',
    acme({ not_after_ms: NOW - DAY, ends_soon: true }),
    { state: 'over', since: NOW - DAY, renewal: asked },
  ],
  ['there is none yet', acme({}), { state: 'missing', renewal: asked }],
  [
    'the first is asked for',
    acme({ acme: { next_try_ms: 0 } }),
    { state: 'missing', renewal: { by: 'quibble', problem: undefined, next: undefined } },
  ],
])('what there is to say where %s', (_, encryption, said) => {
  expect(httpsOf(encryption, NOW)).toEqual(said);
});
