/** Where a question is: the index of its round, and its index in it. */
export interface Place {
  round: number;
  index: number;
}

/**
 * The place one step up or down. Past a round's edge it is the end of the round before, or the start of the round
 * after; `null` at the quiz's own edge. `lengths` are the rounds' question counts.
 */
export function stepFrom(lengths: readonly number[], from: Place, by: -1 | 1): Place | null {
  const index = from.index + by;
  if (index >= 0 && index < (lengths[from.round] ?? 0)) return { round: from.round, index };
  const round = from.round + by;
  const length = lengths[round];
  if (length === undefined) return null;
  return { round, index: by < 0 ? length : 0 };
}

/** The rounds with the question at `from` taken out and put in at `to`. */
export function relocated<T>(rounds: readonly (readonly T[])[], from: Place, to: Place): T[][] {
  const result = rounds.map((questions) => [...questions]);
  const [question] = result[from.round]?.splice(from.index, 1) ?? [];
  if (question !== undefined) result[to.round]?.splice(to.index, 0, question);
  return result;
}
