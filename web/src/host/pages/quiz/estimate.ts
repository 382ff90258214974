import type { Difficulty, Question } from '../../rest';

/** What a question without a time limit takes until the next one, asking included. */
export const DEFAULT_SECONDS = 60;

/** How long a round may take: its own limit, or the sum of its questions'. */
export function secondsOf(round: { timeLimit: number | null; questions: readonly Question[] }): number {
  if (round.questions.length === 0) return 0;
  if (round.timeLimit !== null) return round.timeLimit;
  return round.questions.reduce((sum, question) => sum + (question.time_limit_seconds ?? DEFAULT_SECONDS), 0);
}

/** Whole minutes, one at least where there is anything. */
export function minutes(seconds: number): number {
  return seconds === 0 ? 0 : Math.max(Math.round(seconds / 60), 1);
}

export interface PastShare {
  /** The mean over the questions of the share that got each right, 0–1. */
  right: number;
  /** How many questions that is about. */
  known: number;
}

/** How a round's questions went in past games; undefined where nothing is known of any. */
export function pastShare(
  questions: readonly Question[],
  known: ReadonlyMap<string, Difficulty>,
): PastShare | undefined {
  const shares = questions.flatMap((question) => {
    const past = known.get(question.id);
    return past && past.answered > 0 ? past.right / past.answered : [];
  });
  if (shares.length === 0) return undefined;
  return { right: shares.reduce((sum, share) => sum + share, 0) / shares.length, known: shares.length };
}
