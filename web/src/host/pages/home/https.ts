import type { Encryption } from '../../rest';

const dayMs = 24 * 3_600_000;

/** What there is to say about HTTPS. `days` are whole days that are left; instants are in milliseconds. */
export type Https =
  | { state: 'own' }
  | { state: 'valid'; days: number }
  | { state: 'ending'; days: number; renewal: Renewal }
  | { state: 'over'; since: number; renewal: Renewal }
  | { state: 'missing'; renewal: Asked };

/** Who gets a new certificate: whoever has put files there, or Quibble, from an authority. */
export type Renewal = { by: 'operator' } | Asked;

/** An authority is asked. `problem` is what went wrong last, `next` the next try, undefined where it is due. */
export interface Asked {
  by: 'quibble';
  problem: string | undefined;
  next: number | undefined;
}

/** What there is to say at an instant of the server's clock; undefined where nothing is encrypted. */
export function httpsOf(encryption: Encryption, now: number): Https | undefined {
  const { mode, acme, not_after_ms: end, ends_soon } = encryption;
  if (mode === 'off') return undefined;
  if (mode === 'self_signed') return { state: 'own' };
  const next = acme && acme.next_try_ms > now ? acme.next_try_ms : undefined;
  const asked: Asked = { by: 'quibble', problem: acme?.failed?.problem, next };
  if (end === undefined) return { state: 'missing', renewal: asked };
  const renewal: Renewal = mode === 'acme' ? asked : { by: 'operator' };
  if (end <= now) return { state: 'over', since: end, renewal };
  const days = Math.floor((end - now) / dayMs);
  return ends_soon ? { state: 'ending', days, renewal } : { state: 'valid', days };
}
