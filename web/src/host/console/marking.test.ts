import { expect, test } from 'vitest';
import { reviewQuestion, roundReview } from './fixtures';
import { groupKey, markedGroups, undecidedIn, type Passed } from './marking';

const place = () => 1;
const nobody = new Map<string, Passed>();

function challenged(credit: 'full' | 'none', by: 'auto' | 'host') {
  const question = reviewQuestion('q1');
  const groups = question.groups.map((group) => ({ ...group, credit, by, suggested: 'Gin' }));
  const answers = question.answers.map((answer) => ({ ...answer, challenged: answer.player_id === 'p2' }));
  return roundReview([reviewQuestion('q1', { groups, answers })]);
}

test('answers that are nearly right wait for a decision', () => {
  const waiting = undecidedIn(roundReview([reviewQuestion('q1')]), place, nobody);
  expect(waiting.map((item) => item.group.text)).toEqual(['Gyn']);
});

test('where the nearest number wins, what is no number waits for a decision', () => {
  const groups = reviewQuestion('q1').groups.map(({ suggested: _, ...group }, index) => ({
    ...group,
    credit: 'none' as const,
    ...(index === 0 && { distance: '5' }),
  }));
  const review = roundReview([reviewQuestion('q1', { groups, nearest: true })]);
  expect(undecidedIn(review, place, nobody).map((item) => item.group.text)).toEqual(['Gyn']);
});

test('a decided answer waits no more', () => {
  const question = reviewQuestion('q1');
  const groups = question.groups.map((group) => ({ ...group, by: 'host' as const }));
  expect(undecidedIn(roundReview([reviewQuestion('q1', { groups })]), place, nobody)).toEqual([]);
});

test('a skipped answer goes to the end', () => {
  const review = roundReview([reviewQuestion('q1'), reviewQuestion('q2')]);
  const [first] = undecidedIn(review, place, nobody);
  expect(first?.question.question_id).toBe('q1');
  const passed = new Map([[first?.key ?? '', { times: 1, challengers: 0 }]]);
  expect(undecidedIn(review, place, passed).map((item) => item.question.question_id)).toEqual(['q2', 'q1']);
});

test('a challenge asks again, until it was looked at here', () => {
  const [item] = undecidedIn(challenged('none', 'host'), place, nobody);
  expect(item?.challengers).toEqual(['Bea']);
  const passed = new Map([[item?.key ?? '', { times: 1, challengers: 1 }]]);
  expect(undecidedIn(challenged('none', 'host'), place, passed)).toEqual([]);
});

test('a challenge of what was decided here before asks again', () => {
  const [item] = undecidedIn(challenged('none', 'host'), place, nobody);
  const passed = new Map([[item?.key ?? '', { times: 2, challengers: 0 }]]);
  expect(undecidedIn(challenged('none', 'host'), place, passed)[0]?.challengers).toEqual(['Bea']);
});

test('a challenge of an answer that is right is settled', () => {
  expect(undecidedIn(challenged('full', 'host'), place, nobody)).toEqual([]);
});

test('what is marked is grouped by its mark, without what waits', () => {
  const question = reviewQuestion('q1');
  const waiting = undecidedIn(roundReview([question]), place, nobody);
  expect(markedGroups(question, waiting).map(({ credit }) => credit)).toEqual(['full']);
  expect(markedGroups(question, []).map(({ credit }) => credit)).toEqual(['full', 'none']);
});

test('equal answers to different questions are told apart', () => {
  const [group] = reviewQuestion('q1').groups;
  if (!group) throw new Error('the fixture has groups');
  expect(groupKey(reviewQuestion('q1'), group)).not.toBe(groupKey(reviewQuestion('q2'), group));
});
