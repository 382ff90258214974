import { LOCALE } from '../../shared/i18n/formats';
import type { AnswerGroup, Credit, ReviewAnswer, ReviewQuestion, RoundReview } from '../../shared/protocol';

/** Equal answers that wait for the host's decision. */
export interface Undecided {
  key: string;
  /** The question's place in its round, from 1. */
  place: number;
  question: ReviewQuestion;
  group: AnswerGroup;
  /** Who says that it is right. */
  challengers: string[];
}

/** What the host passed here: how often, and how many had said by then that it is right. */
export interface Passed {
  times: number;
  challengers: number;
}

/** A name for a group that is the same on every console. */
export function groupKey(question: ReviewQuestion, group: AnswerGroup): string {
  return `${question.question_id} ${group.answer_group}`;
}

/**
 * What the host has to decide: answers that are nearly right, those that are no number where the nearest wins, and
 * those whose players say that they are right.
 * `passed` knows what was skipped or decided here; that comes last, or drops out if the host has marked it. Whoever says
 * later that it is right asks anew.
 */
export function undecidedIn(
  review: RoundReview,
  placeOf: (questionId: string) => number,
  passed: ReadonlyMap<string, Passed>,
): Undecided[] {
  const all = review.questions.flatMap((question) =>
    question.groups.map((group) => ({
      key: groupKey(question, group),
      place: placeOf(question.question_id),
      question,
      group,
      challengers: challengersOf(question, group),
    })),
  );
  const times = ({ key, challengers }: Undecided) => {
    const before = passed.get(key);
    return before && challengers.length <= before.challengers ? before.times : 0;
  };
  return all.filter((item) => waits(item, times(item))).sort((a, b) => times(a) - times(b));
}

function waits({ question, group, challengers }: Undecided, timesPassed: number): boolean {
  if (group.credit === 'full') return false;
  if (group.by === 'host') return challengers.length > 0 && timesPassed === 0;
  const isNoNumber = question.nearest === true && group.distance === undefined;
  return group.suggested !== undefined || isNoNumber || challengers.length > 0;
}

/** Who says that a group is right. */
export function challengersOf(question: ReviewQuestion, group: AnswerGroup): string[] {
  return answersOf(question, group)
    .filter((answer) => answer.challenged)
    .map((answer) => answer.player_name);
}

/** The answers of a group, by player name. */
export function answersOf(question: ReviewQuestion, group: AnswerGroup): ReviewAnswer[] {
  return question.answers
    .filter((answer) => answer.answer_group === group.answer_group)
    .sort((a, b) => a.player_name.localeCompare(b.player_name, LOCALE));
}

/** The groups of a question by their mark, without those that are undecided. */
export function markedGroups(
  question: ReviewQuestion,
  undecided: readonly Undecided[],
): { credit: Credit; groups: AnswerGroup[] }[] {
  const waiting = new Set(undecided.map((item) => item.key));
  const settled = question.groups.filter((group) => !waiting.has(groupKey(question, group)));
  const credits: Credit[] = ['full', 'half', 'none'];
  return credits
    .map((credit) => ({ credit, groups: settled.filter((group) => group.credit === credit) }))
    .filter(({ groups }) => groups.length > 0);
}
