import { screen } from '../shared/i18n/screen.en';
import { translator } from '../shared/i18n/t';

export const t = translator(screen);

const figures = new Intl.NumberFormat('en-GB');
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });

/** A score as people read it: with thousands apart, and at most one decimal for halves. */
export function number(value: number): string {
  return figures.format(value);
}

/** "20:45", from milliseconds, where the display is. */
export function timeOfDay(ms: number): string {
  return clock.format(ms);
}
