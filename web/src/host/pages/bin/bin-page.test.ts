import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError, banks, bin, questions, rounds } from '../../api';
import { notices } from '../../notices.svelte';
import type { Binned } from '../../rest';
import { BinPage, labelOf } from './bin-page.svelte';

const binned = (kind: Binned['kind'], id: string, parent?: string): Binned => ({
  kind,
  id,
  name: `The ${id}`,
  ...(parent === undefined ? {} : { parent_id: parent, parent_name: 'Parent' }),
  holds: 0,
  deleted_at: '2026-10-03T20:15:00.000Z',
  gone_at: '2026-11-02T20:15:00.000Z',
});

const things = [binned('question', 'q', 'bank'), binned('round', 'r', 'quiz'), binned('bank', 'b')];

async function opened() {
  const page = new BinPage();
  await page.load();
  return page;
}

const ids = (page: BinPage) => page.items?.map((item) => item.id);

beforeEach(() => {
  notices.list = [];
  vi.spyOn(bin, 'page').mockResolvedValue({ items: things, next: 'b' });
});

describe('BinPage', () => {
  it('brings each kind back where it was', async () => {
    const question = vi.spyOn(questions, 'restore').mockResolvedValue({} as never);
    const round = vi.spyOn(rounds, 'restore').mockResolvedValue({} as never);
    const page = await opened();
    for (const item of things.slice(0, 2)) await page.restore(item);
    expect(question).toHaveBeenCalledExactlyOnceWith('bank', 'q');
    expect(round).toHaveBeenCalledExactlyOnceWith('quiz', 'r');
    expect(ids(page)).toEqual(['b']);
    expect(notices.list.map((notice) => notice.text)).toEqual(['“The q” is back.', '“The r” is back.']);
  });

  it('reads the list again after a bank came back, which may bring more into sight', async () => {
    vi.spyOn(banks, 'restore').mockResolvedValue({} as never);
    const page = await opened();
    vi.spyOn(bin, 'page').mockResolvedValue({ items: [binned('question', 'new', 'b')], next: undefined });
    await page.restore(things[2] as Binned);
    expect(ids(page)).toEqual(['new']);
    expect(page.more).toBe(false);
  });

  it('continues behind the last thing that is still there', async () => {
    vi.spyOn(bin, 'purge').mockResolvedValue();
    const page = await opened();
    await page.purge(things[2] as Binned);
    const next = vi.spyOn(bin, 'page').mockResolvedValue({ items: [], next: undefined });
    next.mockClear();
    page.items = things.slice(0, 2);
    await page.loadMore();
    expect(next).toHaveBeenCalledExactlyOnceWith('r');
  });

  it('keeps what could not be restored, and says why', async () => {
    vi.spyOn(banks, 'restore').mockRejectedValue(new ApiError(409, 'too_many', 'Full.'));
    const page = await opened();
    expect(await page.restore(things[2] as Binned)).toBe(false);
    expect(ids(page)).toEqual(['q', 'r', 'b']);
    expect(notices.list.map((notice) => notice.text)).toEqual(['Full.']);
  });

  it('shortens what is too long for a sentence', () => {
    expect(labelOf({ ...binned('question', 'q'), name: 'x'.repeat(60) })).toBe('x'.repeat(60));
    expect(labelOf({ ...binned('question', 'q'), name: 'x'.repeat(61) })).toBe(`${'x'.repeat(60)}…`);
    const { name: _, ...unnamed } = binned('round', 'r');
    expect(labelOf(unnamed)).toBe('A round without a title');
  });
});
