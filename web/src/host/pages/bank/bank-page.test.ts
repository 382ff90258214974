import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError, banks, questions } from '../../api';
import type { Question } from '../../rest';
import { notices } from '../../notices.svelte';
import { BankPage } from './bank-page.svelte';

const question = (id: string, position: number, prompt = id): Question => ({
  id,
  bank_id: 'bank',
  type: 'text',
  prompt,
  points: 1000,
  accepted_answers: ['yes'],
  position,
  version: 1,
  created_at: '',
  updated_at: '',
});

const stored = [question('a', 1), question('b', 2), question('c', 3)];

const pages: BankPage[] = [];

async function opened(id = 'bank') {
  const page = new BankPage(id);
  pages.push(page);
  await page.load();
  return page;
}

/** A bank with a new question that is whole. */
async function withNew() {
  const page = await opened();
  const item = page.add('text');
  if (item.draft) item.draft.prompt = 'New?';
  item.draft?.accepted.push('yes');
  page.touch(item);
  return { page, item };
}

const prompts = (page: BankPage) => page.items.map((item) => item.prompt);

beforeEach(() => {
  vi.useFakeTimers();
  notices.list = [];
  vi.spyOn(banks, 'get').mockResolvedValue({
    id: 'bank',
    owner_id: 'o',
    name: 'Bank',
    created_at: '',
    updated_at: '',
    question_count: 3,
  });
  vi.spyOn(questions, 'page').mockImplementation(async (_bank, cursor) =>
    cursor === undefined
      ? { items: stored.slice(0, 2), next: '2' }
      : { items: stored.slice(2), next: undefined },
  );
});
afterEach(async () => {
  for (const page of pages.splice(0)) notices.forget(page);
  await vi.runAllTimersAsync();
  vi.useRealTimers();
});

describe('BankPage', () => {
  it('loads every page and finds by words in any order', async () => {
    const page = await opened();
    expect(page.complete).toBe(true);
    expect(prompts(page)).toEqual(['a', 'b', 'c']);
    page.search('yes b');
    expect(page.shown.map((item) => item.prompt)).toEqual(['b']);
    expect(page.sortable).toBe(false);
  });

  it('makes a new question once it is whole, and only then', async () => {
    const create = vi.spyOn(questions, 'create').mockResolvedValue(question('d', 4, 'New?'));
    const page = await opened();
    const item = page.add('text');
    if (item.draft) item.draft.prompt = 'New?';
    page.touch(item);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(create).not.toHaveBeenCalled();
    expect(item.unfinished).toBe(true);
    item.draft?.accepted.push('yes');
    page.touch(item);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(create).toHaveBeenCalledExactlyOnceWith(
      'bank',
      item.key,
      expect.objectContaining({ prompt: 'New?' }),
    );
    expect(item.stored?.id).toBe('d');
  });

  it('sends a question again under the same id, and then what was changed since', async () => {
    const first = question('first', 4, 'New?');
    const create = vi
      .spyOn(questions, 'create')
      .mockRejectedValueOnce(new ApiError(0, 'offline', 'Away.'))
      .mockImplementation(async (_bank, id) => ({ ...first, id, accepted_answers: ['yes'] }));
    const update = vi
      .spyOn(questions, 'update')
      .mockImplementation(async (_bank, id, body) => ({ ...first, ...body, id, version: 2 }));
    const { page, item } = await withNew();
    await vi.advanceTimersByTimeAsync(700);
    expect(page.saves.states.get(item.key)?.kind).toBe('retrying');
    if (item.draft) item.draft.prompt = 'Newer?';
    page.touch(item);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(create.mock.calls.map((call) => call[1])).toEqual([item.key, item.key]);
    expect(update).toHaveBeenCalledOnce();
    expect(item.stored).toMatchObject({ id: item.key, prompt: 'Newer?', version: 2 });
  });

  it('deletes a question that is being made once it is there', async () => {
    let answer: (stored: Question) => void = () => undefined;
    vi.spyOn(questions, 'create').mockReturnValue(new Promise((resolve) => (answer = resolve)));
    const remove = vi.spyOn(questions, 'remove').mockResolvedValue();
    const { page, item } = await withNew();
    await vi.advanceTimersByTimeAsync(700);
    const removed = page.remove(item);
    await vi.advanceTimersByTimeAsync(0);
    expect(prompts(page)).toEqual(['a', 'b', 'c']);
    expect(remove).not.toHaveBeenCalled();
    answer(question(item.key, 4));
    await removed;
    expect(remove).toHaveBeenCalledExactlyOnceWith('bank', item.key);
  });

  it('deletes a question whose making was not answered, or never came', async () => {
    vi.spyOn(questions, 'create').mockRejectedValue(new ApiError(0, 'offline', 'Away.'));
    const remove = vi
      .spyOn(questions, 'remove')
      .mockRejectedValue(new ApiError(404, 'not_found', 'Not there.'));
    const { page, item } = await withNew();
    await vi.advanceTimersByTimeAsync(700);
    await page.remove(item);
    expect(remove).toHaveBeenCalledExactlyOnceWith('bank', item.key);
    expect(prompts(page)).toEqual(['a', 'b', 'c']);
    const create = vi.spyOn(questions, 'create').mockResolvedValue(question('d', 4, 'New?'));
    notices.undoLatest();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(create).toHaveBeenCalledTimes(2);
    expect(item.stored?.id).toBe('d');
  });

  it('keeps both texts on a conflict and saves mine over the newer version', async () => {
    const theirs = { ...question('a', 1, 'theirs'), version: 7 };
    const update = vi
      .spyOn(questions, 'update')
      .mockRejectedValueOnce(new ApiError(409, 'conflict', 'Changed.', [], { current: theirs }))
      .mockResolvedValueOnce({ ...theirs, prompt: 'mine', version: 8 });
    const page = await opened();
    const item = page.items[0];
    if (!item) throw new Error('there is a first question');
    page.edit(item);
    if (item.draft) item.draft.prompt = 'mine';
    page.touch(item);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(item.conflict?.prompt).toBe('theirs');
    expect(page.saves.states.get('a')?.kind).toBe('refused');
    page.settle(item, 'mine');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(update.mock.calls[1]?.[2]).toMatchObject({ prompt: 'mine', version: 7 });
    expect(item.stored?.version).toBe(8);
  });

  it('takes saved changes back one by one, the latest first', async () => {
    let version = 1;
    vi.spyOn(questions, 'reorder').mockResolvedValue();
    const update = vi.spyOn(questions, 'update').mockImplementation(async (_bank, id, body) => {
      version += 1;
      return { ...question(id, 1), ...body, version };
    });
    const page = await opened();
    const item = page.items[0];
    if (!item) throw new Error('there is a first question');
    page.edit(item);
    for (const prompt of ['second', 'third']) {
      if (item.draft) item.draft.prompt = prompt;
      page.touch(item);
      await vi.advanceTimersByTimeAsync(1_000);
    }
    page.move(item, 2);
    expect(notices.undoLatest()).toBe(true);
    expect(prompts(page)).toEqual(['third', 'b', 'c']);
    for (const prompt of ['second', 'a']) {
      expect(notices.undoLatest()).toBe(true);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(item.stored?.prompt).toBe(prompt);
    }
    expect(notices.undoLatest()).toBe(false);
    expect(update.mock.calls.map(([, , body]) => [body.prompt, body.version])).toEqual([
      ['second', 1],
      ['third', 2],
      ['second', 3],
      ['a', 4],
    ]);
  });

  it('forgets what could be taken back when it is left', async () => {
    vi.spyOn(questions, 'reorder').mockResolvedValue();
    const page = await opened();
    page.reorderShown(['b', 'a', 'c']);
    page.leave();
    expect(notices.undoLatest()).toBe(false);
  });

  it('brings an earlier text back as a change', async () => {
    const update = vi
      .spyOn(questions, 'update')
      .mockImplementation(async (_bank, id, body) => ({ ...question(id, 1), ...body, version: 2 }));
    const page = await opened();
    const item = page.items[0];
    if (!item) throw new Error('there is a first question');
    const { bank_id: _, ...older } = { ...question('a', 1, 'older'), saved_at: '', replaced_at: '' };
    page.bringBack(item, older);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(update.mock.calls[0]?.[2]).toMatchObject({ prompt: 'older', version: 1 });
    notices.undoLatest();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(item.stored?.prompt).toBe('a');
  });

  it('puts a deleted question back in its place', async () => {
    vi.spyOn(questions, 'remove').mockResolvedValue();
    vi.spyOn(questions, 'restore').mockResolvedValue(question('b', 2));
    const page = await opened();
    const item = page.items[1];
    if (!item) throw new Error('there is a second question');
    await page.remove(item);
    expect(prompts(page)).toEqual(['a', 'c']);
    notices.undoLatest();
    await vi.advanceTimersByTimeAsync(0);
    expect(prompts(page)).toEqual(['a', 'b', 'c']);
  });

  it('leaves a question in the list when the server does not delete it', async () => {
    vi.spyOn(questions, 'remove').mockRejectedValue(new ApiError(500, 'internal', 'It broke.'));
    const page = await opened();
    const item = page.items[0];
    if (!item) throw new Error('there is a first question');
    await page.remove(item);
    expect(prompts(page)).toEqual(['a', 'b', 'c']);
    expect(notices.list.map((notice) => notice.text)).toEqual(['It broke.']);
  });

  it('saves a new order once for several moves', async () => {
    const reorder = vi.spyOn(questions, 'reorder').mockResolvedValue();
    const page = await opened();
    const item = page.items[0];
    if (!item) throw new Error('there is a first question');
    page.move(item, 1);
    page.move(item, 2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(reorder.mock.calls).toEqual([['bank', ['b', 'c', 'a']]]);
  });

  it('finds by tag, in any case', async () => {
    const page = await opened();
    const item = page.items[1];
    if (!item) throw new Error('there is a second question');
    item.stored = { ...question('b', 2), tags: ['Easy'] };
    expect(page.tags).toEqual(['Easy']);
    page.filter('EASY');
    expect(page.shown).toEqual([item]);
    expect(page.sortable).toBe(false);
  });

  it('deletes the ticked questions together, and puts them back into their places', async () => {
    const batch = vi
      .spyOn(questions, 'batch')
      .mockImplementation(async (_bank, _ids, { act }) =>
        act === 'restore' ? [question('a', 0), question('c', 2)] : [],
      );
    const page = await opened();
    for (const key of ['a', 'c']) page.ticked.add(key);
    await page.removeChosen();
    expect(prompts(page)).toEqual(['b']);
    expect(page.ticked.size).toBe(0);
    notices.undoLatest();
    await vi.advanceTimersByTimeAsync(0);
    expect(prompts(page)).toEqual(['a', 'b', 'c']);
    expect(batch.mock.calls).toEqual([
      ['bank', ['a', 'c'], { act: 'delete' }],
      ['bank', ['a', 'c'], { act: 'restore' }],
    ]);
  });

  it('moves the ticked questions to another bank, and back into their places', async () => {
    const other = {
      id: 'other',
      owner_id: 'o',
      name: 'Other',
      created_at: '',
      updated_at: '',
      question_count: 0,
    };
    const reorder = vi.spyOn(questions, 'reorder').mockResolvedValue();
    const batch = vi.spyOn(questions, 'batch').mockResolvedValue([{ ...question('b', 2), version: 3 }]);
    const page = await opened();
    page.ticked.add('b');
    await page.moveChosen(other);
    expect(prompts(page)).toEqual(['a', 'c']);
    notices.undoLatest();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(prompts(page)).toEqual(['a', 'b', 'c']);
    expect(page.items[1]?.stored?.version).toBe(3);
    expect(batch.mock.calls[1]).toEqual(['other', ['b'], { act: 'move', to: 'bank' }]);
    expect(reorder.mock.calls).toEqual([['bank', ['a', 'b', 'c']]]);
  });

  it('takes tags off again from those that did not have them', async () => {
    const batch = vi
      .spyOn(questions, 'batch')
      .mockImplementation(async (_bank, ids) =>
        ids.map((id) => ({ ...question(id, 1), version: 2, tags: ['Easy'] })),
      );
    const page = await opened();
    const [one, two] = page.items;
    if (!one || !two) throw new Error('there are two questions');
    one.stored = { ...question('a', 1), tags: ['easy'] };
    page.edit(two);
    page.ticked.add('a');
    page.ticked.add('b');
    await page.tagChosen(['Easy'], []);
    expect(two.draft?.tags).toBe('Easy');
    expect(two.changed).toBe(false);
    notices.undoLatest();
    await vi.advanceTimersByTimeAsync(0);
    expect(batch.mock.calls[1]).toEqual(['bank', ['b'], { act: 'tag', add: [], remove: ['Easy'] }]);
    expect(batch).toHaveBeenCalledTimes(2);
  });

  it('keeps everything as it is when the server refuses', async () => {
    vi.spyOn(questions, 'batch').mockRejectedValue(new ApiError(409, 'full', 'No room.'));
    const page = await opened();
    page.ticked.add('a');
    await page.removeChosen();
    expect(prompts(page)).toEqual(['a', 'b', 'c']);
    expect(page.chosen.map((item) => item.key)).toEqual(['a']);
    expect(notices.list.map((notice) => notice.text)).toEqual(['No room.']);
  });

  it('takes up unfinished questions again when the bank is opened anew', async () => {
    const page = await opened();
    const fresh = page.add('multiple_choice');
    if (fresh.draft) fresh.draft.prompt = 'Half of a';
    const changed = page.items[1];
    if (!changed) throw new Error('there is a second question');
    page.edit(changed);
    if (changed.draft) changed.draft.prompt = '';
    page.leave();
    const again = await opened();
    expect(again.items.map((item) => [item.prompt, item.unfinished])).toEqual([
      ['a', false],
      ['', true],
      ['c', false],
      ['Half of a', true],
    ]);
    again.items = [];
    again.leave();
  });
});
