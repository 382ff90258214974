import { expect, test, vi } from 'vitest';
import type { Job } from '../../rest';
import { JobsPage } from './jobs-page.svelte';
import { operator } from './operator';

const job = (id: string, changes: Partial<Job> = {}): Job => ({
  id,
  kind: 'mail',
  state: 'dead',
  attempts: 5,
  attempts_max: 5,
  run_at: '2026-11-27T20:00:00.000Z',
  created_at: '2026-11-27T19:00:00.000Z',
  updated_at: '2026-11-27T20:00:00.000Z',
  ...changes,
});

test.each([
  [{ kind: 'mail', subject: 'pat@example.org' }, 'Mail: pat@example.org'],
  [{ kind: 'retention' }, 'Deleting what is out of date'],
  [{ kind: 'of_a_later_version', subject: 'x' }, 'of_a_later_version: x'],
])('a job is called by its kind: %j', (changes, name) => {
  expect(new JobsPage().nameOf(job('a', changes))).toBe(name);
});

test('a job that is tried again stays in its place', async () => {
  const page = new JobsPage();
  vi.spyOn(operator, 'jobs').mockResolvedValue({ items: [job('a'), job('b')], next: undefined });
  vi.spyOn(operator, 'retryJob').mockResolvedValue(job('b', { state: 'queued', attempts: 0 }));
  await page.list.load();
  await page.retry(job('b'));
  expect(page.list.items?.map(({ id, state }) => [id, state])).toEqual([
    ['a', 'dead'],
    ['b', 'queued'],
  ]);
});

test('the list is read again until somebody goes further down', async () => {
  const page = new JobsPage();
  const items = Array.from({ length: 50 }, (_, index) => job(`${index}`));
  const asked = vi.spyOn(operator, 'jobs').mockResolvedValue({ items, next: 'c' });
  await page.refresh();
  await page.refresh();
  expect(asked).toHaveBeenCalledTimes(2);
  await page.list.loadMore();
  await page.refresh();
  expect(asked).toHaveBeenCalledTimes(3);
});
