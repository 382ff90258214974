/**
 * Shows a dialog over the page for as long as it is rendered. Once it is gone, what had the focus before gets it back:
 * the browser does so only for a dialog that is closed while it is on the page, and Svelte has taken it off by then.
 */
export function modal(dialog: HTMLDialogElement): () => void {
  const opener = document.activeElement;
  dialog.showModal();
  return () => {
    if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    else document.querySelector<HTMLElement>('h1[tabindex]')?.focus();
  };
}
