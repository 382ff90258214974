import { isOlderThan } from '../shared/upgrade';

/**
 * Whether the server speaks a newer protocol than this page, or has been updated since it was loaded: then its page
 * starts another script. Not when that cannot be found out.
 */
export async function isOutdated(protocol: number): Promise<boolean> {
  if (isOlderThan(protocol)) return true;
  const running = document.querySelector('script[src*="/assets/"]')?.getAttribute('src');
  if (!running) return false;
  try {
    const page = await fetch(location.pathname, { cache: 'no-cache' });
    const current = /<script[^>]+src="([^"]*\/assets\/[^"]+)"/.exec(await page.text())?.[1];
    return page.ok && current !== undefined && current !== running;
  } catch {
    return false;
  }
}
