import { usualOptions } from '../../shared/testing/options';
import type { HostState, ReviewQuestion, RoundReview } from '../../shared/protocol';
import { emptyScreen } from '../../screen/reducer';
import type { ConsoleData } from './reducer';

/** A game of two rounds with two questions each, for tests. */
export function hostState(more: Partial<HostState> = {}): HostState {
  return {
    phase: 'question',
    round: 1,
    total_rounds: 2,
    locked: false,
    teams: false,
    options: usualOptions,
    present: { view: 'auto' },
    questions: [
      { id: 'q1', state: 'open', answered: 0 },
      { id: 'q2', state: 'pending', answered: 0 },
    ],
    players: [
      { id: 'p1', display_name: 'Ann', state: 'playing', online: 1, answered: [], joined_in_round: 1 },
      { id: 'p2', display_name: 'Bea', state: 'playing', online: 0, answered: [], joined_in_round: 1 },
    ],
    claims: [],
    screens: 0,
    hosts: 1,
    corrections_pending: false,
    adjustments: [],
    log: [],
    ...more,
  };
}

export function consoleData(host: HostState, more: Partial<ConsoleData> = {}): ConsoleData {
  const question = (id: string) => ({
    id,
    type: 'text' as const,
    prompt: `${id}?`,
    points: 1000,
    accepted_answers: ['Gin'],
  });
  const quiz = {
    name: 'Thursday',
    rounds: [
      { questions: [question('q1'), question('q2')] },
      { questions: [question('q3'), question('q4')] },
    ],
  };
  return { host, quiz, reviews: {}, screen: emptyScreen, ...more };
}

export function reviewQuestion(id: string, more: Partial<ReviewQuestion> = {}): ReviewQuestion {
  return {
    question_id: id,
    prompt: `${id}?`,
    type: 'text',
    points: 1000,
    correct_answers: ['Gin'],
    groups: [
      { answer_group: 'gin', text: 'Gin', count: 1, credit: 'full', by: 'auto', player_ids: ['p1'] },
      {
        answer_group: 'gyn',
        text: 'Gyn',
        count: 1,
        credit: 'none',
        by: 'auto',
        suggested: 'Gin',
        player_ids: ['p2'],
      },
    ],
    answers: [
      {
        player_id: 'p1',
        player_name: 'Ann',
        answer: 'Gin',
        correct: true,
        overridden: false,
        credit: 'full',
        answer_group: 'gin',
      },
      {
        player_id: 'p2',
        player_name: 'Bea',
        answer: 'Gyn',
        correct: false,
        overridden: false,
        credit: 'none',
        answer_group: 'gyn',
      },
    ],
    ...more,
  };
}

export function roundReview(questions: ReviewQuestion[], released = false): RoundReview {
  return { round: 1, total_rounds: 2, questions, released, corrections_pending: false };
}

/** Lines of a log, given oldest first. */
export function log(...lines: [string, Record<string, string>?][]): HostState['log'] {
  return lines
    .map(([text_key, args], index) => ({ seq: index + 1, at: 0, text_key, args: args ?? {} }))
    .reverse();
}
