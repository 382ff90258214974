import type { QuestionBody } from './rest';

/** The right answers of a question on one line. */
export function rightAnswers(question: QuestionBody): string {
  const right = question.choices?.filter((choice) => choice.correct).map((choice) => choice.text);
  return (right ?? question.accepted_answers ?? []).join(', ');
}

/** The wrong options of a question on one line; empty for a text question. */
export function wrongAnswers(question: QuestionBody): string {
  const wrong = question.choices?.filter((choice) => !choice.correct).map((choice) => choice.text);
  return (wrong ?? []).join(', ');
}
