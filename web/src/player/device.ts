import { base } from '../shared/base';

/** A short buzz, where the phone has one and the player has touched the page. Never the only sign of anything. */
export function tapped(...pattern: number[]): void {
  if (navigator.userActivation?.hasBeenActive && 'vibrate' in navigator) navigator.vibrate(pattern);
}

/**
 * Keeps the screen lit while the page is in view. Browsers want a tap first and let go whenever the page is hidden,
 * so both a tap and the page's return ask again. Over plain HTTP there is no such thing.
 */
export function keepAwake(): void {
  let lock: { released: boolean } | undefined;
  const ask = async () => {
    if (!('wakeLock' in navigator) || document.visibilityState !== 'visible') return;
    if (lock && !lock.released) return;
    lock = await navigator.wakeLock.request('screen').catch(() => undefined);
  };
  document.addEventListener('pointerdown', ask);
  document.addEventListener('visibilitychange', ask);
}

/** What a keyboard takes at least, and the bar of an address does not, in CSS pixels. */
const keyboardPx = 120;

/**
 * Keeps the field in use, and the button that sends it, above the keyboard. Some browsers make the page smaller for it,
 * others lay it over the page.
 */
export function keepInSight(): void {
  const seen = window.visualViewport;
  let before = seen?.height ?? 0;
  seen?.addEventListener('resize', () => {
    // Zoomed in, less is seen for another reason.
    const covered = seen.scale === 1 ? innerHeight - seen.height : 0;
    document.documentElement.style.setProperty('--keyboard', `${Math.max(0, Math.round(covered))}px`);
    const shrinks = before - seen.height > keyboardPx;
    before = seen.height;
    const field = document.activeElement;
    // An option that was tapped is an input, too, and the bar of an address comes and goes while one reads.
    if (!shrinks || !(field instanceof HTMLInputElement) || field.type === 'radio') return;
    const send = field.closest('section, main')?.querySelector('.primary');
    for (const element of [send, field]) element?.scrollIntoView({ block: 'nearest' });
  });
}

/** Has the service worker keep this page for when the server cannot be reached. Not over plain HTTP, either. */
export function keepPage(): void {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  addEventListener('load', () => workers?.register(`${base}/sw.js`).catch(() => undefined));
}
