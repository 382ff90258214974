import { cleanup, render, screen } from '@testing-library/svelte';
import { afterEach, expect, test } from 'vitest';
import { timeOfDay } from '../../../shared/i18n/formats';
import { dateAndTime } from '../../format';
import type { Encryption, ServerInfo } from '../../rest';
import Health from './Health.svelte';

const NOW = Date.parse('2027-03-05T19:00:00Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const REPLACE =
  'Put a new one into the files that tls.cert_file and tls.key_file name. Quibble takes it within ten seconds.';
const MEANWHILE = 'Until it comes, the night works without encryption, at the address above.';
const PROBLEM = 'Nobody answers at port 80 of quiz.example.org.';

afterEach(cleanup);

/** The line about HTTPS, and whether it is a warning. */
function line(encryption: Omit<Encryption, 'names'> | undefined): [string, boolean] | undefined {
  const server: ServerInfo = {
    version: '0.1.0',
    setup_required: false,
    sends_mail: false,
    join_base: 'http://192.168.1.5',
    secure: true,
    server_time_ms: NOW,
    upload_bytes_max: 1,
  };
  const names = ['quiz.example.org'];
  render(Health, { server, encryption: encryption && { names, ...encryption }, apart: undefined });
  const items = screen.getAllByRole('listitem');
  const item = items.find((one) => one.textContent.includes('HTTPS'));
  // Who sees no picture hears the same words.
  expect(items.every((one) => one.querySelector('svg')?.getAttribute('aria-hidden') === 'true')).toBe(true);
  return item && [item.textContent.trim().replace(/\s+/g, ' '), item.classList.contains('bad')];
}

const files = (left: number, ends_soon: boolean) =>
  line({ mode: 'files', not_after_ms: NOW + left, ends_soon });

const acme = (next: number, problem?: string, left?: number) =>
  line({
    mode: 'acme',
    ends_soon: left !== undefined,
    ...(left === undefined ? {} : { not_after_ms: NOW + left }),
    acme: {
      next_try_ms: NOW + next,
      ...(problem === undefined ? {} : { failed: { at_ms: NOW - HOUR, problem, was_rehearsal: false } }),
    },
  });

test('nothing is said of HTTPS where there is none, or where the server does not tell', () => {
  expect(line({ mode: 'off', ends_soon: false })).toBeUndefined();
  cleanup();
  expect(line(undefined)).toBeUndefined();
});

test('a certificate of the operator’s is counted down, and it is said what to do', () => {
  expect(files(40 * DAY, false)).toEqual([
    'HTTPS is on, and its certificate is valid for 40 more days.',
    false,
  ]);
  cleanup();
  const end = (left: string) =>
    `The certificate for HTTPS is valid for ${left}. After that browsers warn of this server. ${REPLACE}`;
  expect(files(DAY, true)).toEqual([end('1 more day'), true]);
  cleanup();
  expect(files(DAY - 1, true)).toEqual([end('less than a day'), true]);
  cleanup();
  const since = dateAndTime(NOW - DAY);
  expect(files(-DAY, true)).toEqual([
    `The certificate for HTTPS is out of date since ${since}: browsers warn of this server. ${REPLACE}`,
    true,
  ]);
});

test('the first certificate of an authority is asked for, or it is said why there is none', () => {
  expect(acme(HOUR)).toEqual([`The certificate for HTTPS is being asked for. ${MEANWHILE}`, false]);
  cleanup();
  const none = `There is no certificate for HTTPS yet. ${PROBLEM}`;
  expect(acme(HOUR, PROBLEM)).toEqual([
    `${none} The next try is at ${timeOfDay(NOW + HOUR)}. ${MEANWHILE}`,
    true,
  ]);
  cleanup();
  expect(acme(2 * DAY, PROBLEM)?.[0]).toContain(`The next try is at ${dateAndTime(NOW + 2 * DAY)}.`);
  cleanup();
  expect(acme(-1, PROBLEM)?.[0]).toBe(`${none} It is being asked for now. ${MEANWHILE}`);
});

test('a certificate that was not renewed is said to end, with why', () => {
  expect(acme(HOUR, PROBLEM, 3 * DAY)).toEqual([
    'The certificate for HTTPS is valid for 3 more days. After that browsers warn of this server. ' +
      `It could not be renewed. ${PROBLEM} The next try is at ${timeOfDay(NOW + HOUR)}.`,
    true,
  ]);
});

test('with a certificate of Quibble’s own phones take the other address', () => {
  const [text, isBad] = line({ mode: 'self_signed', not_after_ms: NOW + DAY, ends_soon: false }) ?? [];
  expect(text).toContain('Phones take the address without encryption');
  expect(isBad).toBe(false);
});
