import type { Board, Revealed, RosterPlayer, ScreenState } from '../shared/protocol';
import type { ScreenData, ShownQuestion } from './reducer';

/** The one thing that fills the display. */
export type View =
  | { kind: 'lobby'; players: readonly RosterPlayer[] }
  | { kind: 'round' }
  | { kind: 'question'; latest: ShownQuestion; earlier: readonly ShownQuestion[] }
  | { kind: 'sheet'; open: number; timed?: ShownQuestion }
  | { kind: 'pens-down' }
  | { kind: 'answer'; answer: Revealed }
  | { kind: 'board'; board: Board; previous?: Board; fromLast?: boolean }
  | { kind: 'secret' }
  | { kind: 'podium'; board: Board }
  | { kind: 'cancelled' }
  | { kind: 'break'; until?: number; board?: Board }
  | { kind: 'join' }
  | { kind: 'blank' };

/** What stays the same around the view. */
export interface Frame {
  code: string;
  /** The join address without its scheme, as one types it. */
  address: string;
  quizName: string;
  round: number;
  totalRounds: number;
  roundTitle: string;
  playerCount: number;
  /** Robots play along, and nothing counts. */
  practice: boolean;
  /** Server time of the pause, in milliseconds; undefined while the game runs. */
  pausedAt: number | undefined;
  /** Whether every view says how to join. */
  joinStrip: boolean;
  /** Whether it only fades. */
  calm: boolean;
  /** How loud it is, from 0 to 100. */
  sound: number;
  /** How large its text is, in percent of the usual. */
  text: number;
  /** When the next question comes by itself, in server time. */
  nextAt: number | undefined;
}

export interface ScreenModel {
  frame: Frame;
  view: View;
}

/** What to show, or undefined as long as the server has not said. */
export function modelOf(data: ScreenData): ScreenModel | undefined {
  const state = data.state;
  if (!state) return undefined;
  return { frame: frameOf(state), view: viewOf(data, state) };
}

function frameOf(state: ScreenState): Frame {
  return {
    code: state.code,
    address: shortAddress(state.join_url),
    quizName: state.quiz_name,
    round: state.round,
    totalRounds: state.total_rounds,
    roundTitle: state.round_title ?? '',
    playerCount: state.player_count,
    practice: state.practice ?? false,
    pausedAt: state.paused_at,
    joinStrip: state.options.join_strip,
    calm: state.options.calm,
    sound: state.options.sound,
    text: state.options.text,
    nextAt: state.next_at,
  };
}

function viewOf(data: ScreenData, state: ScreenState): View {
  const { previous } = data;
  const { present } = state;
  const isSecret = state.options.secret_board && data.phase !== 'ended';
  const board = isSecret ? undefined : data.board;
  const shown = present.view;
  if (shown === 'blank') return { kind: 'blank' };
  if (shown === 'join') return { kind: 'join' };
  if (present.view === 'break') {
    const { until } = present;
    return { kind: 'break', ...(until !== undefined && { until }), ...(board && { board }) };
  }
  if (shown === 'answer' && state.answer) return { kind: 'answer', answer: state.answer };
  if (shown === 'board' && isSecret) return { kind: 'secret' };
  if (present.view === 'board' && board) {
    if (present.from_last) return { kind: 'board', board, fromLast: true };
    return { kind: 'board', board, ...(previous && { previous }) };
  }
  switch (data.phase) {
    case 'lobby':
      return { kind: 'lobby', players: data.players };
    case 'question':
      return questionView(data.released, state.options.release_all);
    case 'round_review':
      return { kind: 'pens-down' };
    case 'leaderboard':
      if (isSecret) return { kind: 'secret' };
      return board ? { kind: 'board', board, ...(previous && { previous }) } : { kind: 'pens-down' };
    case 'ended':
      if (data.cancelled || !board) return { kind: 'cancelled' };
      return { kind: 'podium', board };
  }
}

function questionView(released: readonly ShownQuestion[], isWhole: boolean): View {
  const latest = released[released.length - 1];
  if (!latest) return { kind: 'round' };
  if (isWhole && released.length > 1) return sheetOf(released);
  return { kind: 'question', latest, earlier: released.slice(0, -1) };
}

/** Questions that are out together, with the one whose time runs out last. */
function sheetOf(released: readonly ShownQuestion[]): View {
  const open = released.filter(({ closed }) => !closed);
  const [timed] = open
    .filter(({ closes_at }) => closes_at !== undefined)
    .sort((a, b) => (b.closes_at ?? 0) - (a.closes_at ?? 0));
  return { kind: 'sheet', open: open.length, ...(timed && { timed }) };
}

/** `http://quiz.example:8080/j/K7PQ4M` becomes `quiz.example:8080`. */
export function shortAddress(joinUrl: string): string {
  return joinUrl.replace(/^[a-z]+:\/\//i, '').replace(/\/(j\/[^/]*)?$/i, '');
}

/** What is left of a break: in begun minutes, the last one in seconds, and nothing once it is over. */
export function breakLeft(until: number, now: number): { n: number; unit: 'min' | 's' } | undefined {
  const left = until - now;
  if (left <= 0) return undefined;
  return left > 60_000
    ? { n: Math.ceil(left / 60_000), unit: 'min' }
    : { n: Math.ceil(left / 1000), unit: 's' };
}

/** One bar of the answer view. `letter` is the option's index, for a question with options. */
export interface Bar {
  text: string;
  count: number;
  credit: 'full' | 'half' | 'none';
  letter?: number;
}

/** The bars of a question's answers: every option in its order, or the most frequent answers. */
export function barsOf({ type, histogram }: Revealed, most: number): Bar[] {
  if (type === 'text') {
    return histogram.slice(0, most).map(({ answer: text, count, credit }) => ({ text, count, credit }));
  }
  return histogram.map(({ answer: text, count, credit }, letter) => ({ text, letter, count, credit }));
}

/** The three steps of the podium, highest first; players that tie stand on the same step. */
export function podiumOf(board: Board): { rank: number; score: number; names: string[] }[] {
  const steps: { rank: number; score: number; names: string[] }[] = [];
  for (const entry of board.entries) {
    if (entry.rank > 3) continue;
    const step = steps.find((other) => other.rank === entry.rank);
    if (step) step.names.push(entry.display_name);
    else steps.push({ rank: entry.rank, score: entry.score, names: [entry.display_name] });
  }
  return steps.sort((a, b) => a.rank - b.rank);
}

export interface BoardRow {
  id: string;
  rank: number;
  name: string;
  score: number;
  /** Places gained since the standings before; 0 as long as they are not shown, and for a newcomer. */
  climbed: number;
}

/** The rows of the standings; before they have `moved`, in the order and with the scores of `previous`. */
export function boardRows(board: Board, previous: Board | undefined, moved: boolean): BoardRow[] {
  const before = new Map(previous?.entries.map((entry) => [entry.player_id, entry]) ?? []);
  const present = new Set(board.entries.map((entry) => entry.player_id));
  const shown = moved || !previous ? board : previous;
  return shown.entries
    .filter((entry) => present.has(entry.player_id))
    .map((entry) => ({
      id: entry.player_id,
      rank: entry.rank,
      name: entry.display_name,
      score: entry.score,
      climbed: shown === board ? (before.get(entry.player_id)?.rank ?? entry.rank) - entry.rank : 0,
    }));
}

/** Rows of the standings on one page, at a size of the text in percent. */
export function rowsPerPage(text: number): number {
  return Math.min(10, Math.floor(1_000 / text));
}

/** How the standings come out from the last to the first. */
export interface FromLast {
  /** The rows that are to be seen, from this one up to `end`; the ones before, from `start` on, keep their room. */
  first: number;
  start: number;
  end: number;
  /** Milliseconds until the next row comes; undefined after the last one. */
  wait: number | undefined;
}

const rowMs = 350;
const topRowMs = 1_200;
const turnMs = 1_500;
/** However many there are, the rows below the first page take no longer than this together, and their pages again. */
const lowerMs = 20_000;

/** What is to be seen of `total` rows, so many of them on a page, after `out` of them have come. */
export function fromLast(total: number, perPage: number, out: number): FromLast {
  const first = total - Math.max(1, out);
  const start = Math.floor(first / perPage) * perPage;
  const end = Math.min(total, start + perPage);
  return { first, start, end, wait: waitAfter(total, perPage, first, start) };
}

function waitAfter(total: number, perPage: number, first: number, start: number): number | undefined {
  if (first <= 0) return undefined;
  // A whole page is read before it turns.
  if (first === start) return Math.min(turnMs, (lowerMs * perPage) / (total - perPage));
  return start === 0 ? topRowMs : Math.min(rowMs, lowerMs / (total - perPage));
}

/** How many answered a question rightly, of how many. */
export function gotIt({ histogram }: Revealed): { n: number; total: number } {
  const sum = (counts: readonly { count: number }[]) => counts.reduce((all, { count }) => all + count, 0);
  return { n: sum(histogram.filter(({ credit }) => credit === 'full')), total: sum(histogram) };
}
