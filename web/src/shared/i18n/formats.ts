/** The locale of the texts, the numbers and the times. */
export const LOCALE = 'en-GB';

/** What is made when it is first needed: a page's first formatter of `Intl` takes an old phone a tenth of a second. */
export function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** Writes numbers as a locale does: "12,500". Counts of up to three digits are the same in every language we have. */
export function numberWriter(locale: string): (value: number) => string {
  const format = lazily(() => new Intl.NumberFormat(locale));
  return (value) =>
    Number.isInteger(value) && value >= 0 && value < 1_000 ? `${value}` : format().format(value);
}

export const number = numberWriter(LOCALE);

const clock = lazily(() => new Intl.DateTimeFormat(LOCALE, { hour: '2-digit', minute: '2-digit' }));

/** "20:45", from milliseconds, where the reader is. */
export function timeOfDay(ms: number): string {
  return clock().format(ms);
}
