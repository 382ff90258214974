import { newId } from '../shared/ids';
import { forget, load, loadJson, save, saveJson } from '../shared/storage';

/** A place in a game that this phone can come back to. */
export interface Seat {
  code: string;
  session_token: string;
  player_id: string;
  display_name: string;
}

/** The seat in the game of a code, or without a code the one taken last. */
export function loadSeat(code: string | undefined = load('quibble.game')): Seat | undefined {
  return code === undefined ? undefined : loadJson(`quibble.seat.${code}`, isSeat);
}

export function saveSeat(seat: Seat): void {
  saveJson(`quibble.seat.${seat.code}`, seat);
  save('quibble.game', seat.code);
  save('quibble.name', seat.display_name);
}

export function forgetSeat(code: string): void {
  forget(`quibble.seat.${code}`);
  endSeat(code);
}

/** The game is over: its link still shows the board, but "/" is free for the next game. */
export function endSeat(code: string): void {
  if (load('quibble.game') === code) forget('quibble.game');
}

/** The name played under before, to spare typing it again. */
export function lastName(): string {
  return load('quibble.name') ?? '';
}

/** What tells this phone from the others of its player. */
export function deviceId(): string {
  const known = load('quibble.device');
  if (known) return known;
  const id = newId();
  save('quibble.device', id);
  return id;
}

/** A join code as the server spells it: upper case, without the spaces and hyphens that people add. */
export function cleanCode(text: string): string {
  return text.toUpperCase().replace(/[^A-Z0-9]/g, '');
}

/** The code in the address of a join link. */
export function codeInPath(path: string): string | undefined {
  const match = /\/j\/([^/]+)\/?$/i.exec(path);
  try {
    return match?.[1] && cleanCode(decodeURIComponent(match[1]));
  } catch {
    return undefined;
  }
}

function isSeat(value: unknown): value is Seat {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Record<string, unknown>;
  return ['code', 'session_token', 'player_id', 'display_name'].every(
    (name) => typeof fields[name] === 'string',
  );
}
