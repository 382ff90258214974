import { SvelteMap } from 'svelte/reactivity';

/** Where one key's latest change stands. */
export type SaveState =
  | { kind: 'waiting' }
  | { kind: 'saving' }
  | { kind: 'saved'; at: number }
  | { kind: 'retrying'; reason: string }
  | { kind: 'refused'; reason: string };

/** What a failed save means: worth another try, or the server's last word. */
export interface Verdict {
  retry: boolean;
  reason: string;
}

interface Job {
  send: () => Promise<unknown>;
  dueAt: number;
}

/** How long a field must be quiet before it is saved, in milliseconds. */
export const QUIET_MS = 600;
const RETRY_MS = [1_000, 2_000, 4_000, 8_000, 15_000];

/**
 * Saves changes one at a time, in the order they were last made. A key names what is saved (one question, one
 * order); its `send` reads the state when it runs, so several changes of one key become one request. A request that
 * cannot reach the server is tried again and holds back the ones behind it; one the server refuses is given up
 * until its key changes again.
 */
export class SaveQueue {
  readonly states = new SvelteMap<string, SaveState>();
  #jobs = new Map<string, Job>();
  #busy = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #waiters: (() => void)[] = [];
  #judge: (error: unknown) => Verdict;

  constructor(judge: (error: unknown) => Verdict) {
    this.#judge = judge;
  }

  /** The queue as one state: trouble first, then work under way, then the time of the last save. */
  readonly overall: SaveState | undefined = $derived.by(() => {
    const states = [...this.states.values()];
    for (const kind of ['retrying', 'refused', 'saving', 'waiting'] as const) {
      const found = states.find((state) => state.kind === kind);
      if (found) return found;
    }
    let latest: SaveState | undefined;
    for (const state of states) {
      if (state.kind === 'saved' && (latest?.kind !== 'saved' || state.at > latest.at)) latest = state;
    }
    return latest;
  });

  /** True while something is not yet on the server and may still get there. */
  get unsaved(): boolean {
    return this.#busy || this.#jobs.size > 0;
  }

  /** Asks for `key` to be saved once it has been quiet for `delay` ms; 0 also hurries everything before it. */
  put(key: string, send: () => Promise<unknown>, delay: number = QUIET_MS): void {
    this.#jobs.delete(key);
    this.#jobs.set(key, { send, dueAt: Date.now() + delay });
    if (this.states.get(key)?.kind !== 'saving') this.states.set(key, { kind: 'waiting' });
    if (delay === 0) this.hurry();
    else this.#schedule();
  }

  /** Forgets a key, for something that no longer exists. */
  drop(key: string): void {
    this.#jobs.delete(key);
    this.states.delete(key);
    this.#release();
  }

  /** Saves everything now, without waiting for quiet or for the next try. */
  hurry(): void {
    for (const job of this.#jobs.values()) job.dueAt = 0;
    this.#failures = 0;
    this.#schedule();
  }

  /** Resolves once nothing waits to be saved. */
  settled(): Promise<void> {
    if (!this.unsaved) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#busy) return;
    const next = this.#jobs.values().next();
    if (next.done) {
      this.#release();
      return;
    }
    const wait = Math.max(next.value.dueAt - Date.now(), 0);
    this.#timer = setTimeout(() => void this.#run(), wait);
  }

  async #run(): Promise<void> {
    const first = this.#jobs.entries().next();
    if (first.done || this.#busy) return;
    const [key, job] = first.value;
    this.#jobs.delete(key);
    this.#busy = true;
    this.states.set(key, { kind: 'saving' });
    try {
      await job.send();
      this.#failures = 0;
      this.#note(key, { kind: 'saved', at: Date.now() });
    } catch (error) {
      this.#failed(key, job, this.#judge(error));
    } finally {
      this.#busy = false;
      this.#schedule();
    }
  }

  #failed(key: string, job: Job, verdict: Verdict): void {
    if (!verdict.retry) {
      this.#failures = 0;
      this.#note(key, { kind: 'refused', reason: verdict.reason });
      return;
    }
    if (!this.states.has(key)) return;
    const wait = RETRY_MS[Math.min(this.#failures, RETRY_MS.length - 1)] ?? 0;
    this.#failures += 1;
    const newer = this.#jobs.get(key);
    this.#jobs.delete(key);
    const again = { send: newer?.send ?? job.send, dueAt: Date.now() + wait };
    this.#jobs = new Map([[key, again], ...this.#jobs]);
    this.states.set(key, { kind: 'retrying', reason: verdict.reason });
  }

  /** A key dropped or changed again while its request was under way keeps its newer state. */
  #note(key: string, state: SaveState): void {
    if (!this.states.has(key)) return;
    this.states.set(key, this.#jobs.has(key) ? { kind: 'waiting' } : state);
  }

  #release(): void {
    if (this.unsaved) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}
