import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Backups, BackupWork } from '../../rest';
import { BackupsPage, describe as said } from './backups-page.svelte';
import { operator } from './operator';

const NOW = Date.parse('2026-11-27T20:00:00.000Z');
const running: BackupWork = { act: 'create', state: 'running', began_at: '2026-11-27T20:00:00.000Z' };
const done: BackupWork = { ...running, state: 'done', name: 'quibble-1.backup.zip' };
const about = (created_at: string) => ({
  created_at,
  version: '0.1.0',
  schema: 13,
  accounts: 1,
  questions: 40,
  quizzes: 1,
  games: 0,
  answers: 0,
});

const listed = (changes: Partial<Backups> = {}): Backups => ({
  folder: '/data/backups',
  backups: [],
  ...changes,
});

beforeEach(() => {
  vi.useFakeTimers();
  vi.setSystemTime(NOW);
});

afterEach(() => void vi.useRealTimers());

test('a backup is followed until it is there', async () => {
  const page = new BackupsPage();
  const list = vi.spyOn(operator, 'backups').mockResolvedValue(listed({ work: running }));
  vi.spyOn(operator, 'backUp').mockResolvedValue(running);
  await page.create();
  expect(page.busy).toBe(true);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(list).toHaveBeenCalledTimes(3);
  list.mockResolvedValue(listed({ work: done, backups: [{ name: 'quibble-1.backup.zip' }] }));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(page.work).toEqual(done);
  expect(page.backups?.backups).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(list).toHaveBeenCalledTimes(4);
});

test('one that somebody else takes is followed, too, and what was done before is no news', async () => {
  const page = new BackupsPage();
  const list = vi.spyOn(operator, 'backups').mockResolvedValue(listed({ work: done }));
  await page.load();
  expect(page.work).toBeUndefined();
  list.mockResolvedValue(listed({ work: running }));
  await page.load();
  expect(page.busy).toBe(true);
  page.leave();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(list).toHaveBeenCalledTimes(2);
});

test.each([
  ['2026-11-25T20:00:00.000Z', undefined],
  ['2026-11-25T19:59:59.999Z', 48 * 3_600_000 + 1],
])('the newest, of %s, is %s ms too old', async (created_at, tooOld) => {
  const page = new BackupsPage();
  const backups = [{ name: 'broken' }, { name: 'good', about: about(created_at) }];
  vi.spyOn(operator, 'backups').mockResolvedValue(listed({ backups }));
  await page.load();
  expect(page.tooOld).toBe(tooOld);
});

test('what came of it is said', () => {
  expect(said({ ...done, act: 'check' })).toBe(
    'The backup is sound and can be restored: quibble-1.backup.zip',
  );
  expect(said({ ...running, state: 'failed', problem: 'No room is left.' })).toBe(
    'There is no new backup: No room is left.',
  );
});
