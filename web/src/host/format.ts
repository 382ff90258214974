import { LOCALE, lazily, timeOfDay } from '../shared/i18n/formats';

const exactClock = lazily(
  () => new Intl.DateTimeFormat(LOCALE, { hour: '2-digit', minute: '2-digit', second: '2-digit' }),
);
const day = lazily(
  () => new Intl.DateTimeFormat(LOCALE, { day: 'numeric', month: 'short', year: 'numeric' }),
);
const signs = lazily(() => new Intl.NumberFormat(LOCALE, { signDisplay: 'exceptZero' }));

/** "12:04:30", from milliseconds. */
export function exactTime(ms: number): string {
  return exactClock().format(ms);
}

/** "3 Oct 2026", from an RFC 3339 time. */
export function date(iso: string): string {
  return day().format(new Date(iso));
}

/** "3 Oct 2026, 20:15", from an RFC 3339 time or milliseconds. */
export function dateAndTime(time: string | number): string {
  const at = new Date(time);
  return `${day().format(at)}, ${timeOfDay(at.getTime())}`;
}

/** "+5" or "-2.5": a number that was added. */
export function signed(value: number): string {
  return signs().format(value);
}

/** "42%" from a share of one. */
export function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

/** The name a host would know a browser by, from its user agent: "Chrome on Android". */
export function browserName(userAgent: string): { browser: string; system: string } {
  const first = (patterns: readonly [RegExp, string][]) =>
    patterns.find(([pattern]) => pattern.test(userAgent))?.[1] ?? '';
  const browser = first([
    [/\bEdg\//, 'Edge'],
    [/\b(Firefox|FxiOS)\//, 'Firefox'],
    [/\b(OPR|Opera)\//, 'Opera'],
    [/\bSamsungBrowser\//, 'Samsung Internet'],
    [/\b(Chrome|CriOS|Chromium)\//, 'Chrome'],
    [/\bSafari\//, 'Safari'],
  ]);
  const system = first([
    [/\b(iPhone|iPod)\b/, 'iPhone'],
    [/\biPad\b/, 'iPad'],
    [/\bAndroid\b/, 'Android'],
    [/\bCrOS\b/, 'ChromeOS'],
    [/\bWindows\b/, 'Windows'],
    [/\bMac OS X\b/, 'macOS'],
    [/\bLinux\b/, 'Linux'],
  ]);
  return { browser, system };
}
