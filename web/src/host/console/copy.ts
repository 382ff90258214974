/**
 * Copies the text of a field, and leaves it selected. The clipboard API exists on secure pages only; elsewhere the
 * old command still does it. False when neither worked.
 */
export async function copyText(field: HTMLInputElement): Promise<boolean> {
  field.focus();
  field.select();
  try {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(field.value);
      return true;
    }
    return document.execCommand('copy');
  } catch {
    return false;
  }
}
