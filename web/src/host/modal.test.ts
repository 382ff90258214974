import { afterEach, beforeEach, expect, test } from 'vitest';
import { modal } from './modal';

let dialog: HTMLDialogElement;
const show = HTMLDialogElement.prototype.showModal;

beforeEach(() => {
  document.body.innerHTML =
    '<h1 tabindex="-1">Page</h1><button>Open</button><dialog><button>In</button></dialog>';
  dialog = document.querySelector('dialog') as HTMLDialogElement;
  HTMLDialogElement.prototype.showModal = function () {
    this.querySelector('button')?.focus();
  };
});
afterEach(() => {
  HTMLDialogElement.prototype.showModal = show;
});

/** Opens the dialog from the page's button, and takes it off the page as Svelte does. */
function openAndLeave(before: () => void = () => undefined) {
  document.querySelector('button')?.focus();
  const leave = modal(dialog);
  expect(dialog.contains(document.activeElement)).toBe(true);
  before();
  dialog.remove();
  leave();
  return document.activeElement?.tagName;
}

test('what opened a dialog has the focus again when it is gone', () => {
  expect(openAndLeave()).toBe('BUTTON');
});

test('the page’s heading has it when that is gone, too', () => {
  expect(openAndLeave(() => document.querySelector('button')?.remove())).toBe('H1');
});
