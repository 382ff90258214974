import { screen } from '../shared/i18n/screen.en';
import { translator } from '../shared/i18n/t';

export const t = translator(screen);
