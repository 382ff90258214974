import { beforeEach, expect, test } from 'vitest';
import { acts, Keys } from './keys.svelte';

beforeEach(() => localStorage.clear());

test('the usual keys are there, those of a clicker among them', () => {
  const keys = new Keys();
  expect(keys.of('next')).toEqual([' ', 'pagedown', 'arrowright']);
  expect(keys.of('back')).toEqual(['pageup', 'arrowleft']);
  expect(keys.of('blank')).toEqual(['b', '.']);
  expect([keys.printed('next'), keys.printed('pause'), keys.printed('back')]).toEqual([
    'Space',
    'P',
    undefined,
  ]);
  expect(keys.told('next')).toBe('Space PageDown ArrowRight');
  expect(keys.areUsual).toBe(true);
});

test('no two acts that are there together have the same usual key', () => {
  const keys = new Keys();
  for (const act of acts) {
    for (const key of keys.of(act).filter((key) => key.length === 1)) {
      expect(keys.bind(act, key), `${act} on ${key}`).toBeUndefined();
    }
  }
});

test('an act takes another key, in either case, and this browser remembers', () => {
  expect(new Keys().bind('pause', 'X')).toBeUndefined();
  const keys = new Keys();
  expect(keys.of('pause')).toEqual(['x']);
  expect([keys.printed('pause'), keys.told('pause'), keys.areUsual]).toEqual(['X', 'X', false]);
  expect(keys.bind('undo', 'p')).toBeUndefined();
});

test.each(['u', 'U', '.', ' '])('a key that another act has is refused: %j', (key) => {
  const keys = new Keys();
  expect(keys.bind('pause', key)).toHaveProperty('taken');
  expect(keys.of('pause')).toEqual(['p']);
});

test('acts that are never there together may share a key', () => {
  const keys = new Keys();
  expect(keys.bind('notes', 'y')).toBeUndefined();
  expect(keys.bind('wrong', 'u')).toEqual({ taken: 'undo' });
});

test.each(['Enter', 'F5', 'ArrowDown', 'Dead', 'Process', 'ab'])('%s is no key for an act', (key) => {
  expect(new Keys().bind('pause', key)).toBe('unusable');
});

test('an act can do without a key; what a clicker sends stays unless it is typed', () => {
  const keys = new Keys();
  for (const act of acts) keys.drop(act);
  expect(acts.filter((act) => keys.of(act).length > 0)).toEqual(['next', 'back']);
  expect(keys.of('next')).toEqual(['pagedown', 'arrowright']);
  expect([keys.printed('blank'), keys.told('blank')]).toEqual([undefined, undefined]);
  expect(new Keys().isBound('pause')).toBe(false);
});

test('the usual keys come back', () => {
  const keys = new Keys();
  keys.bind('pause', 'x');
  keys.drop('undo');
  keys.reset();
  expect([keys.areUsual, new Keys().areUsual]).toEqual([true, true]);
});

test('buttons print nothing while keys are off', () => {
  const keys = new Keys();
  keys.use(false);
  expect([keys.printed('pause'), keys.told('pause'), new Keys().on]).toEqual([undefined, undefined, false]);
});

test.each([
  ['a key that an act had before it was given away', { undo: 'p' }, 'pause', []],
  ['two acts on one key', { pause: 'x', undo: 'x' }, 'undo', []],
  ['a key that is none', { pause: 'F5' }, 'pause', []],
  ['an act that is gone', { juggle: 'x' }, 'pause', ['p']],
  ['something else', ['x'], 'pause', ['p']],
] as const)('what is remembered may hold %s', (_, remembered, act, expected) => {
  localStorage.setItem('quibble.console.keys-changed', JSON.stringify(remembered));
  expect(new Keys().of(act)).toEqual(expected);
});
