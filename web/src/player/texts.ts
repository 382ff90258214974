import { player } from '../shared/i18n/player.en';
import { translator } from '../shared/i18n/t';

export const t = translator(player);

const ordinals = new Intl.PluralRules('en-GB', { type: 'ordinal' });
const suffixes: Partial<Record<Intl.LDMLPluralRule, string>> = { one: 'st', two: 'nd', few: 'rd' };
const numbers = new Intl.NumberFormat('en-GB');

/** 1st, 2nd, 3rd, 4th … */
export function ordinal(n: number): string {
  return `${n}${suffixes[ordinals.select(n)] ?? 'th'}`;
}

/** +5 points, −1 point */
export function change(points: number): string {
  return (points < 0 ? '−' : '+') + t('points', { n: Math.abs(points) });
}

/** 4,200 */
export function grouped(n: number): string {
  return numbers.format(n);
}

const times = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });

/** A break in words, with the time of day at which it ends, if that is known. */
export function intervalSaid({ until }: { until?: number }): string {
  return until === undefined ? t('interval') : t('interval_until', { time: times.format(until) });
}
