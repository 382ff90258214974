interface Sample {
  offset: number;
  /** How far off the sample can be: half its round trip, in milliseconds. */
  error: number;
}

/** The server's clock, estimated from the times in its messages. All times are milliseconds since the Unix epoch. */
export class ServerClock {
  #best: Sample | undefined;

  /** Takes in a time the server wrote between the local instants `sent` and `received`. */
  learn(serverTime: number, sent: number, received: number): void {
    const sample = { offset: serverTime - (sent + received) / 2, error: (received - sent) / 2 };
    const best = this.#best;
    // A sample that contradicts the best one means that a clock was set, so it replaces it.
    const contradicts = best && Math.abs(sample.offset - best.offset) > sample.error + best.error + 50;
    if (!best || contradicts || sample.error <= best.error) this.#best = sample;
  }

  get offset(): number {
    return this.#best?.offset ?? 0;
  }

  now(): number {
    return Date.now() + this.offset;
  }
}
