import { beforeEach, expect, test, vi } from 'vitest';
import { ApiError, imports, type ImportAsked } from '../../api';
import type { ImportPreview } from '../../rest';
import { ImportPage } from './import-page.svelte';

const mapping = { prompt: 0, correct: 1, options: [], accepted: [], points: null, notes: null, kind: null };
const preview: ImportPreview = {
  format: 'csv',
  encoding: 'utf-8',
  columns: ['Question', 'Answer'],
  mapping,
  sheets: [],
  fields: { columns: ['Question', 'Answer'], mapping },
  total: 2,
  importable: 0,
  rows: [],
  fixed: [],
  problems: [],
};

let asked: ImportAsked[];
let page: ImportPage;

beforeEach(async () => {
  vi.restoreAllMocks();
  asked = [];
  vi.spyOn(imports, 'preview').mockImplementation(async (_bank, _file, how) => {
    asked.push(how);
    return preview;
  });
  page = new ImportPage('b1');
  await page.choose('quiz.csv', new Blob(['Question,Answer\n']));
  asked = [];
});

test('fixes that follow each other at once are both there', async () => {
  const both = await Promise.all([page.fix({ row: 2, cells: ['Who?', 'me'] }), page.fix({ row: 3 })]);
  expect(both).toEqual([true, true]);
  expect(asked[asked.length - 1]?.fixes).toEqual([{ row: 2, cells: ['Who?', 'me'] }, { row: 3 }]);
  expect(await page.fix({ row: 2 })).toBe(true);
  expect(page.fixes).toEqual([{ row: 3 }, { row: 2 }]);
  expect(await page.unfix(3)).toBe(true);
  expect(page.fixes).toEqual([{ row: 2 }]);
});

test('a fix that the server does not take is taken back, those before it stay', async () => {
  await page.fix({ row: 2 });
  vi.mocked(imports.preview).mockRejectedValueOnce(new ApiError(422, 'invalid', 'No.'));
  expect(await page.fix({ row: 9 })).toBe(false);
  expect(page.failed).toBe('No.');
  expect(page.fixes).toEqual([{ row: 2 }]);
});

test('another file comes without the fixes of the last one', async () => {
  const late = page.fix({ row: 2 });
  await page.choose('other.csv', new Blob(['Question,Answer\n']));
  await late;
  expect(page.fixes).toEqual([]);
  expect(asked[asked.length - 1]?.fixes).toEqual([]);
});

test('another sheet is read anew; one that cannot be read leaves nothing but the choice', async () => {
  await page.fix({ row: 2 });
  await page.setSheet('Round 2');
  expect(asked[asked.length - 1]).toEqual({ mapping: null, sheet: 'Round 2', fixes: [] });
  expect(page.preview?.total).toBe(2);
  vi.mocked(imports.preview).mockRejectedValueOnce(new ApiError(422, 'invalid', 'No.'));
  await page.setSheet('Cover');
  expect(page.failed).toBe('No.');
  expect(page.preview).toMatchObject({ total: 0, sheet: 'Cover', columns: [] });
  expect(page.ready).toBe(false);
});
