import type { Question, QuestionBody, Quiz } from '../../rest';
import { t } from './texts';

/** A round as sheets show it. */
export interface SheetRound {
  key: string;
  title: string;
  questions: Question[];
}

/** The rounds of a quiz that have questions, by their numbers. */
export function roundsOf(quiz: Quiz): SheetRound[] {
  return quiz.rounds
    .map(({ id, round_number: n, title, questions }) => ({
      key: id,
      title: title ? t('round_titled', { n, title }) : t('round', { n }),
      questions,
    }))
    .filter(({ questions }) => questions.length > 0);
}

export function pointsOf(questions: readonly QuestionBody[]): number {
  return questions.reduce((sum, { points }) => sum + points, 0);
}

/** "A", "B", …, for the place of an option. */
export function letter(index: number): string {
  return String.fromCharCode(65 + index);
}
