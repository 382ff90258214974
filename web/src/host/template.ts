import type { RoundBody } from './rest';
import { t } from './text';

/** How many questions a round of the template is planned for. */
const PLANNED = 8;

/** The rounds of a usual night, without questions. */
export function templateRounds(): RoundBody[] {
  const titles = [
    t('template_general'),
    t('template_music'),
    t('template_film'),
    t('template_sport'),
    t('template_wild'),
  ];
  return titles.map((title) => ({ title, planned_questions: PLANNED }));
}
