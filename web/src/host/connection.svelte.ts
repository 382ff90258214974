import { api } from '../shared/api';

const PROBE_EVERY_MS = 3_000;

/** Whether the server answers. Once a call finds it away, it is asked again until it is back. */
class Connection {
  down = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #returned = new Set<() => void>();

  /** Calls `listener` each time the server is back; the answer takes it off again. */
  onReturn(listener: () => void): () => void {
    this.#returned.add(listener);
    return () => this.#returned.delete(listener);
  }

  /** A call could not reach the server. */
  lost(): void {
    if (this.down) return;
    this.down = true;
    this.#probeSoon();
  }

  /** Asks now, without waiting for the next turn. */
  async probe(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      await api.get('/server');
      this.down = false;
      for (const listener of this.#returned) listener();
    } catch {
      this.#probeSoon();
    }
  }

  #probeSoon(): void {
    this.#timer = setTimeout(() => void this.probe(), PROBE_EVERY_MS);
  }
}

export const connection = new Connection();
