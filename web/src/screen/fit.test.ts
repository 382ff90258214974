import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fit, type Fit } from './fit';

/** An element of 1000 by 500 whose content is `height` tall at the full text size; in columns it makes pages. */
function box(height: number, text = ''): HTMLElement {
  const element = document.createElement('div');
  element.textContent = text;
  const tall = () => height * Number(element.style.getPropertyValue('--fit'));
  const isOver = () => element.dataset['over'] !== undefined;
  const size = (name: string, read: () => number) => Object.defineProperty(element, name, { get: read });
  size('clientWidth', () => 1_000);
  size('clientHeight', () => 500);
  size('scrollHeight', () => (isOver() ? 500 : tall()));
  size('scrollWidth', () => (isOver() ? Math.ceil(tall() / 500) * 1_000 : 1_000));
  return element;
}

function fitted(element: HTMLElement, options: Fit) {
  const stop = fit(options)(element);
  return { fit: element.dataset['fit'], over: element.dataset['over'] !== undefined, stop };
}

class Observer {
  observe() {}
  disconnect() {}
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('ResizeObserver', Observer);
  vi.stubGlobal('MutationObserver', Observer);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test.each([
  [100, '1.4', false],
  [500, '1', false],
  [600, '0.82', false],
  [660, '0.75', false],
  [700, '0.75', true],
  [5_000, '0.75', true],
])('content %i tall gets the share %s', (height, share, over) => {
  expect(fitted(box(height), { largest: 1.4, least: 0.75 })).toMatchObject({ fit: share, over });
});

test('what is too much takes turns on pages', () => {
  const told: string[] = [];
  const element = box(1_600, 'a'.repeat(600));
  const { stop } = fitted(element, { least: 0.75, onpage: (page, pages) => told.push(`${page}/${pages}`) });
  expect(told).toEqual(['1/3']);
  vi.advanceTimersByTime(3 * 8_000);
  expect(told).toEqual(['1/3', '2/3', '3/3', '1/3']);
  expect(element.scrollLeft).toBe(0);
  stop?.();
  vi.advanceTimersByTime(60_000);
  expect(told).toHaveLength(4);
});

test('pages go on to the left where lines run from right to left', () => {
  const element = box(1_600);
  element.style.direction = 'rtl';
  fitted(element, { least: 0.75 });
  vi.advanceTimersByTime(8_000);
  expect(element.scrollLeft).toBe(-1_000);
});

test('a long page stays longer', () => {
  const told: number[] = [];
  fitted(box(1_000, 'a'.repeat(1_000)), { least: 0.75, onpage: (page) => told.push(page) });
  vi.advanceTimersByTime(19_900);
  expect(told).toEqual([1]);
  vi.advanceTimersByTime(100);
  expect(told).toEqual([1, 2]);
});
