import { describe, expect, test } from 'vitest';
import type { Revealed } from '../shared/protocol';
import { barsOf, boardRows, breakLeft, fromLast, gotIt, podiumOf, shortAddress, rowsPerPage } from './model';
import { seatOf } from './seat';

const entry = (player_id: string, rank: number, score: number) => ({
  player_id,
  rank,
  score,
  display_name: player_id,
});

test.each([
  ['http://192.168.1.5:8080/j/K7PQ4M', '192.168.1.5:8080'],
  ['HTTPS://QUIZ.EXAMPLE/J/K7PQ4M', 'QUIZ.EXAMPLE'],
  ['https://example.org/quiz/j/K7PQ4M', 'example.org/quiz'],
])('%s is typed as %s', (url, address) => {
  expect(shortAddress(url)).toBe(address);
});

describe('the bars of an answer', () => {
  const answer = (type: Revealed['type']): Revealed => ({
    question_id: 'q1',
    type,
    prompt: 'Which?',
    points: 1000,
    correct_answers: ['B'],
    histogram: [
      { answer: 'C', count: 3, credit: 'none' },
      { answer: 'B', count: 1, credit: 'full' },
      { answer: 'A', count: 0, credit: 'none' },
    ],
  });

  test('have the letters of the options, also of those that nobody chose', () => {
    expect(barsOf(answer('multiple_choice'), 2)).toEqual([
      { text: 'C', letter: 0, count: 3, credit: 'none' },
      { text: 'B', letter: 1, count: 1, credit: 'full' },
      { text: 'A', letter: 2, count: 0, credit: 'none' },
    ]);
  });

  test('show the most frequent of typed answers', () => {
    expect(barsOf(answer('text'), 1)).toEqual([{ text: 'C', count: 3, credit: 'none' }]);
  });
});

test('who got it is counted among those who answered', () => {
  const histogram = [
    { answer: 'C', count: 3, credit: 'none' as const },
    { answer: 'B', count: 2, credit: 'full' as const },
    { answer: 'b', count: 1, credit: 'full' as const },
    { answer: 'D', count: 1, credit: 'half' as const },
  ];
  const answer = {
    question_id: 'q',
    type: 'text',
    prompt: '?',
    points: 1,
    correct_answers: ['B'],
    histogram,
  } as const;
  expect(gotIt({ ...answer, correct_answers: ['B'] })).toEqual({ n: 3, total: 7 });
});

describe('the standings from the last to the first', () => {
  /** The rows as they come, each with what is waited after it. */
  function run(total: number, perPage = 10): { first: number; start: number; wait: number | undefined }[] {
    const steps = [];
    for (let out = 1; out <= total; out += 1) {
      const { first, start, wait } = fromLast(total, perPage, out);
      steps.push({ first, start, wait });
    }
    return steps;
  }

  test('come row by row, page by page, the first ones slowly', () => {
    const steps = run(12);
    expect(steps.map(({ first }) => first)).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    expect(steps.slice(0, 3).map(({ start, wait }) => [start, wait])).toEqual([
      [10, 350],
      [10, 1_500],
      [0, 1_200],
    ]);
    expect(steps[11]).toEqual({ first: 0, start: 0, wait: undefined });
  });

  test('come on smaller pages where the text is larger', () => {
    expect([80, 100, 110, 130].map(rowsPerPage)).toEqual([10, 10, 9, 7]);
    const turns = run(16, 7).filter(({ wait }) => wait === 1_500);
    expect(turns.map(({ start }) => start)).toEqual([14, 7]);
  });

  test('do not keep the room waiting for the places below', () => {
    const lower = run(500).slice(0, 490);
    const rows = lower.filter(({ first, start }) => first !== start);
    expect(rows.reduce((sum, { wait }) => sum + (wait ?? 0), 0)).toBeLessThanOrEqual(20_000);
  });

  test('are there at once where nobody or one played', () => {
    expect(fromLast(0, 10, 1).wait).toBeUndefined();
    expect(fromLast(1, 10, 1)).toEqual({ first: 0, start: 0, end: 1, wait: undefined });
  });
});

test.each([
  [720_000, { n: 12, unit: 'min' }],
  [719_000, { n: 12, unit: 'min' }],
  [60_001, { n: 2, unit: 'min' }],
  [60_000, { n: 60, unit: 's' }],
  [1, { n: 1, unit: 's' }],
  [0, undefined],
  [-5_000, undefined],
])('of a break, %i ms are left as %o', (ms, left) => {
  expect(breakLeft(1_000_000 + ms, 1_000_000)).toEqual(left);
});

test('players that tie share a step of the podium', () => {
  const entries = [entry('Ann', 1, 9), entry('Bea', 1, 9), entry('Cy', 3, 5), entry('Di', 4, 1)];
  expect(podiumOf({ entries, round: 1, total_rounds: 1 })).toEqual([
    { rank: 1, score: 9, names: ['Ann', 'Bea'] },
    { rank: 3, score: 5, names: ['Cy'] },
  ]);
});

describe('the rows of the standings', () => {
  const previous = {
    entries: [entry('Ann', 1, 5), entry('Gone', 2, 4), entry('Bea', 3, 3)],
    round: 1,
    total_rounds: 2,
  };
  const board = {
    entries: [entry('Bea', 1, 9), entry('Ann', 2, 8), entry('New', 3, 1)],
    round: 2,
    total_rounds: 2,
  };

  test('begin where they were', () => {
    expect(boardRows(board, previous, false).map((row) => row.id)).toEqual(['Ann', 'Bea']);
  });

  test('end where they are, with the places gained', () => {
    const rows = boardRows(board, previous, true);
    expect(rows.map((row) => [row.id, row.climbed])).toEqual([
      ['Bea', 2],
      ['Ann', -1],
      ['New', 0],
    ]);
  });
});

test('a link carries the code and the token', () => {
  expect(seatOf('#k7pq4m.abc-_%3D')).toEqual({ code: 'K7PQ4M', token: 'abc-_=' });
  expect(seatOf('#abc')).toBeUndefined();
  expect(seatOf('#K7PQ4M.%')).toBeUndefined();
  expect(seatOf('')).toBeUndefined();
});
