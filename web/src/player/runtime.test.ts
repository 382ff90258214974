import { cleanup, render } from '@testing-library/svelte';
import { flushSync } from 'svelte';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bench, type Item } from './testing/bench.svelte';
import BenchPage from './testing/Bench.svelte';

// What the page counts on of the part of Svelte's runtime that vite/lean-svelte/ has a version of its own of.

let bench: Bench;
let container: HTMLElement;

beforeEach(() => {
  bench = new Bench();
  container = render(BenchPage, { bench }).container as HTMLElement;
  bench.said = [];
});
afterEach(cleanup);

const item = (id: string, text = id): Item => ({ id, text });
const lines = () => [...container.querySelectorAll('li')].map((line) => line.textContent);
const element = (id: string) => container.querySelector<HTMLElement>(`#${id}`);

function expected(items: readonly Item[]): string[] {
  const rows = items.flatMap(({ text }, index) => [`${index}:${text}`, ...(text.length > 1 ? ['long'] : [])]);
  return [...rows, 'end'];
}

describe('a list', () => {
  it('shows any order after any other, and keeps the elements of the items that stay', () => {
    let seed = 7;
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let round = 0; round < 300; round++) {
      const ids = [...'abcdefgh'].filter(() => random(3) > 0);
      for (let i = ids.length - 1; i > 0; i--) {
        const j = random(i + 1);
        [ids[i], ids[j]] = [ids[j] as string, ids[i] as string];
      }
      const items = ids.map((id) => item(id, id.repeat(1 + random(2))));
      const before = new Map(bench.items.map(({ id }) => [id, element(id)]));
      flushSync(() => (bench.items = items));
      expect(lines()).toEqual(expected(items));
      expect(container.querySelector('p')?.textContent).toBe(items.map(({ text }) => text).join(''));
      for (const id of ids) if (before.has(id)) expect(element(id)).toBe(before.get(id));
    }
  });

  it('does not touch those beside whom another comes or goes', () => {
    flushSync(() => (bench.items = [item('a'), item('b'), item('c')]));
    const observer = new MutationObserver(() => undefined);
    observer.observe(container.querySelector('ul') as HTMLElement, { childList: true });
    const names = new Map(['a', 'b', 'c'].map((id) => [element(id) as Node, id]));
    flushSync(() => (bench.items = [item('a'), item('x'), item('b'), item('c')]));
    flushSync(() => (bench.items = [item('a'), item('x'), item('c')]));
    const touched = observer
      .takeRecords()
      .flatMap((record) => [...record.addedNodes, ...record.removedNodes]);
    expect(touched.map((node) => names.get(node)).filter(Boolean)).toEqual(['b']);
  });

  it('refuses two items of one key', () => {
    expect(() => flushSync(() => (bench.items = [item('a'), item('a')]))).toThrow(/each_key_duplicate/);
  });
});

describe('effects', () => {
  it('run after the change is on the page, in the next microtask', async () => {
    bench.reactions['page 1'] = () => bench.log(container.querySelector('button')?.textContent?.trim() ?? '');
    bench.add();
    expect(bench.said).toEqual([]);
    await Promise.resolve();
    expect(bench.said).toEqual(['page 1', '2']);
  });

  it('of a part run before those of the page at first, and end with it', () => {
    flushSync(() => (bench.part = { name: 'one' }));
    expect(bench.said).toEqual(['part one 0', 'inner 0']);
    bench.said = [];
    flushSync(() => (bench.inner = 1));
    expect(bench.said).toEqual(['inner ends', 'inner 1']);
    bench.said = [];
    flushSync(() => (bench.part = undefined));
    expect(bench.said.sort()).toEqual(['inner ends', 'part ends']);
    bench.said = [];
    flushSync(() => (bench.inner = 2));
    expect(bench.said).toEqual([]);
  });

  it('do not run for a part that an effect before them took away', () => {
    flushSync(() => (bench.part = { name: 'one' }));
    bench.said = [];
    // The part would read the name of nothing.
    bench.reactions['page 1'] = () => (bench.part = undefined);
    bench.reactions['part one 1'] = () => (bench.part = undefined);
    flushSync(() => bench.add());
    expect(bench.said.filter((line) => line.startsWith('part one'))).toHaveLength(1);
    expect(bench.said).toContain('page 1');
    expect(bench.said).toContain('part ends');
  });

  it('that change what they depend on run again until nothing changes', () => {
    bench.reactions['page 1'] = () => bench.add();
    bench.reactions['page 2'] = () => bench.add();
    flushSync(() => bench.add());
    expect(bench.said).toEqual(['page 1', 'page 2', 'page 3']);
    expect(container.querySelector('button')?.textContent?.trim()).toBe('6');
  });

  it('that never end are stopped', () => {
    bench.log = () => void (bench.count += 1);
    expect(() => flushSync(() => bench.add())).toThrow(/effect_update_depth_exceeded/);
  });

  it('that fail leave the others and the next change alone', () => {
    flushSync(() => (bench.part = { name: 'one' }));
    bench.said = [];
    bench.reactions['page 1'] = () => {
      throw new Error('page');
    };
    expect(() => flushSync(() => bench.add())).toThrow('page');
    flushSync();
    expect(bench.said).toContain('part one 1');
    flushSync(() => bench.add());
    expect(bench.said).toContain('page 2');
    expect(container.querySelector('button')?.textContent?.trim()).toBe('4');
  });
});

it('puts on the classes that hold', () => {
  const button = container.querySelector('button') as HTMLElement;
  expect([...button.classList]).toEqual(['button', 'off']);
  flushSync(() => bench.add());
  expect([...button.classList]).toEqual(['button', 'on']);
});

it('hears an event once, also when it came from within an effect', () => {
  const button = container.querySelector('button') as HTMLElement;
  button.click();
  expect(bench.count).toBe(1);
  bench.reactions['page 1'] = () => bench.count === 1 && button.click();
  flushSync();
  expect(bench.count).toBe(2);
  expect(bench.said).toEqual(['page 1', 'page 2']);
});

it('leaves nothing behind', () => {
  flushSync(() => (bench.part = { name: 'one' }));
  cleanup();
  expect(container.textContent).toBe('');
  bench.said = [];
  flushSync(() => bench.add());
  expect(bench.said).toEqual([]);
});
