import type { Attachment } from 'svelte/attachments';

/** Shares of the full text size that are tried in turn, from generous down. */
const shares = [1.4, 1.25, 1.12, 1, 0.94, 0.88, 0.82, 0.75, 0.67, 0.6, 0.5];
/** How long a page stays: the time to read it along, and to look up at all. */
const msPerCharacter = 40;
const shortestPageMs = 8_000;

export interface Fit {
  /** The largest and the least share to try. */
  largest?: number;
  least: number;
  /** Told which page shows, from 1, and how many there are. */
  onpage?: (page: number, pages: number) => void;
}

/**
 * Sets `--fit` on the element to the largest share of the text size at which its content does not overflow it, and
 * again whenever its size, its text or the fonts change. Smaller than the least share would not be read: where that
 * overflows, the element gets `data-over`. Its style then lets the content wrap, or flow into columns as wide as the
 * element: those are pages, which take turns.
 */
export function fit({ largest = 1, least, onpage }: Fit): Attachment<HTMLElement> {
  const tried = shares.filter((share) => share <= largest && share >= least);
  return (element) => {
    let turning: ReturnType<typeof setInterval> | undefined;

    const refit = () => {
      clearInterval(turning);
      delete element.dataset['over'];
      if (tried.some((share) => fitsAt(element, share))) return turn(1, 1);
      element.dataset['over'] = '';
      const pages = pagesOf(element);
      turn(1, pages);
      if (pages > 1) turning = setInterval(next, pageMs(element, pages));
    };

    let shown = 1;
    const turn = (page: number, pages: number) => {
      shown = page;
      const onward = getComputedStyle(element).direction === 'rtl' ? -1 : 1;
      element.scrollLeft = onward * (page - 1) * element.clientWidth;
      onpage?.(page, pages);
    };
    const next = () => {
      const pages = pagesOf(element);
      turn((shown % pages) + 1, pages);
    };

    const resized = new ResizeObserver(refit);
    const changed = new MutationObserver(refit);
    resized.observe(element);
    changed.observe(element, { childList: true, characterData: true, subtree: true });
    refit();
    void document.fonts?.ready.then(refit);
    return () => {
      clearInterval(turning);
      resized.disconnect();
      changed.disconnect();
    };
  };
}

function fitsAt(element: HTMLElement, share: number): boolean {
  element.style.setProperty('--fit', String(share));
  element.dataset['fit'] = String(share);
  return element.scrollHeight <= element.clientHeight + 1 && element.scrollWidth <= element.clientWidth + 1;
}

function pagesOf(element: HTMLElement): number {
  return Math.max(1, Math.round(element.scrollWidth / element.clientWidth));
}

function pageMs(element: HTMLElement, pages: number): number {
  return Math.max(shortestPageMs, ((element.textContent?.length ?? 0) / pages) * msPerCharacter);
}
