import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError, questions } from '../../api';
import { notices } from '../../notices.svelte';
import type { FoundQuestion } from '../../rest';
import { RepeatsPage } from './repeats-page.svelte';

const found = (id: string): FoundQuestion => ({
  id,
  bank_id: `bank of ${id}`,
  bank_name: 'Bank',
  type: 'text',
  prompt: 'Soup?',
  points: 1000,
  accepted_answers: ['yes'],
  position: 0,
  version: 1,
  created_at: '',
  updated_at: '',
});

const ids = (page: RepeatsPage) => page.shown?.map((group) => group.questions.map((one) => one.id).join(''));

async function opened() {
  const page = new RepeatsPage();
  await page.load();
  return page;
}

beforeEach(() => {
  notices.list = [];
  vi.spyOn(questions, 'repeats').mockResolvedValue({
    groups: [
      { same: true, questions: ['a', 'b', 'c'].map(found) },
      { same: false, questions: ['d', 'e'].map(found) },
    ],
    complete: true,
  });
});

describe('RepeatsPage', () => {
  it('deletes one too many, and puts it back in its place', async () => {
    const remove = vi.spyOn(questions, 'remove').mockResolvedValue();
    vi.spyOn(questions, 'restore').mockResolvedValue(found('b'));
    const page = await opened();
    const [group] = page.groups ?? [];
    const second = group?.questions[1];
    if (!group || !second) throw new Error('there is a second question');
    await page.remove(group, second);
    expect(remove).toHaveBeenCalledExactlyOnceWith('bank of b', 'b');
    expect(ids(page)).toEqual(['ac', 'de']);
    notices.undoLatest();
    await vi.waitFor(() => expect(ids(page)).toEqual(['abc', 'de']));
  });

  it('shows no group of one', async () => {
    vi.spyOn(questions, 'remove').mockResolvedValue();
    const page = await opened();
    const group = page.groups?.[1];
    if (!group) throw new Error('there is a second group');
    await page.remove(group, group.questions[0] as FoundQuestion);
    expect(ids(page)).toEqual(['abc']);
  });

  it('keeps what could not be deleted', async () => {
    vi.spyOn(questions, 'remove').mockRejectedValue(new ApiError(500, 'internal', 'It broke.'));
    const page = await opened();
    const group = page.groups?.[0];
    if (!group) throw new Error('there is a group');
    await page.remove(group, group.questions[0] as FoundQuestion);
    expect(ids(page)).toEqual(['abc', 'de']);
    expect(notices.list.map((notice) => notice.text)).toEqual(['It broke.']);
  });
});
