import { questions, quizzes, rounds } from './api';
import type { Bank } from './rest';

/**
 * Makes a quiz of a bank's first questions, `perRound` to a round, in fewer than `most` rounds where the bank has
 * fewer. Gives its id; where something fails on the way, nothing is left of it.
 */
export async function buildQuiz(bank: Bank, most: number, perRound: number): Promise<string> {
  const ids = await firstQuestions(bank.id, most * perRound);
  const quiz = await quizzes.create({ name: bank.name });
  try {
    for (let at = 0; at < ids.length; at += perRound) {
      const round = await rounds.create(quiz.id, {});
      await rounds.setQuestions(quiz.id, round.id, ids.slice(at, at + perRound));
    }
  } catch (error) {
    await quizzes.remove(quiz.id).catch(() => undefined);
    throw error;
  }
  return quiz.id;
}

async function firstQuestions(bank: string, most: number): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await questions.page(bank, cursor);
    ids.push(...page.items.map((question) => question.id));
    cursor = page.next;
  } while (cursor !== undefined && ids.length < most);
  return ids.slice(0, most);
}
