/** Clocks that differ by less look alike to people. */
const alikeMs = 10_000;

/** What was measured when the server was asked for its time, in milliseconds since the Unix epoch. */
export interface ClockSample {
  asked: number;
  answered: number;
  server: number;
}

/** Two clocks that disagree: what each says, and which one is wrong where that can be told. */
export interface ClocksApart {
  here: number;
  server: number;
  wrong: 'server' | 'unknown';
}

/**
 * Compares this device's clock with the server's. `newest` is the newest instant that the server has ever written down:
 * a server whose clock is behind that was set back, or has lost the time.
 */
export function clocksApart(
  { asked, answered, server }: ClockSample,
  newest: number,
): ClocksApart | undefined {
  const here = (asked + answered) / 2;
  const certain = alikeMs + (answered - asked) / 2;
  if (server + alikeMs < newest) return { here, server, wrong: 'server' };
  return Math.abs(here - server) > certain ? { here, server, wrong: 'unknown' } : undefined;
}

/** Whether phones come by an address: none does by one of this computer only; by the one in use here they may. */
export function reachOf(joinBase: string, here: string): 'nobody' | 'likely' | 'untried' {
  const host = joinBase.replace(/^https?:\/\//, '');
  if (/^(localhost|127\.|\[::1\])/.test(host)) return 'nobody';
  return host === here ? 'likely' : 'untried';
}
