import { forget, loadJson, saveJson } from '../shared/storage';

/** An answer that the server has not confirmed yet. */
export interface Pending {
  /** The id of its message: the same at every try, so that the server saves it once. */
  id: string;
  answer: string;
  /** The question's place, to name it when it is no longer on the page. */
  position: number;
  /** The server could not save it at first. */
  refused?: boolean;
}

export type PendingAnswers = Readonly<Record<string, Pending>>;

/** The unconfirmed answers of a player, by question id, as this phone kept them over a reload. */
export function loadPending(code: string, playerId: string): PendingAnswers {
  return loadJson(key(code, playerId), isPendingAnswers) ?? {};
}

export function savePending(code: string, playerId: string, answers: PendingAnswers): void {
  if (Object.keys(answers).length === 0) forget(key(code, playerId));
  else saveJson(key(code, playerId), answers);
}

function key(code: string, playerId: string): string {
  return `quibble.pending.${code}.${playerId}`;
}

function isPendingAnswers(value: unknown): value is PendingAnswers {
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).every(
    (entry: unknown) =>
      typeof entry === 'object' &&
      entry !== null &&
      'id' in entry &&
      'answer' in entry &&
      'position' in entry &&
      typeof entry.id === 'string' &&
      typeof entry.answer === 'string' &&
      typeof entry.position === 'number',
  );
}
