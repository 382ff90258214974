import { LOCALE, lazily, timeOfDay } from '../shared/i18n/formats';
import { player } from '../shared/i18n/player.en';
import { translator } from '../shared/i18n/t';

export const t = translator(player);

const ordinals = lazily(() => new Intl.PluralRules(LOCALE, { type: 'ordinal' }));
const suffixes: Partial<Record<Intl.LDMLPluralRule, string>> = { one: 'st', two: 'nd', few: 'rd' };

/** 1st, 2nd, 3rd, 4th … */
export function ordinal(n: number): string {
  return `${n}${suffixes[ordinals().select(n)] ?? 'th'}`;
}

/** +5 points, −1 point */
export function change(points: number): string {
  return (points < 0 ? '−' : '+') + t('points', { n: Math.abs(points) });
}

/** A break in words, with the time of day at which it ends, if that is known. */
export function intervalSaid({ until }: { until?: number }): string {
  return until === undefined ? t('interval') : t('interval_until', { time: timeOfDay(until) });
}
