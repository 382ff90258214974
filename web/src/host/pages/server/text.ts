import { server } from '../../../shared/i18n/server.en';
import { translator } from '../../../shared/i18n/t';

/** The texts of the owner's pages. */
export const t = translator(server);
