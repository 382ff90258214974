import { expect, test } from 'vitest';
import type { Tonight, TonightGame } from '../../rest';
import { attendance, factsOf, gravest } from './verdict';

const game = (players: number, players_here?: number, practice = false): TonightGame => ({
  id: `g${players}`,
  code: 'ABC234',
  quiz_name: 'A night',
  host: 'pat',
  phase: 'question',
  round: 1,
  practice,
  players,
  ...(players_here === undefined ? {} : { players_here }),
  screens: 1,
  hosts: 1,
  updated_at: '2026-11-27T20:00:00.000Z',
});

const lately = {
  seconds: 300,
  answers: 100,
  saved_p50_ms: 4,
  saved_p99_ms: 12,
  not_saved: 0,
  cut_as_slow: 0,
  returned: 0,
  turned_away: 0,
};

const tonight = (
  changes: Partial<Omit<Tonight, 'lately'>> = {},
  late: Partial<Tonight['lately']> = {},
): Tonight => ({
  looked_at: '2026-11-27T20:00:00.000Z',
  games: [game(40, 40)],
  replicas: 1,
  storage_writable: true,
  hints_carried: true,
  connections: 50,
  connections_max: 10_000,
  answers_last_minute: 20,
  ...changes,
  lately: { ...lately, ...late },
});

test('a night that goes well is all good', () => {
  const facts = factsOf(tonight());
  expect(facts.map(({ gravity }) => gravity)).toEqual(facts.map(() => 'good'));
  expect(facts.map(({ text }) => text)).toEqual([
    'The database takes writes.',
    'Answers are saved within 12 ms, half of them within 4 ms.',
    'Every answer that came was stored.',
    'All 40 players are connected.',
    'The Wi-Fi keeps up: nobody was cut for being too slow.',
    'There is room: 50 of 10,000 connections are in use.',
  ]);
});

test.each([
  ['the database takes no writes', tonight({ storage_writable: false }), 'bad', 'storage'],
  ['answers were not saved', tonight({}, { not_saved: 3 }), 'bad', 'losses'],
  ['somebody was turned away', tonight({}, { turned_away: 1 }), 'bad', 'room'],
  ['there is hardly room', tonight({ connections: 91, connections_max: 100 }), 'look', 'room'],
  ['answers are slow', tonight({}, { saved_p99_ms: 1_001 }), 'look', 'answers'],
  ['a phone is away', tonight({ games: [game(40, 39)] }), 'look', 'phones'],
  ['a game says nothing', tonight({ games: [game(40)] }), 'look', 'phones'],
  ['lines are slow', tonight({}, { cut_as_slow: 1 }), 'look', 'slow'],
  ['many lines broke', tonight({}, { returned: 13 }), 'look', 'returned'],
  ['Redis is away', tonight({ hints_carried: false }), 'look', 'hints'],
  ['a few lines broke', tonight({}, { returned: 12 }), 'note', 'returned'],
  ['nobody plays', tonight({ games: [] }), 'note', 'phones'],
])('the first to be said is that %s', (_, night, gravity, key) => {
  const facts = factsOf(night);
  expect(gravest(facts)).toBe(gravity);
  expect(facts[0]?.key).toBe(key);
});

test('a few broken lines are few, however few are open', () => {
  expect(gravest(factsOf(tonight({ connections: 4 }, { returned: 5 })))).toBe('note');
  expect(gravest(factsOf(tonight({ connections: 4 }, { returned: 6 })))).toBe('look');
});

test('12 of 40 phones are away', () => {
  const facts = factsOf(tonight({ games: [game(30, 20), game(10, 8), game(5, 0, true)] }));
  expect(facts[0]?.text).toBe('12 of 40 players are away.');
});

test('players of a game that says nothing are not counted', () => {
  expect(attendance([game(30, 20), game(10)])).toEqual({ players: 30, here: 20, unsure: true });
});
