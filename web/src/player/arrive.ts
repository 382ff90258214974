let first = true;

/**
 * Moves the focus to the heading of a screen that replaces another, so that a screen reader starts there. Not to the
 * first screen, which the browser reads by itself, and never away from a field in use.
 */
export function arrive(heading: HTMLElement): void {
  if (first) {
    first = false;
    return;
  }
  if (isTyping()) return;
  heading.focus({ preventScroll: true });
  scrollTo(0, 0);
}

export function isTyping(): boolean {
  const active = document.activeElement;
  return active instanceof HTMLInputElement && active.type !== 'radio';
}
