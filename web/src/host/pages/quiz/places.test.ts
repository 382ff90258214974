import { describe, expect, it } from 'vitest';
import { relocated, stepFrom } from './places';

describe('stepFrom', () => {
  const lengths = [2, 0, 1];

  it('moves within a round', () => {
    expect(stepFrom(lengths, { round: 0, index: 0 }, 1)).toEqual({ round: 0, index: 1 });
    expect(stepFrom(lengths, { round: 0, index: 1 }, -1)).toEqual({ round: 0, index: 0 });
  });

  it('goes over into the next round, empty or not', () => {
    expect(stepFrom(lengths, { round: 0, index: 1 }, 1)).toEqual({ round: 1, index: 0 });
    expect(stepFrom(lengths, { round: 2, index: 0 }, -1)).toEqual({ round: 1, index: 0 });
    expect(stepFrom([2, 1], { round: 1, index: 0 }, -1)).toEqual({ round: 0, index: 2 });
  });

  it('ends at the edges of the quiz', () => {
    expect(stepFrom(lengths, { round: 0, index: 0 }, -1)).toBeNull();
    expect(stepFrom(lengths, { round: 2, index: 0 }, 1)).toBeNull();
  });
});

describe('relocated', () => {
  it('moves one question and leaves the given rounds alone', () => {
    const rounds = [['a', 'b'], ['c']];
    expect(relocated(rounds, { round: 0, index: 1 }, { round: 1, index: 0 })).toEqual([['a'], ['b', 'c']]);
    expect(relocated(rounds, { round: 0, index: 0 }, { round: 0, index: 1 })).toEqual([['b', 'a'], ['c']]);
    expect(relocated(rounds, { round: 5, index: 0 }, { round: 0, index: 0 })).toEqual(rounds);
    expect(rounds).toEqual([['a', 'b'], ['c']]);
  });
});
