/** The secret that a link carries in its fragment, which no server is sent. Empty for an address that is broken. */
export function secretOf(hash: string): string {
  try {
    return decodeURIComponent(hash.slice(1));
  } catch {
    return '';
  }
}
