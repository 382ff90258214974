import { LOCALE, lazily } from '../../../shared/i18n/formats';
import { t } from './text';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

const few = lazily(() => new Intl.NumberFormat(LOCALE, { maximumSignificantDigits: 2 }));

/** "12 GB": what a disk or a file has. */
export function size(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1);
  const format = { style: 'unit', unit: UNITS[power] as string, maximumSignificantDigits: 3 } as const;
  return new Intl.NumberFormat(LOCALE, format).format(bytes / 1_000 ** power);
}

/** "0.8 ms", "12 ms", "1.4 s": how long something took. */
export function took(ms: number): string {
  return ms < 1_000
    ? t('milliseconds', { n: few().format(ms) })
    : t('seconds', { n: few().format(ms / 1_000) });
}

/** "3 days": how long something has been so. */
export function span(ms: number): string {
  if (ms >= 2 * DAY_MS) return t('days', { n: Math.floor(ms / DAY_MS) });
  if (ms >= 2 * HOUR_MS) return t('hours', { n: Math.floor(ms / HOUR_MS) });
  return t('minutes', { n: Math.max(1, Math.floor(ms / MINUTE_MS)) });
}

/** A sentence of the server's: with a capital letter, unless it begins with a name, and a full stop. */
export function sentence(text: string): string {
  const begun = /^[a-z]+[ ,]/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
