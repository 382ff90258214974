import type { BoardEntry } from '../shared/protocol';

/** A row of the board; a gap stands for the entries left out. */
export type Row = BoardEntry | 'gap';

/** The top `top` places, then the own entry with its neighbours; a gap stands for the entries left out. */
export function shortBoard(entries: readonly BoardEntry[], playerId: string | undefined, top = 5): Row[] {
  const own = entries.findIndex((entry) => entry.player_id === playerId);
  const shown = (index: number) => index < top || (own >= 0 && Math.abs(index - own) <= 1);
  const rows: Row[] = [];
  entries.forEach((entry, index) => {
    // A gap for a single entry would take as much room as the entry.
    const lonely = !shown(index) && shown(index - 1) && index + 1 < entries.length && shown(index + 1);
    if (shown(index) || lonely) rows.push(entry);
    else if (rows[rows.length - 1] !== 'gap') rows.push('gap');
  });
  return rows;
}
