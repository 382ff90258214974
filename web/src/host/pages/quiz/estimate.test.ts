import { describe, expect, it } from 'vitest';
import type { Question } from '../../rest';
import { minutes, pastShare, secondsOf } from './estimate';

const question = (id: string, limit?: number): Question => ({
  id,
  bank_id: 'bank',
  type: 'text',
  prompt: id,
  points: 1000,
  accepted_answers: ['yes'],
  position: 0,
  version: 1,
  created_at: '',
  updated_at: '',
  ...(limit === undefined ? {} : { time_limit_seconds: limit }),
});

describe('how long a round takes', () => {
  it('is its own limit, or the sum of its questions', () => {
    const questions = [question('a', 30), question('b')];
    expect(secondsOf({ timeLimit: null, questions })).toBe(90);
    expect(secondsOf({ timeLimit: 45, questions })).toBe(45);
    expect(secondsOf({ timeLimit: 45, questions: [] })).toBe(0);
  });

  it('is said in whole minutes', () => {
    expect([0, 5, 89, 90, 600].map(minutes)).toEqual([0, 1, 1, 2, 10]);
  });
});

describe('how a round went', () => {
  const known = new Map([
    ['a', { question_id: 'a', games: 2, answered: 10, right: 9 }],
    ['b', { question_id: 'b', games: 1, answered: 2, right: 1 }],
  ]);

  it('counts every question the same', () => {
    expect(
      pastShare(
        ['a', 'b', 'c'].map((id) => question(id)),
        known,
      ),
    ).toEqual({ right: 0.7, known: 2 });
  });

  it('is not guessed', () => {
    expect(pastShare([question('c')], known)).toBeUndefined();
    expect(pastShare([], known)).toBeUndefined();
  });
});
