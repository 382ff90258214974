import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { keepInSight } from './device';

/** What is seen of a page of 800 pixels. */
class Seen extends EventTarget {
  height = 800;
  scale = 1;

  become(values: { height?: number; scale?: number }) {
    Object.assign(this, values);
    this.dispatchEvent(new Event('resize'));
  }
}

let seen: Seen;
let scrolled: string[];

beforeEach(() => {
  seen = new Seen();
  scrolled = [];
  vi.stubGlobal('visualViewport', seen);
  vi.stubGlobal('innerHeight', 800);
  Element.prototype.scrollIntoView = function (this: Element) {
    scrolled.push(this.id);
  };
  document.body.innerHTML = `<section><input id="field"><button class="primary" id="send"></button></section>
    <input id="alone">`;
  keepInSight();
});

afterEach(() => vi.unstubAllGlobals());

const covered = () => document.documentElement.style.getPropertyValue('--keyboard');

test('a keyboard over the page leaves the field and its button in sight', () => {
  document.getElementById('field')?.focus();
  seen.become({ height: 460 });
  expect(covered()).toBe('340px');
  expect(scrolled).toEqual(['send', 'field']);
  seen.become({ height: 800 });
  expect(covered()).toBe('0px');
});

test('nothing moves for an option that was tapped, or for less than a keyboard', () => {
  document.body.insertAdjacentHTML('beforeend', '<input type="radio" id="option">');
  document.getElementById('option')?.focus();
  seen.become({ height: 460 });
  seen.become({ height: 800 });
  document.getElementById('field')?.focus();
  seen.become({ height: 740 });
  seen.become({ height: 800 });
  expect(scrolled).toEqual([]);
});

test('a field without a button is kept in sight, too', () => {
  document.getElementById('alone')?.focus();
  seen.become({ height: 460 });
  expect(scrolled).toEqual(['alone']);
});

test('nothing moves while no field is in use, or for a page that is zoomed into', () => {
  seen.become({ height: 460 });
  seen.become({ height: 400, scale: 2 });
  expect(covered()).toBe('0px');
  expect(scrolled).toEqual([]);
});
