/** The server's limits that a form shows or checks before it sends. Characters unless the name says otherwise. */
export const limits = {
  prompt: 500,
  acceptedAnswers: 10,
  acceptedAnswer: 150,
  choicesMin: 2,
  choicesMax: 6,
  choice: 200,
  pointsDefault: 1_000,
  pointsMax: 1_000_000,
  notes: 1_000,
  tags: 10,
  tag: 30,
  batch: 1_000,
  timeLimitMinSeconds: 5,
  timeLimitMaxSeconds: 3_600,
  title: 120,
  description: 1_000,
  roundsPerQuiz: 50,
  questionsPerRound: 100,
  unusedDays: 3_650,
  passwordMin: 10,
  passwordMax: 256,
  username: 64,
  tokenName: 64,
  importFixes: 500,
} as const;

/** Length as the server counts it: Unicode scalar values, not UTF-16 units. */
export function charCount(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
