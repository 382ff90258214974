import type { HostMessage } from '../../shared/protocol';

/** Says what to send when its turn has come: `wait` for not yet, nothing for nothing. */
export type Late = () => HostMessage | 'wait' | undefined;

interface Waiting {
  step: HostMessage | Late;
  taken: () => void;
  /** Known once it is sent. */
  id?: string | undefined;
}

/** How long the server's word on a step is waited for, in milliseconds. */
const patienceMs = 10_000;
/** More than a host can press in that time. */
const mostWaiting = 20;

/**
 * The host's steps on their way. One has the server's word before the next is sent, because that names the state which
 * the first brought about. None is sent twice, and none goes missing untold.
 */
export class StepQueue {
  readonly #send: (message: HostMessage) => string | undefined;
  readonly #lost: () => void;
  #steps: Waiting[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `send` gives the id of what it sent; `lost` hears that steps were not sent, or what became of one is unknown. */
  constructor(send: (message: HostMessage) => string | undefined, lost: () => void) {
    this.#send = send;
    this.#lost = lost;
  }

  /** Sends a step when its turn comes, and calls `taken` if the server takes it. One that waits already counts once. */
  add(step: HostMessage | Late, taken: () => void = () => undefined): void {
    if (this.#steps.some((other) => isSame(other.step, step))) return;
    if (this.#steps.length >= mostWaiting) return this.#lost();
    this.#steps.push({ step, taken });
    if (this.#steps.length === 1) this.#sendFirst();
  }

  get isEmpty(): boolean {
    return this.#steps.length === 0;
  }

  /** Asks again a step that said `wait`. */
  nudge(): void {
    const [first] = this.#steps;
    if (!first || first.id !== undefined) return;
    clearTimeout(this.#timer);
    this.#sendFirst();
  }

  /** The server's word on a step. */
  settle(id: string | undefined, taken: boolean): void {
    const [first] = this.#steps;
    if (!first || id === undefined || first.id !== id) return;
    clearTimeout(this.#timer);
    this.#steps.shift();
    if (taken) first.taken();
    this.#sendFirst();
  }

  /** The line broke: nothing of it will come any more. */
  cut(): void {
    clearTimeout(this.#timer);
    if (this.#steps.length === 0) return;
    this.#steps = [];
    this.#lost();
  }

  #sendFirst(): void {
    const [first] = this.#steps;
    if (!first) return;
    const message = typeof first.step === 'function' ? first.step() : first.step;
    if (message === undefined) {
      this.#steps.shift();
      return this.#sendFirst();
    }
    if (message !== 'wait') {
      first.id = this.#send(message);
      if (first.id === undefined) return this.cut();
    }
    this.#timer = setTimeout(() => this.cut(), patienceMs);
  }
}

/** More time adds up; any other step said twice means the same. */
function isSame(one: HostMessage | Late, other: HostMessage | Late): boolean {
  if (typeof one === 'function' || typeof other === 'function') return one === other;
  return one.type !== 'extend_time' && JSON.stringify(one) === JSON.stringify(other);
}
