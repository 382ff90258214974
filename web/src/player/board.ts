import type { Board, BoardEntry } from '../shared/protocol';

/** A row of the board; a gap stands for the entries left out. */
export type Row = BoardEntry | 'gap';

/** How many are on a board, which in a large game the phone has in short: its top, and the own neighbourhood. */
export function boardLength(board: Board): number {
  return board.total ?? board.entries.length;
}

/** The entries that the phone has. */
export function knownEntries(board: Board): readonly BoardEntry[] {
  return board.near ? [...board.entries, ...board.near.entries] : board.entries;
}

/** The top `top` places, then the own entry with its neighbours; a gap stands for the entries left out. */
export function shortBoard(board: Board, playerId: string | undefined, top = 5): Row[] {
  const length = boardLength(board);
  const apart = (board.near?.above ?? 0) - board.entries.length;
  const places = knownEntries(board).map((entry, n) => ({
    entry,
    index: n < board.entries.length ? n : n + apart,
  }));
  const own = places.find(({ entry }) => entry.player_id === playerId)?.index;
  const shown = (index: number) => index < top || (own !== undefined && Math.abs(index - own) <= 1);
  const rows: Row[] = [];
  let next = 0;
  for (const { entry, index } of places) {
    // A gap for a single entry would take as much room as the entry.
    const lonely = !shown(index) && shown(index - 1) && index + 1 < length && shown(index + 1);
    if (!shown(index) && !lonely) continue;
    if (index > next) rows.push('gap');
    rows.push(entry);
    next = index + 1;
  }
  if (next < length) rows.push('gap');
  return rows;
}
