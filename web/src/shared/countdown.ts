/** Milliseconds left until `closesAt`; a paused game counts from the instant it stopped. Never negative. */
export function timeLeft(closesAt: number, pausedAt: number | undefined, now: number): number {
  return Math.max(0, closesAt - (pausedAt ?? now));
}

/** `65_000` ms becomes `1:05`; a begun second counts whole, so that 0:00 means that time is up. */
export function minutes(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
