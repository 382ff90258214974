/** The protocol that the pages speak: `PROTOCOL` in src/game/view/mod.rs. */
const spoken = 1;
const key = 'quibble.reloaded';
/** How long no second reload follows the first, in milliseconds: servers that are updated in turn may disagree. */
const calmMs = 5 * 60_000;

/** Whether this page speaks an older protocol than the server. */
export function isOlderThan(protocol: number): boolean {
  return protocol > spoken;
}

/**
 * Loads the page again. False, and nothing, when that was done a short while ago: a page that comes back old has to do.
 * So has one whose storage is refused, as it could not remember, and a phone's would forget the seat.
 */
export function reloadOnce(now = Date.now()): boolean {
  try {
    if (now - Number(sessionStorage.getItem(key)) < calmMs) return false;
    sessionStorage.setItem(key, `${now}`);
  } catch {
    return false;
  }
  location.reload();
  return true;
}
