import type { Results } from '../../rest';

/** A player's way through the night: a place among the players shown, and the true rank, after each round. */
export interface BumpLine {
  player_id: string;
  name: string;
  stops: { round: number; slot: number; rank: number }[];
}

/** The lines of the best `most` players over all rounds whose scores are out. */
export function bumpLines(results: Results, most: number): BumpLine[] {
  const shown = results.standings.slice(0, most);
  const lines = shown.map((standing): BumpLine => ({
    player_id: standing.player_id,
    name: standing.display_name,
    stops: [],
  }));
  for (const round of results.rounds) {
    if (!round.released) continue;
    const rankOf = new Map(round.ranks.map((entry) => [entry.player_id, entry.rank]));
    const present = lines.filter((line) => rankOf.has(line.player_id));
    const inOrder = [...present].sort(
      (a, b) => (rankOf.get(a.player_id) ?? 0) - (rankOf.get(b.player_id) ?? 0),
    );
    inOrder.forEach((line, slot) =>
      line.stops.push({ round: round.round, slot, rank: rankOf.get(line.player_id) ?? 0 }),
    );
  }
  return lines.filter((line) => line.stops.length > 0);
}

/** An SVG path through points, flat at each of them. */
export function bumpPath(points: readonly { x: number; y: number }[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  let path = `M${first.x} ${first.y}`;
  let from = first;
  for (const to of rest) {
    const middle = (from.x + to.x) / 2;
    path += `C${middle} ${from.y} ${middle} ${to.y} ${to.x} ${to.y}`;
    from = to;
  }
  return path;
}
