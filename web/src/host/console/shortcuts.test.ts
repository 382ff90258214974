import { expect, test } from 'vitest';
import { shortcutFor, type Shortcut } from './shortcuts';

const next: Shortcut = { keys: [' ', 'pagedown'], shown: [], label: '', run: () => undefined };
const blank: Shortcut = { keys: ['b', '.'], shown: [], label: '', run: () => undefined };

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

test('space on a button belongs to the button, a clicker key does not', () => {
  expect(press(' ', '<button></button>')).toBeUndefined();
  expect(press('PageDown', '<button></button>')).toBe(next);
});

test('a held key and a modifier do not count', () => {
  expect(press('b', undefined, { repeat: true })).toBeUndefined();
  expect(press('b', undefined, { ctrlKey: true })).toBeUndefined();
});
