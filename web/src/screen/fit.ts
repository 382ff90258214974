import type { Attachment } from 'svelte/attachments';

/** Shares of the full text size that are tried in turn: from generous down to the smallest still worth showing. */
const SHARES = [1.4, 1.25, 1.12, 1, 0.94, 0.88, 0.82, 0.75, 0.68, 0.6, 0.52, 0.45, 0.38, 0.32];

/**
 * Sets `--fit` on the element to the largest share of the text size at which its content does not overflow it,
 * and again whenever its size, its text or the fonts change. No share is larger than `largest`.
 */
export function fit(largest = 1): Attachment<HTMLElement> {
  const shares = SHARES.filter((share) => share <= largest);
  return (element) => {
    const refit = () => {
      for (const share of shares) {
        element.style.setProperty('--fit', String(share));
        element.dataset['fit'] = String(share);
        if (fits(element)) break;
      }
    };
    const resized = new ResizeObserver(refit);
    const changed = new MutationObserver(refit);
    resized.observe(element);
    changed.observe(element, { childList: true, characterData: true, subtree: true });
    refit();
    void document.fonts?.ready.then(refit);
    return () => {
      resized.disconnect();
      changed.disconnect();
    };
  };
}

function fits(element: HTMLElement): boolean {
  return element.scrollHeight <= element.clientHeight + 1 && element.scrollWidth <= element.clientWidth + 1;
}
