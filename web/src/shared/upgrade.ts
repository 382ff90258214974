/** The protocol that the pages speak: `PROTOCOL` in src/game/view/mod.rs. */
const spoken = 1;

const key = 'quibble.reloaded';

/**
 * Loads the page again when the server's protocol is newer than its own. Once for each protocol: a page that comes
 * back old has to do, and so has one whose storage is refused, as it would forget the seat.
 */
export function reloadIfOlderThan(protocol: number): void {
  if (!(protocol > spoken)) return;
  try {
    if (sessionStorage.getItem(key) === `${protocol}`) return;
    sessionStorage.setItem(key, `${protocol}`);
  } catch {
    return;
  }
  location.reload();
}
