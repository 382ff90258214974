import { describe, expect, it } from 'vitest';
import type { Question } from '../../rest';
import {
  bodyOf,
  differences,
  draftOf,
  emptyDraft,
  problemsOf,
  sameChoices,
  splitTags,
  type Draft,
} from './draft';

const text = (changes: Partial<Draft> = {}): Draft => ({
  ...emptyDraft('text'),
  prompt: 'Capital of France?',
  accepted: ['Paris'],
  ...changes,
});
const choice = (choices: Draft['choices']): Draft => ({
  ...emptyDraft('multiple_choice'),
  prompt: 'Which?',
  choices,
});

describe('a draft', () => {
  it('becomes a body with the fields of its kind only', () => {
    expect(bodyOf(text({ prompt: ' Capital of France? ', notes: ' ' }))).toEqual({
      type: 'text',
      prompt: 'Capital of France?',
      points: 1000,
      accepted_answers: ['Paris'],
      marking: {
        case: true,
        accents: true,
        punctuation: true,
        articles: true,
        spaces: true,
        number_words: true,
      },
      tags: [],
    });
    const stout = choice([
      { text: ' Pils', correct: false },
      { text: '', correct: false },
      { text: 'Stout', correct: true },
    ]);
    expect(bodyOf({ ...stout, timeLimit: 30 })).toEqual({
      type: 'multiple_choice',
      prompt: 'Which?',
      points: 1000,
      choices: [
        { text: 'Pils', correct: false },
        { text: 'Stout', correct: true },
      ],
      time_limit_seconds: 30,
      tags: [],
    });
  });

  it('may be won by the nearest number, of which there is one', () => {
    const marking = { ...emptyDraft('text').marking, nearest: true };
    expect(bodyOf(text({ accepted: ['1889'], marking })).marking?.nearest).toBe(true);
    expect(bodyOf(text({ marking: { ...marking, nearest: false } })).marking).not.toHaveProperty('nearest');
    for (const number of ['1889', '1,889', '-3.5', '−40', '999999999999999']) {
      expect(problemsOf(text({ accepted: [number], marking }))).toEqual({});
    }
    for (const accepted of [['Paris'], ['1', '2'], ['1,88'], ['1.'], ['1234567890123456']]) {
      expect(problemsOf(text({ accepted, marking }))).toEqual({ accepted: 'accepted_number' });
    }
  });

  it('comes back from what is stored', () => {
    const body = bodyOf(text({ notes: 'Say it slowly.', timeLimit: 20, points: 500, tags: 'Easy, 80s' }));
    expect(bodyOf(draftOf(body))).toEqual(body);
  });
});

describe('problemsOf', () => {
  it('finds none in a good question', () => {
    expect(problemsOf(text())).toEqual({});
    expect(problemsOf(text({ prompt: 'x'.repeat(500), notes: 'n'.repeat(1000), timeLimit: 3600 }))).toEqual(
      {},
    );
  });

  it.each<[Partial<Draft>, object]>([
    [{ prompt: '  ' }, { prompt: 'prompt_missing' }],
    [{ prompt: 'x'.repeat(501) }, { prompt: 'prompt_long' }],
    [{ accepted: [] }, { accepted: 'accepted_missing' }],
    [{ accepted: Array<string>(11).fill('a') }, { accepted: 'accepted_many' }],
    [{ accepted: ['a'.repeat(151)] }, { accepted: 'accepted_long' }],
    [{ points: -1 }, { points: 'points_wrong' }],
    [{ points: 1.5 }, { points: 'points_wrong' }],
    [{ points: NaN }, { points: 'points_wrong' }],
    [{ timeLimit: 4 }, { timeLimit: 'time_limit_wrong' }],
    [{ timeLimit: 3601 }, { timeLimit: 'time_limit_wrong' }],
    [{ notes: 'n'.repeat(1001) }, { notes: 'notes_long' }],
  ])('%j', (changes, problems) => {
    expect(problemsOf(text(changes))).toEqual(problems);
  });

  it('counts characters, not code units', () => {
    expect(problemsOf(text({ prompt: '🍺'.repeat(500) }))).toEqual({});
  });

  it('wants two options and one of them right', () => {
    const a = { text: 'a', correct: false };
    const right = { text: 'b', correct: true };
    expect(problemsOf(choice([right]))).toEqual({ choices: 'choices_few' });
    expect(problemsOf(choice([a, { text: '', correct: true }, { ...a, text: 'c' }]))).toEqual({
      choices: 'choices_correct',
    });
    expect(problemsOf(choice([a, right]))).toEqual({});
    expect(problemsOf(choice([a, { text: 'x'.repeat(201), correct: true }]))).toEqual({
      choices: 'choices_long',
    });
  });
});

describe('sameChoices', () => {
  it('ignores capitals, spaces and empty options', () => {
    const options = ['Stout', ' stout ', '', '', 'Mild  ale', 'mild ale'].map((name) => ({
      text: name,
      correct: false,
    }));
    expect(sameChoices(choice(options))).toEqual(['stout', 'mild ale']);
  });
});

describe('differences', () => {
  it('shows only fields that differ, both sides', () => {
    const mine = bodyOf(text({ accepted: ['Paris', 'Paname'], points: 500 }));
    const place = { id: 'q', bank_id: 'b', position: 1, version: 2, created_at: '', updated_at: '' };
    const theirs: Question = { ...bodyOf(text()), ...place };
    expect(differences(mine, theirs)).toEqual([
      { field: 'accepted_answers', mine: 'Paris, Paname', theirs: 'Paris' },
      { field: 'points', mine: '500', theirs: '1000' },
    ]);
  });
});

describe('tags', () => {
  it('stand between commas, each once', () => {
    expect(splitTags(' Easy, 80s  music,,EASY,\n x ')).toEqual(['Easy', '80s music', 'x']);
    expect(splitTags(' , ')).toEqual([]);
  });

  it('are few and short', () => {
    const ten = Array.from({ length: 10 }, (_, n) => String(n)).join();
    expect(problemsOf(text({ tags: ten }))).toEqual({});
    expect(problemsOf(text({ tags: `${ten},more` })).tags).toBe('tags_many');
    expect(problemsOf(text({ tags: 'x'.repeat(30) }))).toEqual({});
    expect(problemsOf(text({ tags: 'x'.repeat(31) })).tags).toBe('tags_long');
  });
});
