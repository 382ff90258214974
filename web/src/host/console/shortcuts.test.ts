import { expect, test, vi } from 'vitest';
import type { LiveConsole } from './console.svelte';
import { hostState } from './fixtures';
import { Keys } from './keys.svelte';
import { isHeldPress, shortcutFor, shortcutsOf, type Shortcut } from './shortcuts';
import { toggleBreak, type Step } from './steps';

const next: Shortcut = { keys: [' ', 'pagedown'], label: '', run: () => undefined };
const blank: Shortcut = { keys: ['b', '.'], label: '', run: () => undefined };

function press(key: string, on = '<main></main>', init: KeyboardEventInit = {}): Shortcut | undefined {
  document.body.innerHTML = on;
  const target = document.body.querySelector('.target') ?? document.body.firstElementChild;
  let found: Shortcut | undefined;
  const listen = (event: KeyboardEvent) => (found = shortcutFor(event, [next, blank]));
  document.addEventListener('keydown', listen, { once: true });
  target?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, ...init }));
  return found;
}

test('a key finds its act, in either case', () => {
  expect(press('b')).toBe(blank);
  expect(press('B')).toBe(blank);
  expect(press('PageDown')).toBe(next);
  expect(press('x')).toBeUndefined();
});

test('nothing happens while typing or in a dialog', () => {
  expect(press('b', '<input>')).toBeUndefined();
  expect(press('b', '<textarea></textarea>')).toBeUndefined();
  expect(press('b', '<dialog open><p class="target"></p></dialog>')).toBeUndefined();
});

test('a box to tick takes nothing but space', () => {
  expect(press('b', '<input type="checkbox">')).toBe(blank);
  expect(press(' ', '<input type="checkbox">')).toBeUndefined();
});

test('space on a button belongs to the button, a clicker key does not', () => {
  expect(press(' ', '<button></button>')).toBeUndefined();
  expect(press('PageDown', '<button></button>')).toBe(next);
});

test('a held key and a modifier do not count', () => {
  expect(press('b', undefined, { repeat: true })).toBeUndefined();
  expect(press('b', undefined, { ctrlKey: true })).toBeUndefined();
});

test('K begins a break or ends it, and is listed only while it does', () => {
  const take = vi.fn<(step: Step) => void>();
  const keys = new Keys();
  const keyOn = (more: Parameters<typeof hostState>[0]) => {
    const live = { breaking: toggleBreak(hostState(more)), take, keys } as unknown as LiveConsole;
    return shortcutsOf(live, { findPlayer: () => undefined }).find((found) => found.keys.includes('k'));
  };
  const begin = keyOn({});
  expect(begin?.label).toBe('Break of 15 minutes');
  begin?.run();
  expect(take.mock.lastCall?.[0].message.payload).toEqual({ view: 'break', minutes: 15 });
  expect(keyOn({ present: { view: 'break' } })?.label).toBe('Back to the quiz');
  expect(keyOn({ phase: 'ended' })).toBeUndefined();
  keys.drop('break');
  expect(keyOn({})).toBeUndefined();
});

test.each([
  ['Enter', true, '<button></button>', true],
  [' ', true, '<button></button>', true],
  ['Enter', false, '<button></button>', false],
  ['Tab', true, '<button></button>', false],
  ['Enter', true, '<input>', false],
])('%s held is %s on %s', (key, repeat, on, held) => {
  document.body.innerHTML = on;
  let found: boolean | undefined;
  const listen = (event: KeyboardEvent) => (found = isHeldPress(event));
  document.addEventListener('keydown', listen, { once: true });
  document.body.firstElementChild?.dispatchEvent(
    new KeyboardEvent('keydown', { key, repeat, bubbles: true }),
  );
  expect(found).toBe(held);
});
