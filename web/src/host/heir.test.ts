import { afterEach, expect, test } from 'vitest';
import { leavesFocusTo } from './heir';

let gone: HTMLElement;
let heir: HTMLElement;

/** A button that is about to go, and what it leaves behind. */
function scene(): () => void {
  document.body.innerHTML = '<p><button>gone</button></p><button>heir</button><button>other</button>';
  gone = document.querySelector('p') as HTMLElement;
  heir = document.body.children[1] as HTMLElement;
  const teardown = leavesFocusTo(() => heir)(gone);
  return () => {
    gone.remove();
    teardown?.();
  };
}

afterEach(() => (document.body.innerHTML = ''));

test('the focus of what goes is handed on', () => {
  const goes = scene();
  gone.querySelector('button')?.focus();
  goes();
  expect(document.activeElement).toBe(heir);
});

test('a focus that is elsewhere stays there', () => {
  const goes = scene();
  gone.querySelector('button')?.focus();
  (document.body.lastElementChild as HTMLElement).focus();
  goes();
  expect(document.activeElement?.textContent).toBe('other');
});

test('nothing is focused where nothing was', () => {
  scene()();
  expect(document.activeElement).toBe(document.body);
});
