import { expect, test } from 'vitest';
import type { Board } from '../shared/protocol';
import { shortBoard } from './board';

function entries(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    rank: index + 1,
    player_id: `p${index + 1}`,
    display_name: `Player ${index + 1}`,
    score: 0,
  }));
}

function rows(board: Pick<Board, 'entries' | 'total' | 'near'>, own?: string) {
  const short = shortBoard({ round: 1, total_rounds: 2, ...board }, own);
  return short.map((row) => (row === 'gap' ? 'gap' : row.rank));
}

function ranks(count: number, own?: string) {
  return rows({ entries: entries(count) }, own);
}

test('a small room is shown whole', () => {
  expect(ranks(5, 'p5')).toEqual([1, 2, 3, 4, 5]);
});

test('the top five, then the own place with its neighbours', () => {
  expect(ranks(40, 'p20')).toEqual([1, 2, 3, 4, 5, 'gap', 19, 20, 21, 'gap']);
});

test('the last place has one neighbour', () => {
  expect(ranks(40, 'p40')).toEqual([1, 2, 3, 4, 5, 'gap', 39, 40]);
});

test('a place near the top needs no gap before it', () => {
  expect(ranks(9, 'p6')).toEqual([1, 2, 3, 4, 5, 6, 7, 'gap']);
});

test('a single place is not worth a gap', () => {
  expect(ranks(9, 'p8')).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('without an own place there is the top', () => {
  expect(ranks(7)).toEqual([1, 2, 3, 4, 5, 'gap']);
});

test('what the phone has of a large room looks the same', () => {
  const all = entries(40);
  const top = { entries: all.slice(0, 10), total: 40 };
  expect(rows({ ...top, near: { above: 18, entries: all.slice(18, 21) } }, 'p20')).toEqual(ranks(40, 'p20'));
  expect(rows({ ...top, near: { above: 38, entries: all.slice(38) } }, 'p40')).toEqual(ranks(40, 'p40'));
  expect(rows(top, 'p3')).toEqual(ranks(40, 'p3'));
  expect(rows({ ...top, entries: all.slice(0, 12) }, 'p11')).toEqual(ranks(40, 'p11'));
});
