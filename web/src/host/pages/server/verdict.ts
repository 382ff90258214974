import type { Tonight, TonightGame } from '../../rest';
import { took } from './format';
import { t } from './text';

/** Answers that take longer are felt: players look at their phones and wait. */
const SLOW_MS = 1_000;
/** So much of the room in use is little left. */
const FULL = 0.9;
/** Lines that broke lately, for each that is open: more is the Wi-Fi's doing. */
const RETURNED_SHARE = 0.25;
/** A few always break. */
const RETURNED_FEW = 5;

/** How grave something is, the gravest last. */
const GRAVITY = ['good', 'note', 'look', 'bad'] as const;
export type Gravity = (typeof GRAVITY)[number];

/** One thing that can be said of the night. */
export interface Fact {
  /** What it is about; the same from one look to the next. */
  key: string;
  gravity: Gravity;
  text: string;
}

/** The players of several games, as far as that is known. */
export interface Attendance {
  players: number;
  here: number;
  /** A game did not say. */
  unsure: boolean;
}

/** Who is there of those who play for real. */
export function attendance(games: readonly TonightGame[]): Attendance {
  const real = games.filter((game) => !game.practice);
  const known = real.filter((game) => game.players_here !== undefined);
  return {
    players: known.reduce((sum, game) => sum + game.players, 0),
    here: known.reduce((sum, game) => sum + (game.players_here ?? 0), 0),
    unsure: known.length < real.length,
  };
}

/** What there is to say of the night, the gravest first. */
export function factsOf(tonight: Tonight): Fact[] {
  const facts = [
    storage(tonight),
    answers(tonight),
    ...losses(tonight),
    phones(tonight),
    ...lines(tonight),
    room(tonight),
    ...others(tonight),
  ];
  return facts.sort((a, b) => GRAVITY.indexOf(b.gravity) - GRAVITY.indexOf(a.gravity));
}

/** How grave the gravest is. */
export function gravest(facts: readonly Fact[]): Gravity {
  return facts[0]?.gravity ?? 'good';
}

function storage({ storage_writable }: Tonight): Fact {
  return storage_writable
    ? { key: 'storage', gravity: 'good', text: t('storage_writes') }
    : { key: 'storage', gravity: 'bad', text: t('storage_refuses') };
}

function answers({ lately: { saved_p50_ms, saved_p99_ms } }: Tonight): Fact {
  const key = 'answers';
  if (saved_p50_ms === undefined || saved_p99_ms === undefined) {
    return { key, gravity: 'note', text: t('saved_none') };
  }
  const time = took(saved_p99_ms);
  return saved_p99_ms > SLOW_MS
    ? { key, gravity: 'look', text: t('saved_slow', { time }) }
    : { key, gravity: 'good', text: t('saved_fast', { time, half: took(saved_p50_ms) }) };
}

function losses({ lately }: Tonight): Fact[] {
  const key = 'losses';
  if (lately.not_saved > 0) return [{ key, gravity: 'bad', text: t('not_saved', { n: lately.not_saved }) }];
  return lately.answers > 0 ? [{ key, gravity: 'good', text: t('lost_none') }] : [];
}

function phones({ games }: Tonight): Fact {
  const key = 'phones';
  if (games.length === 0) return { key, gravity: 'note', text: t('no_games') };
  const { players, here, unsure } = attendance(games);
  if (unsure) return { key, gravity: 'look', text: t('phones_unsure') };
  if (players === 0) return { key, gravity: 'note', text: t('phones_none_yet') };
  const away = players - here;
  if (away <= 0) return { key, gravity: 'good', text: t('phones_all', { n: players }) };
  return { key, gravity: 'look', text: t('phones_away', { n: away, total: players }) };
}

function lines({ lately: { cut_as_slow, returned }, connections }: Tonight): Fact[] {
  const facts: Fact[] = [];
  if (cut_as_slow > 0) facts.push({ key: 'slow', gravity: 'look', text: t('slow', { n: cut_as_slow }) });
  if (returned > RETURNED_FEW && returned > RETURNED_SHARE * connections) {
    facts.push({ key: 'returned', gravity: 'look', text: t('returned_many', { n: returned }) });
  } else if (returned > 0) {
    facts.push({ key: 'returned', gravity: 'note', text: t('returned', { n: returned }) });
  } else if (cut_as_slow === 0 && connections > 0) {
    facts.push({ key: 'slow', gravity: 'good', text: t('slow_none') });
  }
  return facts;
}

function room({ connections: n, connections_max: max, lately }: Tonight): Fact {
  const key = 'room';
  if (lately.turned_away > 0) {
    return { key, gravity: 'bad', text: t('turned_away', { n: lately.turned_away }) };
  }
  return n > FULL * max
    ? { key, gravity: 'look', text: t('room_little', { n, max }) }
    : { key, gravity: 'good', text: t('room_left', { n, max }) };
}

function others({ replicas, hints_carried }: Tonight): Fact[] {
  const facts: Fact[] = [];
  if (replicas > 1) facts.push({ key: 'replicas', gravity: 'note', text: t('replicas', { n: replicas }) });
  if (!hints_carried) facts.push({ key: 'hints', gravity: 'look', text: t('hints_lost') });
  return facts;
}
