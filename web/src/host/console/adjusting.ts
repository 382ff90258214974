import type { HostState } from '../../shared/protocol';
import { isBoardOut } from './steps';
import { t } from './texts';

const mostPoints = 1_000_000;

/** The points that a host typed, whole or half ones above zero; undefined for anything else. */
export function pointsIn(typed: string): number | undefined {
  const text = typed.trim().replace(',', '.');
  if (!/^\d{1,7}(\.[05])?$/.test(text)) return undefined;
  const points = Number(text);
  return points > 0 && points <= mostPoints ? points : undefined;
}

/** When points that are given now come to count. */
export function countsWhen(host: HostState): string {
  if (!isBoardOut(host)) return t('adjust_later', { round: host.round });
  return host.corrections_pending ? t('adjust_with_corrections') : t('adjust_at_once');
}
