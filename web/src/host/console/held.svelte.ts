/**
 * Where a control of the console stands: where the host put it, until the server has had its word on every step; then
 * where the server says. Otherwise each message that was on its way would set the control back under the host's hand.
 */
export class Held<T> {
  readonly #unsettled: () => boolean;
  readonly #said: () => T;
  #put: { at: T } | undefined = $state.raw();
  /** Whether the host still moves it. */
  #moving = $state(false);

  /** `unsettled` says whether steps are on their way, `said` what the server said last. For a component's set-up. */
  constructor(unsettled: () => boolean, said: () => T) {
    this.#unsettled = unsettled;
    this.#said = said;
    $effect(() => {
      if (!this.#holds) this.#put = undefined;
    });
  }

  get #holds(): boolean {
    return this.#moving || this.#unsettled();
  }

  get at(): T {
    return this.#put && this.#holds ? this.#put.at : this.#said();
  }

  /** The host moves it, and has not let go. */
  move(at: T): void {
    this.#put = { at };
    this.#moving = true;
  }

  /** The host has let go. `send` sends the step. */
  release(at: T, send: () => void): void {
    this.#put = { at };
    send();
    this.#moving = false;
  }
}
