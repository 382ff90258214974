import { screen } from '../shared/i18n/screen.en';
import { translator } from '../shared/i18n/t';

export const t = translator(screen);

const figures = new Intl.NumberFormat('en-GB');

/** A score as people read it: with thousands apart, and at most one decimal for halves. */
export function number(value: number): string {
  return figures.format(value);
}
