import { host } from '../shared/i18n/host.en';
import { translator } from '../shared/i18n/t';

/** The host app's texts. */
export const t = translator(host);
