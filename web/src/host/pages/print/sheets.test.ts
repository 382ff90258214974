import { expect, test } from 'vitest';
import type { Question, Quiz } from '../../rest';
import { likelyPaper, pageRule } from './paper';
import { letter, pointsOf, roundsOf } from './sheets';

const question = (id: string, points: number): Question => ({
  id,
  bank_id: 'bank',
  type: 'text',
  prompt: id,
  points,
  accepted_answers: ['yes'],
  position: 1,
  version: 1,
  created_at: '',
  updated_at: '',
});

test('rounds are named by number and title; those without questions are left out', () => {
  const round = (round_number: number, title: string | null, questions: Question[]) => ({
    id: `r${round_number}`,
    quiz_id: 'q',
    round_number,
    title,
    questions,
  });
  const quiz = {
    rounds: [
      round(1, 'Food', [question('a', 5)]),
      round(2, null, []),
      round(3, null, [question('b', 1_000), question('c', 500)]),
    ],
  };
  const rounds = roundsOf(quiz as Quiz);
  expect(rounds.map(({ title }) => title)).toEqual(['Round 1: Food', 'Round 3']);
  expect(rounds.map(({ questions }) => pointsOf(questions))).toEqual([5, 1_500]);
});

test('options have letters', () => {
  expect([0, 1, 5].map(letter)).toEqual(['A', 'B', 'F']);
});

test('the paper is that of the reader’s country', () => {
  expect(likelyPaper(['en-US', 'en'])).toBe('letter');
  expect(likelyPaper(['en', 'fr-CA'])).toBe('letter');
  expect(likelyPaper(['zh-Hans-CN'])).toBe('a4');
  expect(likelyPaper(['en-GB', 'en-US'])).toBe('a4');
  expect(likelyPaper(['de'])).toBe('a4');
  expect(likelyPaper([])).toBe('a4');
  expect(pageRule('a4')).toContain('size: A4 portrait');
  expect(pageRule('letter')).toContain('size: letter portrait');
});
