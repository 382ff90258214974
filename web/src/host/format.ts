const locale = 'en-GB';
const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
const exactClock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric' });
const numbers = new Intl.NumberFormat(locale);
const signs = new Intl.NumberFormat(locale, { signDisplay: 'exceptZero' });

/** "12:04", from milliseconds. */
export function timeOfDay(ms: number): string {
  return clock.format(ms);
}

/** "12:04:30", from milliseconds. */
export function exactTime(ms: number): string {
  return exactClock.format(ms);
}

/** "3 Oct 2026", from an RFC 3339 time. */
export function date(iso: string): string {
  return day.format(new Date(iso));
}

/** "3 Oct 2026, 20:15", from an RFC 3339 time or milliseconds. */
export function dateAndTime(time: string | number): string {
  const at = new Date(time);
  return `${day.format(at)}, ${clock.format(at)}`;
}

/** "12,500". */
export function number(value: number): string {
  return numbers.format(value);
}

/** "+5" or "-2.5": a number that was added. */
export function signed(value: number): string {
  return signs.format(value);
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
