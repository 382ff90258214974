import { print } from '../../../shared/i18n/print.en';
import { translator } from '../../../shared/i18n/t';

export const t = translator(print);
