import { cleanup, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LiveConsole } from './console.svelte';
import { Keys } from './keys.svelte';
import KeyHelp from './KeyHelp.svelte';

let keys: Keys;

beforeEach(() => {
  localStorage.clear();
  // jsdom has no dialogs that open.
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
    this.open = true;
  };
  keys = new Keys();
  const live = { keys, helpOpen: true } as unknown as LiveConsole;
  render(KeyHelp, { live, shortcuts: [{ keys: keys.of('pause'), label: 'Pause', run: () => undefined }] });
});
afterEach(cleanup);

/** By its name. Asking for roles takes long among so many buttons. */
const button = (name: string) => {
  const named = [...document.querySelectorAll('button')].find(
    (one) => (one.getAttribute('aria-label') ?? one.textContent).trim() === name,
  );
  if (!named) throw new Error(`There is no button “${name}”.`);
  return named;
};
const press = async (on: HTMLElement, key: string, init: KeyboardEventInit = {}) => {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...init });
  on.dispatchEvent(event);
  await Promise.resolve();
  return event;
};
const said = () => screen.getByRole('status').textContent;

async function changing(what: string): Promise<HTMLElement> {
  if (!screen.queryByRole('status')) button('Change the keys').click();
  await Promise.resolve();
  const change = button(`Change the key: ${what}`);
  change.focus();
  change.click();
  await Promise.resolve();
  return change;
}

test('a key is changed by pressing it, and nobody else hears of the press', async () => {
  const change = await changing('Pause');
  expect(said()).toBe('Pause: press the new key. Escape keeps the old one.');
  expect((await press(change, 'Shift')).defaultPrevented).toBe(false);
  expect((await press(change, ' ', { ctrlKey: true })).defaultPrevented).toBe(false);
  expect((await press(change, 'X')).defaultPrevented).toBe(true);
  expect(said()).toBe('Pause is on X now.');
  expect(keys.of('pause')).toEqual(['x']);
  await press(change, 'y');
  expect(keys.of('pause')).toEqual(['x']);
});

test('a clash is refused in words, and the next press counts', async () => {
  const change = await changing('Pause');
  await press(change, 'u');
  expect(said()).toBe('U is taken by “Undo”. Press another key, or change that one first.');
  await press(change, 'F5');
  expect(said()).toContain('Only a letter, a digit or a sign will do.');
  await press(change, '7');
  expect(keys.of('pause')).toEqual(['7']);
});

test('Escape and going elsewhere keep the old key', async () => {
  const change = await changing('Pause');
  expect((await press(change, 'Escape')).defaultPrevented).toBe(true);
  await press(change, 'x');
  await changing('Pause');
  change.blur();
  await press(change, 'x');
  expect(keys.of('pause')).toEqual(['p']);
});

test('a key is taken away, and all come back', async () => {
  await changing('Pause');
  button('Off: Pause').click();
  await Promise.resolve();
  expect(said()).toBe('Pause has no key of its own now.');
  expect(button('Off: Pause').getAttribute('aria-disabled')).toBe('true');
  button('Back to the usual keys').click();
  expect(keys.of('pause')).toEqual(['p']);
});
