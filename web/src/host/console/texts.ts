import type { HostState } from '../../shared/protocol';
import { console as dictionary } from '../../shared/i18n/console.en';
import { log } from '../../shared/i18n/log.en';
import { translator, type Dictionary } from '../../shared/i18n/t';
import { signed } from '../format';

export const t = translator(dictionary);

const logText = translator(log as Dictionary) as (key: string, values: LogEntry['args']) => string;

export type LogEntry = HostState['log'][number];

/** A line of the log. A kind that this page does not know yet is shown by its name. */
export function describe(entry: LogEntry): string {
  const { text_key, args } = entry;
  if (text_key === 'options_set') return changedOptions(args);
  return args['points'] === undefined
    ? logText(text_key, args)
    : logText(text_key, { ...args, ...given(args['points']) });
}

/** Points as they are said: with their sign, and a word that fits their number. */
function given(points: string): LogEntry['args'] {
  return { points: signed(Number(points)), n: points.replace('-', '') };
}

function changedOptions(args: LogEntry['args']): string {
  const names = Object.keys(args).filter((name) => !name.startsWith('was_'));
  const said = (name: string) => {
    const ofValue = `option_${name}_${args[name]}`;
    return logText(ofValue in log ? ofValue : `option_${name}`, args);
  };
  return names.map(said).join(' · ');
}

const refusals: Readonly<Record<string, string>> = {
  stale: t('refused_stale'),
  wrong_phase: t('refused_wrong_phase'),
  already_answered: t('refused_already_answered'),
  question_closed: t('refused_question_closed'),
  nothing_to_release: t('refused_nothing_to_release'),
  reason_missing: t('refused_reason_missing'),
  bad_name: t('refused_bad_name'),
  name_taken: t('refused_name_taken'),
  not_saved: t('refused_not_saved'),
  too_fast: t('refused_too_fast'),
  game_over: t('refused_game_over'),
};

/** Why a step was refused, in our words, or in the server's where we have none. */
export function refusalText(code: string, message: string): string {
  return refusals[code] ?? message;
}
