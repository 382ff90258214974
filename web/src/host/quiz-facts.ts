import type { QuizSummary } from './rest';
import { t } from './text';

/** One line about a quiz: "3 rounds · 24 questions · played twice". */
export function quizFacts(quiz: QuizSummary): string {
  const facts = [t('rounds_n', { n: quiz.round_count }), t('questions_n', { n: quiz.question_count })];
  if (quiz.game_count > 0) facts.push(t('games_n', { n: quiz.game_count }));
  return facts.join(' · ');
}
