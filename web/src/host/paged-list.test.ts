import { describe, expect, it } from 'vitest';
import { PagedList } from './paged-list.svelte';

const items = (...ids: string[]) => ids.map((id) => ({ id }));
const ids = (list: PagedList<{ id: string }>) => list.items?.map((item) => item.id);

describe('PagedList', () => {
  it('puts the pages together', async () => {
    const list = new PagedList(async (_query, cursor) =>
      cursor === undefined ? { items: items('a', 'b'), next: '2' } : { items: items('c'), next: undefined },
    );
    await list.load();
    expect(list.more).toBe(true);
    await list.loadMore();
    expect(ids(list)).toEqual(['a', 'b', 'c']);
    expect(list.more).toBe(false);
  });

  it('shows the answer to the newest search, whichever comes last', async () => {
    const answers: (() => void)[] = [];
    const list = new PagedList<{ id: string }>(
      (query) =>
        new Promise((resolve) => answers.push(() => resolve({ items: items(query), next: undefined }))),
    );
    const first = list.load('slow');
    const second = list.load('quick');
    answers[1]?.();
    await second;
    answers[0]?.();
    await first;
    expect(ids(list)).toEqual(['quick']);
    expect(list.busy).toBe(false);
  });

  it('says why it failed and keeps what it has', async () => {
    let broken = false;
    const list = new PagedList(async () => {
      if (broken) throw new Error('no');
      return { items: items('a'), next: undefined };
    });
    await list.load();
    broken = true;
    await list.load();
    expect(list.failed).toContain('no');
    expect(ids(list)).toEqual(['a']);
  });

  it('takes an item out and puts it back in its place', async () => {
    const list = new PagedList(async () => ({ items: items('a', 'b', 'c'), next: undefined }));
    await list.load();
    const index = list.remove('b');
    expect(ids(list)).toEqual(['a', 'c']);
    list.insert(index, { id: 'b' });
    expect(ids(list)).toEqual(['a', 'b', 'c']);
    expect(list.remove('z')).toBe(-1);
  });
});
