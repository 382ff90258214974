import { join } from '../shared/i18n/join.en';
import { translator } from '../shared/i18n/t';

/** The texts of the form; those of the game come with the game. */
export const t = translator(join);
