/**
 * Asks at once, and again and again for as long as the page is looked at: as long after each answer, however long that
 * took. Gives what ends it.
 */
export function pollWhileVisible(ask: (signal: AbortSignal) => Promise<void>, everyMs: number): () => void {
  const end = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking = false;

  async function turn() {
    clearTimeout(timer);
    if (asking || end.signal.aborted || document.visibilityState === 'hidden') return;
    asking = true;
    await ask(end.signal).finally(() => (asking = false));
    if (!end.signal.aborted) timer = setTimeout(() => void turn(), everyMs);
  }

  document.addEventListener('visibilitychange', () => void turn(), { signal: end.signal });
  void turn();
  return () => {
    clearTimeout(timer);
    end.abort();
  };
}
