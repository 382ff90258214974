import type { Attachment } from 'svelte/attachments';

/** Hands the focus of what goes away to something else, so that a host at the keyboard is not sent to the top. */
export function leavesFocusTo(heir: () => HTMLElement | null | undefined): Attachment<HTMLElement> {
  return (element) => {
    // By the time it is torn down it is off the page, and a browser has forgotten what had the focus.
    let wasLast = element.contains(document.activeElement);
    const follow = ({ target }: FocusEvent) => (wasLast = target instanceof Node && element.contains(target));
    document.addEventListener('focusin', follow);
    return () => {
      document.removeEventListener('focusin', follow);
      const { activeElement } = document;
      const isLost = !activeElement || activeElement === document.body || element.contains(activeElement);
      if (wasLast && isLost) heir()?.focus();
    };
  };
}
