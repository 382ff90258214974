import { expect, test } from 'vitest';
import type { Frame, ScreenModel, View } from '../model';
import type { ShownQuestion } from '../reducer';
import { Ear } from './ear';

const question = (id: string, more: Partial<ShownQuestion> = {}) =>
  ({ question: { id }, ...more }) as ShownQuestion;
const asks = (latest: ShownQuestion, ...earlier: ShownQuestion[]): View => ({
  kind: 'question',
  latest,
  earlier,
});
const answers = (question_id: string) => ({ kind: 'answer', answer: { question_id } }) as View;
const podium = { kind: 'podium' } as View;
const blank: View = { kind: 'blank' };

function heard(...views: (View | [View, number])[]) {
  const ear = new Ear();
  return views.map((entry) => {
    const [view, now] = Array.isArray(entry) ? entry : [entry, 0];
    return ear.hear({ frame: {} as Frame, view } as ScreenModel, now);
  });
}

test('what is there at first is not news', () => {
  expect(heard(asks(question('1')), asks(question('1')))).toEqual([undefined, undefined]);
  expect(heard(podium)).toEqual([undefined]);
  expect(heard([asks(question('1', { closed: true, closes_at: 5 })), 6], blank)).toEqual([
    undefined,
    undefined,
  ]);
});

test('a question is tapped out once, though the screen is blank in between', () => {
  expect(heard({ kind: 'round' }, asks(question('1')), blank, asks(question('1')))).toEqual([
    undefined,
    'tap',
    undefined,
    undefined,
  ]);
  expect(heard(asks(question('1')), asks(question('2'), question('1')))).toEqual([undefined, 'tap']);
});

test('the bell rings when time is up, not when the host closes a question, and not late', () => {
  const open = question('1', { closes_at: 1_000 });
  const closed = question('1', { closes_at: 1_000, closed: true });
  expect(heard(asks(open), [asks(closed), 999], [asks(closed), 1_000], [asks(closed), 1_500])).toEqual([
    undefined,
    undefined,
    'bell',
    undefined,
  ]);
  expect(heard(asks(open), [asks(closed), 6_000])).toEqual([undefined, undefined]);
  expect(heard(asks(open), asks(question('1', { closed: true })))).toEqual([undefined, undefined]);
});

test('every reveal swells, also the same one again', () => {
  expect(heard(blank, answers('1'), answers('1'), answers('2'), blank, answers('2'))).toEqual([
    undefined,
    'swell',
    undefined,
    'swell',
    undefined,
    'swell',
  ]);
});

test('the podium is cheered once', () => {
  expect(heard(blank, podium, answers('1'), podium)).toEqual([undefined, 'cheer', 'swell', undefined]);
});
