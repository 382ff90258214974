import { describe, expect, it } from 'vitest';
import type { Results, ResultRound } from '../../rest';
import { bumpLines, bumpPath } from './bump';

const standing = (player_id: string, rank: number) => ({
  rank,
  player_id,
  display_name: player_id.toUpperCase(),
  score: 0,
  rounds: [],
  adjustments: [],
});
const round = (number: number, ranks: Record<string, number>, released = true): ResultRound => ({
  round: number,
  released,
  corrections: [],
  ranks: Object.entries(ranks).map(([player_id, rank]) => ({ player_id, rank })),
  questions: [],
});
const results = (rounds: ResultRound[]): Results => ({
  game: {} as Results['game'],
  standings: [standing('a', 1), standing('b', 2), standing('c', 2), standing('d', 4)],
  rounds,
});

describe('bumpLines', () => {
  it('keeps the best players and gives each its own slot, ties included', () => {
    const lines = bumpLines(results([round(1, { a: 7, b: 2, c: 2, d: 1 })]), 3);
    expect(lines.map((line) => line.name)).toEqual(['A', 'B', 'C']);
    expect(lines.map((line) => line.stops[0])).toEqual([
      { round: 1, slot: 2, rank: 7 },
      { round: 1, slot: 0, rank: 2 },
      { round: 1, slot: 1, rank: 2 },
    ]);
  });

  it("leaves out rounds without scores and starts a late player's line late", () => {
    const lines = bumpLines(
      results([round(1, { a: 1 }), round(2, { a: 1, b: 2 }), round(3, { a: 2, b: 1 }, false)]),
      10,
    );
    expect(lines.map((line) => line.stops.map((stop) => stop.round))).toEqual([[1, 2], [2]]);
  });
});

describe('bumpPath', () => {
  it('draws one curve from stop to stop', () => {
    expect(
      bumpPath([
        { x: 0, y: 10 },
        { x: 20, y: 30 },
      ]),
    ).toBe('M0 10C10 10 10 30 20 30');
    expect(bumpPath([{ x: 5, y: 5 }])).toBe('M5 5');
    expect(bumpPath([])).toBe('');
  });
});
