import { describe, expect, test } from 'vitest';
import type { HostState } from '../../shared/protocol';
import { fold as foldScreen } from '../../screen/reducer';
import { consoleData, hostState, log, reviewQuestion, roundReview } from './fixtures';
import {
  answerStep,
  backStep,
  breakSteps,
  correctStep,
  earlySteps,
  primaryStep,
  toggleBreak,
  toggleFromLast,
  toggleView,
  undoStep,
} from './steps';

const out = (state: 'open' | 'closed', answered = 0): HostState['questions'] => [
  { id: 'q1', state, answered },
  { id: 'q2', state, answered },
];

function released(id: string) {
  const question = { id, type: 'text' as const, prompt: '?', points: 1 };
  const payload = { pos_in_round: 1, total_in_round: 2, round: 1, total_rounds: 2, question };
  return foldScreen(consoleData(hostState()).screen, { type: 'question_released', payload }, 0);
}

describe('the next step', () => {
  test.each<[string, Partial<HostState>, string | undefined, string | undefined]>([
    ['in the lobby', { phase: 'lobby' }, 'Start the game', 'start_game'],
    ['with a question to come', {}, 'Release question 2', 'release_question'],
    ['after the last question', { questions: out('open') }, 'End round 1', 'end_round'],
    ['in review', { phase: 'round_review' }, 'Show scores', 'release_scores'],
    ['with scores out', { phase: 'leaderboard' }, 'Start round 2', 'start_next_round'],
    ['after the last round', { phase: 'leaderboard', round: 2 }, 'End the game', 'end_game'],
    ['at the end', { phase: 'ended' }, undefined, undefined],
  ])('%s', (_, state, label, type) => {
    const step = primaryStep(consoleData(hostState(state)), 0);
    expect(step?.label).toBe(label);
    expect(step?.message.type).toBe(type);
  });

  test('names the question, so that a second console cannot release another one', () => {
    const step = primaryStep(consoleData(hostState()), 0);
    expect(step?.message.payload).toEqual({ question_id: 'q2' });
  });

  test('is all that is left of the round where rounds come out whole', () => {
    const options = { ...hostState().options, release_all: true };
    const step = primaryStep(consoleData(hostState({ options })), 0);
    expect(step?.message).toEqual({ type: 'release_question', payload: { all: true } });
  });

  test('says how much is undecided', () => {
    const step = primaryStep(consoleData(hostState({ phase: 'round_review' })), 3);
    expect(step?.label).toBe('Show scores (3 undecided)');
  });

  test('leaves the way to end early', () => {
    expect(earlySteps(hostState()).map((step) => step.message.type)).toEqual(['end_round', 'end_game']);
    expect(earlySteps(hostState({ phase: 'round_review' })).map((step) => step.message.type)).toContain(
      'reopen_round',
    );
    expect(earlySteps(hostState({ phase: 'ended' }))).toEqual([]);
  });

  test('asks before it ends the game in the middle', () => {
    const asked = earlySteps(hostState()).filter((step) => step.asks !== undefined);
    expect(asked.map((step) => step.message.type)).toEqual(['end_game']);
  });
});

describe('one step back', () => {
  test('takes back the question that came out last', () => {
    const data = consoleData(hostState(), { screen: released('q1') });
    expect(backStep(data)?.message).toEqual({ type: 'unrelease_question', payload: { question_id: 'q1' } });
  });

  test('leaves a question that somebody answered', () => {
    const host = hostState({ questions: out('open', 1) });
    expect(backStep(consoleData(host, { screen: released('q1') }))).toBeUndefined();
  });

  test('ends what is presented first', () => {
    const host = hostState({ present: { view: 'blank' } });
    expect(backStep(consoleData(host))?.message.payload).toEqual({ view: 'auto' });
  });
});

describe('a break', () => {
  const during = hostState({ phase: 'leaderboard', present: { view: 'break', until: 1_000 } });

  test('is of some minutes, or without a time', () => {
    expect(breakSteps(hostState()).map((step) => step.message.payload)).toEqual([
      { view: 'break', minutes: 10 },
      { view: 'break', minutes: 15 },
      { view: 'break', minutes: 20 },
      { view: 'break', minutes: 30 },
      { view: 'break' },
    ]);
    expect(breakSteps(during)).toHaveLength(5);
  });

  test('begins and ends by the same key', () => {
    expect(toggleBreak(hostState())?.message.payload).toEqual({ view: 'break', minutes: 15 });
    expect(toggleBreak(during)).toMatchObject({
      label: 'Back to the quiz',
      message: { payload: { view: 'auto' } },
    });
  });

  test('leaves the next step, and going back ends it', () => {
    expect(primaryStep(consoleData(during), 0)?.message.type).toBe('start_next_round');
    expect(backStep(consoleData(during))?.message.payload).toEqual({ view: 'auto' });
  });

  test('is over with the game', () => {
    expect(breakSteps(hostState({ phase: 'ended' }))).toEqual([]);
    expect(toggleBreak(hostState({ phase: 'ended' }))).toBeUndefined();
  });
});

describe('showing answers', () => {
  const reviews = { 1: roundReview([reviewQuestion('q1'), reviewQuestion('q2')], true) };
  const at = (present: HostState['present']) =>
    consoleData(hostState({ phase: 'leaderboard', present }), { reviews });

  test('goes from the first to the last and back to the game', () => {
    expect(answerStep(at({ view: 'auto' }))?.message.payload).toEqual({ view: 'answer', question_id: 'q1' });
    expect(answerStep(at({ view: 'answer', question_id: 'q1' }))?.message.payload).toMatchObject({
      question_id: 'q2',
    });
    expect(answerStep(at({ view: 'answer', question_id: 'q2' }))?.message.payload).toEqual({ view: 'auto' });
  });

  test('goes backwards too', () => {
    const back = backStep(at({ view: 'answer', question_id: 'q2' }));
    expect(back?.message.payload).toEqual({ view: 'answer', question_id: 'q1' });
    expect(backStep(at({ view: 'answer', question_id: 'q1' }))?.message.payload).toEqual({ view: 'auto' });
  });

  test('may begin with the last one', () => {
    const last = { view: 'answer', question_id: 'q2' } as const;
    expect(correctStep(at({ view: 'auto' }))?.message.payload).toEqual(last);
    expect(correctStep(at({ view: 'answer', question_id: 'q1' }))?.message.payload).toEqual(last);
    expect(correctStep(at(last))?.message.payload).toEqual({ view: 'auto' });
    expect(correctStep(consoleData(hostState()))).toBeUndefined();
  });

  test('waits for the scores', () => {
    const hidden = { 1: roundReview([reviewQuestion('q1')]) };
    expect(
      answerStep(consoleData(hostState({ phase: 'round_review' }), { reviews: hidden })),
    ).toBeUndefined();
  });
});

test('the standings are shown at once, or from the last to the first', () => {
  const at = (present: HostState['present']) => hostState({ phase: 'leaderboard', present });
  const payloads = (present: HostState['present']) => [
    toggleView(at(present), 'board', '').message.payload,
    toggleFromLast(at(present)).message.payload,
  ];
  const plain = { view: 'board' };
  const fromLast = { view: 'board', from_last: true };
  expect(payloads({ view: 'auto' })).toEqual([plain, fromLast]);
  expect(payloads({ view: 'board' })).toEqual([{ view: 'auto' }, fromLast]);
  expect(payloads({ view: 'board', from_last: true })).toEqual([plain, { view: 'auto' }]);
});

describe('undo', () => {
  const undone = (state: Partial<HostState>, more = {}) =>
    undoStep(consoleData(hostState(state), more))?.message;
  const removed: HostState['players'] = [
    { id: 'p1', display_name: 'Ann', state: 'removed', online: 0, answered: [], joined_in_round: 1 },
  ];

  const ann = { player: 'Ann', player_id: 'p1' };

  test('brings back a removed player, once', () => {
    const lines = log(['round_started'], ['player_removed', ann]);
    expect(undone({ players: removed, log: lines })).toEqual({
      type: 'restore_player',
      payload: { player_id: 'p1' },
    });
    expect(undone({ log: lines })).toBeUndefined();
  });

  test('passes over what players did', () => {
    const lines = log(
      ['round_started'],
      ['player_removed', ann],
      ['player_joined', { player: 'Cy', player_id: 'p3' }],
    );
    expect(undone({ players: removed, log: lines })?.type).toBe('restore_player');
  });

  test('never reaches past an act that stays', () => {
    const lines = log(
      ['lobby_locked'],
      ['round_started'],
      ['question_released', { question: '1', question_id: 'q1' }],
    );
    const answered: HostState['questions'] = [{ id: 'q1', state: 'open', answered: 1 }];
    expect(undone({ locked: true, questions: answered, log: lines })).toBeUndefined();
    const unanswered: HostState['questions'] = [{ id: 'q1', state: 'open', answered: 0 }];
    expect(undone({ locked: true, questions: unanswered, log: lines })?.type).toBe('unrelease_question');
  });

  test('reopens a round that just ended', () => {
    const lines = log(['round_started'], ['round_ended', { round: '1' }]);
    expect(undone({ phase: 'round_review', log: lines })?.type).toBe('reopen_round');
    expect(
      undone({ phase: 'leaderboard', log: [...log(['scores_released', { round: '1' }]), ...lines] }),
    ).toBeUndefined();
  });

  test('gives a name back, and does not swing to and fro', () => {
    const once = log(['player_renamed', { player_id: 'p1', player: 'Rude', name: 'Ann' }]);
    expect(undone({ log: once })).toEqual({
      type: 'rename_player',
      payload: { player_id: 'p1', display_name: 'Rude' },
    });
    const twice = log(
      ['player_renamed', { player_id: 'p1', player: 'Ann', name: 'Rude' }],
      ['player_renamed', { player_id: 'p1', player: 'Rude', name: 'Ann' }],
    );
    expect(undone({ log: twice })).toBeUndefined();
  });

  test('gives an option back what it was, and does not swing to and fro', () => {
    const options = { ...hostState().options, secret_board: true, sound: 40 };
    const set = ['options_set', { secret_board: 'true', was_secret_board: 'false' }] as [
      string,
      Record<string, string>,
    ];
    const lines = log(set, ['options_set', { sound: '40', was_sound: '0', calm: 'true', was_calm: 'false' }]);
    expect(undone({ options, log: lines })).toEqual({ type: 'set_options', payload: { sound: 0 } });
    const hushed = { ...options, sound: 0 };
    const back = [...log(['options_set', { sound: '0', was_sound: '40' }]), ...lines].map(
      (line, index, all) => ({
        ...line,
        seq: all.length - index,
      }),
    );
    expect(undone({ options: hushed, log: back })?.payload).toEqual({ secret_board: false });
  });

  test('shows a hidden name again, once', () => {
    const lines = log(['name_hidden', { ...ann, name: 'Team 1' }]);
    const player = { ...hostState().players[0], display_name: 'Team 1' } as HostState['players'][number];
    expect(undone({ players: [{ ...player, own_name: 'Ann' }], log: lines })).toEqual({
      type: 'show_name',
      payload: { player_id: 'p1' },
    });
    expect(undone({ players: [player], log: lines })).toBeUndefined();
  });

  test('takes points back, also where that corrected the board', () => {
    const adjustment = { id: 7, player_id: 'p1', round: 1, points: -5, reason: 'Phone' };
    const lines = (at: number): HostState['log'] => [
      { seq: 8, at, text_key: 'scores_corrected', args: { reason: 'Phone' } },
      { seq: 7, at: 0, text_key: 'score_adjusted', args: { ...ann, points: '-5', reason: 'Phone' } },
    ];
    const phase = 'leaderboard' as const;
    expect(undone({ phase, adjustments: [adjustment], log: lines(0) })).toEqual({
      type: 'undo_adjustment',
      payload: { adjustment: 7, reason: 'Taken back: Phone' },
    });
    expect(undone({ phase, adjustments: [adjustment], log: lines(1) })).toBeUndefined();
    expect(undone({ phase, adjustments: [], log: lines(0) })).toBeUndefined();
  });

  test('takes back a mark, of a group or of one player', () => {
    const groups = reviewQuestion('q1').groups.map((group) => ({ ...group, by: 'host' as const }));
    const byGroup = { reviews: { 1: roundReview([reviewQuestion('q1', { groups })]) } };
    const group = log([
      'judged_full',
      { question: '1', question_id: 'q1', answer: 'Gyn', answer_group: 'gyn' },
    ]);
    expect(undone({ phase: 'round_review', log: group }, byGroup)?.payload).toEqual({
      question_id: 'q1',
      answer_group: 'gyn',
      credit: 'auto',
    });
    const answers = reviewQuestion('q1').answers.map((answer) => ({ ...answer, overridden: true }));
    const byPlayer = { reviews: { 1: roundReview([reviewQuestion('q1', { answers })]) } };
    const player = log(['judged_half', { question: '1', question_id: 'q1', answer: 'Bea', player_id: 'p2' }]);
    expect(undone({ phase: 'round_review', log: player }, byPlayer)?.payload).toEqual({
      question_id: 'q1',
      player_id: 'p2',
      credit: 'auto',
    });
  });
});
