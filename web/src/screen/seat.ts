import { forget, loadJson, save } from '../shared/storage';

/** What lets a display into a game. */
export interface Seat {
  code: string;
  token: string;
}

const key = 'quibble.screen';

/** The seat that the address carries as `#CODE.TOKEN`: the host has just handed it out. */
export function givenSeat(): Seat | undefined {
  const given = seatOf(location.hash);
  if (!given) return undefined;
  // The token need not stay where passers-by can read it.
  history.replaceState(null, '', location.pathname);
  rememberSeat(given);
  return given;
}

/**
 * The seat that this window had before, else the last of this device. Windows keep apart, so that one machine can
 * drive the displays of two games.
 */
export function storedSeat(): Seat | undefined {
  return seatInWindow() ?? loadJson(key, isSeat);
}

export function rememberSeat(seat: Seat): void {
  const text = JSON.stringify(seat);
  save(key, text);
  try {
    sessionStorage.setItem(key, text);
  } catch {
    // Then the device's seat has to do.
  }
}

export function forgetSeat(): void {
  forget(key);
  try {
    sessionStorage.removeItem(key);
  } catch {
    // Nothing was stored then.
  }
}

/** Reads `#CODE.TOKEN`; undefined for anything else, also for a broken escape. */
export function seatOf(fragment: string): Seat | undefined {
  const found = /^#([a-z0-9]{4,12})\.(.+)$/i.exec(fragment);
  if (!found?.[1] || !found[2]) return undefined;
  try {
    return { code: found[1].toUpperCase(), token: decodeURIComponent(found[2]) };
  } catch {
    return undefined;
  }
}

function seatInWindow(): Seat | undefined {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(key) ?? 'null');
    return isSeat(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isSeat(value: unknown): value is Seat {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'code' in value && typeof value.code === 'string' && 'token' in value && typeof value.token === 'string'
  );
}
