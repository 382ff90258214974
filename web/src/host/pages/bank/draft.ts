import { charCount, limits } from '../../limits';
import type { Marking, QuestionBody, QuestionType } from '../../rest';

/** A question as its editor holds it: every field there, whatever its kind, and numbers that may be empty. */
export interface Draft {
  type: QuestionType;
  prompt: string;
  points: number | null;
  accepted: string[];
  choices: { text: string; correct: boolean }[];
  marking: Marking;
  notes: string;
  timeLimit: number | null;
  /** As they are typed: commas between them. */
  tags: string;
}

export type DraftField = 'prompt' | 'accepted' | 'choices' | 'points' | 'notes' | 'timeLimit' | 'tags';

export type DraftProblem =
  | 'prompt_missing'
  | 'prompt_long'
  | 'accepted_missing'
  | 'accepted_many'
  | 'accepted_long'
  | 'accepted_number'
  | 'choices_few'
  | 'choices_correct'
  | 'choices_long'
  | 'points_wrong'
  | 'notes_long'
  | 'time_limit_wrong'
  | 'tags_many'
  | 'tags_long';

/** What keeps a draft from being saved, as a text of the dictionary per field. */
export type DraftProblems = Partial<Record<DraftField, DraftProblem>>;

export const markingSwitches = [
  'case',
  'accents',
  'punctuation',
  'articles',
  'spaces',
  'number_words',
] as const satisfies readonly (keyof Marking)[];

const lenient: Marking = {
  case: true,
  accents: true,
  punctuation: true,
  articles: true,
  spaces: true,
  number_words: true,
};

const blankChoices = () => [
  { text: '', correct: true },
  { text: '', correct: false },
  { text: '', correct: false },
  { text: '', correct: false },
];

export function emptyDraft(type: QuestionType): Draft {
  return {
    type,
    prompt: '',
    points: limits.pointsDefault,
    accepted: [],
    choices: blankChoices(),
    marking: { ...lenient },
    notes: '',
    timeLimit: null,
    tags: '',
  };
}

export function draftOf(question: QuestionBody): Draft {
  return {
    type: question.type,
    prompt: question.prompt,
    points: question.points,
    accepted: [...(question.accepted_answers ?? [])],
    choices: question.choices?.map((choice) => ({ ...choice })) ?? blankChoices(),
    marking: { ...lenient, ...question.marking },
    notes: question.notes ?? '',
    timeLimit: question.time_limit_seconds ?? null,
    tags: (question.tags ?? []).join(', '),
  };
}

/** What the server gets: only the fields of the draft's kind, without empty options. */
export function bodyOf(draft: Draft): QuestionBody {
  const body: QuestionBody = {
    type: draft.type,
    prompt: draft.prompt.trim(),
    points: draft.points ?? limits.pointsDefault,
    tags: splitTags(draft.tags),
  };
  if (draft.type === 'text') {
    body.accepted_answers = [...draft.accepted];
    const { nearest, ...differences } = draft.marking;
    body.marking = { ...differences, ...(nearest && { nearest }) };
  } else {
    body.choices = filled(draft);
  }
  if (draft.notes.trim() !== '') body.notes = draft.notes.trim();
  if (draft.timeLimit !== null) body.time_limit_seconds = draft.timeLimit;
  return body;
}

export function problemsOf(draft: Draft): DraftProblems {
  const problems: DraftProblems = {};
  if (draft.prompt.trim() === '') problems.prompt = 'prompt_missing';
  else if (charCount(draft.prompt.trim()) > limits.prompt) problems.prompt = 'prompt_long';
  if (draft.type === 'text') {
    if (draft.accepted.length === 0) problems.accepted = 'accepted_missing';
    else if (draft.accepted.length > limits.acceptedAnswers) problems.accepted = 'accepted_many';
    else if (draft.accepted.some((text) => charCount(text) > limits.acceptedAnswer))
      problems.accepted = 'accepted_long';
    else if (draft.marking.nearest && !draft.accepted.every((text, index) => index === 0 && isNumber(text)))
      problems.accepted = 'accepted_number';
  } else {
    const choices = filled(draft);
    if (choices.length < limits.choicesMin) problems.choices = 'choices_few';
    else if (choices.filter((choice) => choice.correct).length !== 1) problems.choices = 'choices_correct';
    else if (choices.some((choice) => charCount(choice.text) > limits.choice))
      problems.choices = 'choices_long';
  }
  if (!within(draft.points ?? limits.pointsDefault, 0, limits.pointsMax)) problems.points = 'points_wrong';
  if (charCount(draft.notes.trim()) > limits.notes) problems.notes = 'notes_long';
  if (
    draft.timeLimit !== null &&
    !within(draft.timeLimit, limits.timeLimitMinSeconds, limits.timeLimitMaxSeconds)
  ) {
    problems.timeLimit = 'time_limit_wrong';
  }
  const tags = splitTags(draft.tags);
  if (tags.length > limits.tags) problems.tags = 'tags_many';
  else if (tags.some((tag) => charCount(tag) > limits.tag)) problems.tags = 'tags_long';
  return problems;
}

/** Tags from text with commas between them, each once. */
export function splitTags(text: string): string[] {
  const tags = new Map<string, string>();
  for (const part of text.split(/[,\n]/)) {
    const tag = part.trim().replace(/\s+/g, ' ');
    if (tag !== '' && !tags.has(tag.toLowerCase())) tags.set(tag.toLowerCase(), tag);
  }
  return [...tags.values()];
}

/** Whether a text is a number in digits, as the server asks for where the nearest number wins. */
function isNumber(text: string): boolean {
  const parts = /^[-−+]?(\d{1,3}(?:,\d{3})+|\d+)(?:\.\d{1,9})?$/.exec(text.trim());
  return (parts?.[1]?.replace(/,/g, '').length ?? 16) <= 15;
}

/** Options that read the same once capitals and spaces are set aside. */
export function sameChoices(draft: Draft): string[] {
  const seen = new Set<string>();
  const same: string[] = [];
  for (const choice of filled(draft)) {
    const plain = choice.text.toLowerCase().replace(/\s+/g, ' ');
    if (seen.has(plain)) same.push(choice.text);
    seen.add(plain);
  }
  return same;
}

export interface Difference {
  field: 'prompt' | 'accepted_answers' | 'options' | 'marking' | 'points' | 'time_limit' | 'notes' | 'tags';
  mine: string;
  theirs: string;
}

/** Where two versions of a question differ, each side as a reader would write it. */
export function differences(mine: QuestionBody, theirs: QuestionBody): Difference[] {
  const sides: [Difference['field'], (body: QuestionBody) => string][] = [
    ['prompt', (body) => body.prompt],
    ['accepted_answers', (body) => body.accepted_answers?.join(', ') ?? ''],
    [
      'options',
      (body) => body.choices?.map((choice) => `${choice.correct ? '✓ ' : ''}${choice.text}`).join(', ') ?? '',
    ],
    [
      'marking',
      ({ marking }) =>
        [
          ...markingSwitches.filter((name) => marking?.[name] === false),
          ...(marking?.nearest ? ['nearest'] : []),
        ].join(', '),
    ],
    ['points', (body) => String(body.points)],
    ['time_limit', (body) => String(body.time_limit_seconds ?? '')],
    ['notes', (body) => body.notes ?? ''],
    ['tags', (body) => (body.tags ?? []).join(', ')],
  ];
  return sides
    .map(([field, say]) => ({ field, mine: say(mine), theirs: say(theirs) }))
    .filter((difference) => difference.mine !== difference.theirs);
}

function filled(draft: Draft) {
  return draft.choices
    .map((choice) => ({ text: choice.text.trim(), correct: choice.correct }))
    .filter((choice) => choice.text !== '');
}

function within(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
