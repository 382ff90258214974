import { flushSync } from 'svelte';
import { SvelteSet } from 'svelte/reactivity';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { inParts } from './in-parts.svelte';

let leave = () => {};
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  leave();
  vi.useRealTimers();
});

function opened(items: SvelteSet<number>) {
  let list: ReturnType<typeof inParts<number>> | undefined;
  leave = $effect.root(() => {
    list = inParts(() => [...items], 2);
  });
  flushSync();
  if (!list) throw new Error('no list');
  return list;
}

function frame() {
  vi.advanceTimersToNextFrame();
  vi.advanceTimersByTime(1);
  flushSync();
}

test('a list comes part by part, and then as it is', () => {
  const items = new SvelteSet([1, 2, 3, 4, 5]);
  const list = opened(items);
  expect([list.shown, list.complete]).toEqual([[1, 2], false]);
  frame();
  expect([list.shown, list.complete]).toEqual([[1, 2, 3, 4], false]);
  frame();
  expect([list.shown, list.complete]).toEqual([[1, 2, 3, 4, 5], true]);
  for (const more of [6, 7, 8, 9]) items.add(more);
  flushSync();
  expect(list.shown).toHaveLength(9);
});

test('a list that is filled by hand never waits', () => {
  const items = new SvelteSet<number>();
  const list = opened(items);
  expect(list.complete).toBe(false);
  for (const item of [1, 2, 3]) {
    items.add(item);
    flushSync();
  }
  expect([list.shown, list.complete]).toEqual([[1, 2, 3], true]);
});

test('a page that is left asks for no more frames', () => {
  const list = opened(new SvelteSet([1, 2, 3]));
  leave();
  expect(vi.getTimerCount()).toBe(0);
  expect(list.shown).toEqual([1, 2]);
});
