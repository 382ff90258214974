import { expect, test } from 'vitest';
import type { Setting } from '../../rest';
import { sectionsOf } from './sections';

const setting = (key: string, about: string, locked = false): Setting => ({
  key,
  about,
  locked,
  is_set: true,
  secret: false,
  variables: [`QUIBBLE_${key.replace('.', '__').toUpperCase()}`],
  needs_restart: true,
});

const settings = [
  setting('server.listen', 'Addresses to listen on.', true),
  setting('log.level', 'How much is logged.'),
  setting('server.public_url', 'The address that players are shown.'),
];

const keys = (query: string, onlySet = false) =>
  sectionsOf(settings, query, onlySet).map(([section, found]) => [section, found.map(({ key }) => key)]);

test('settings stand in their sections', () => {
  expect(keys('')).toEqual([
    ['server', ['server.listen', 'server.public_url']],
    ['log', ['log.level']],
  ]);
});

test.each([
  ['ADDRESS  players', [['server', ['server.public_url']]]],
  ['quibble_log', [['log', ['log.level']]]],
  ['nothing', []],
])('“%s” finds %j', (query, found) => {
  expect(keys(query)).toEqual(found);
});

test('what nobody has set can be left out', () => {
  expect(keys('', true)).toEqual([['server', ['server.listen']]]);
});
