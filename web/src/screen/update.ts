/** The protocol that these pages speak. */
const known = 1;
const key = 'quibble.reloaded';
/** How long no second reload follows the first, in milliseconds: servers that are updated in turn may disagree. */
const calmMs = 5 * 60_000;

/**
 * Whether the server speaks a newer protocol than this page, or has been updated since it was loaded: then its page
 * starts another script. Not when that cannot be found out.
 */
export async function isOutdated(protocol: number): Promise<boolean> {
  if (protocol > known) return true;
  const running = document.querySelector('script[src^="/assets/"]')?.getAttribute('src');
  if (!running) return false;
  try {
    const page = await fetch(location.pathname, { cache: 'no-cache' });
    const current = /<script[^>]+src="(\/assets\/[^"]+)"/.exec(await page.text())?.[1];
    return page.ok && current !== undefined && current !== running;
  } catch {
    return false;
  }
}

/** Loads the page again. False, and nothing, when that was done a short while ago, or could not be remembered. */
export function reloadOnce(now = Date.now()): boolean {
  try {
    if (now - Number(sessionStorage.getItem(key) ?? 0) < calmMs) return false;
    sessionStorage.setItem(key, String(now));
  } catch {
    return false;
  }
  location.reload();
  return true;
}
