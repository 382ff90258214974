// A real spreadsheet of 5,000 questions, through the pages: columns, preview, rows left out, progress, result, undo.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LAPTOP, noSidewaysScroll } from './lib/browser.mjs';
import * as night from './lib/night.mjs';

const FILE = fileURLToPath(new URL('../../../shared/data/opentriviaqa/spreadsheet-5000.csv', import.meta.url));
const ROLES = {
  Category: 'Not used',
  Question: 'Question',
  'Option A': 'Option',
  'Option B': 'Option',
  'Option C': 'Option',
  'Option D': 'Option',
  'Correct answer': 'Right answer',
};

test('an import of 5,000 rows', { timeout: 120_000 }, async (t) => {
  assert.ok(existsSync(FILE), `This test needs the spreadsheet ${FILE}, which is not there.`);
  const { quibble, browser } = await night.open(t);
  const laptop = await browser.device(LAPTOP);
  await night.signedIn(laptop, quibble);
  const bank = await night.call(laptop, 'post', '/api/banks', { name: 'OpenTriviaQA' });
  const page = await laptop.newPage();

  await t.test('the way there', async () => {
    await page.goto(`/host/banks/${bank.id}`);
    await page.getByRole('link', { name: 'Import', exact: true }).click();
    await page.getByRole('heading', { name: 'Import questions' }).waitFor();
    await page.getByLabel('Choose a file').setInputFiles(FILE);
    await page.getByRole('heading', { name: 'spreadsheet-5000.csv' }).waitFor();
  });

  await t.test('the columns are recognised and can be changed', async () => {
    for (const [column, role] of Object.entries(ROLES)) {
      assert.equal(await chosen(column), role, column);
    }
    await column('Correct answer').selectOption('Not used');
    await page.getByText('Say which column holds the right answer.').waitFor();
    await column('Correct answer').selectOption('Right answer');
    await page.getByRole('button', { name: 'Import 4,883 questions' }).waitFor();
    await page.getByText('4,883 of 5,000 rows can become questions.').first().waitFor();
  });

  await t.test('the first rows are shown as they would be', async () => {
    const rows = page.getByRole('group', { name: 'The first rows' }).getByRole('row');
    assert.equal(await rows.count(), 21);
    await rows.filter({ hasText: 'The Earths atmosphere comprises of which two main elements?' }).waitFor();
    await noSidewaysScroll(page);
  });

  await t.test('every row that is left out is listed', async () => {
    await page.getByRole('heading', { name: '117 rows are left out' }).waitFor();
    assert.equal(await problemRows().count(), 117);
  });

  await t.test('it runs, and says how far it is', async () => {
    await page.getByRole('button', { name: 'Import 4,883 questions' }).click();
    await page.getByRole('progressbar').waitFor();
    await page.getByText('4,883 questions imported.').first().waitFor({ timeout: 60_000 });
    assert.equal(await problemRows().count(), 117);
  });

  await t.test('the bank has them', async () => {
    await page.getByRole('link', { name: 'See the bank' }).click();
    await page.getByRole('heading', { name: '4,883 questions' }).waitFor({ timeout: 30_000 });
    await noSidewaysScroll(page);
  });

  await t.test('one click takes all of them out again', async () => {
    await page.getByRole('link', { name: 'Import', exact: true }).click();
    await page.getByRole('button', { name: 'Undo this import' }).click();
    await page.getByText('4,883 questions taken out again.').first().waitFor({ timeout: 30_000 });
    await page.goto(`/host/banks/${bank.id}`);
    await page.getByText('An empty bank').waitFor();
    const { question_count } = await night.call(laptop, 'get', `/api/banks/${bank.id}`);
    assert.equal(question_count, 0);
  });

  browser.assertQuiet();

  function column(name) {
    return page.getByRole('combobox', { name, exact: true });
  }

  async function chosen(name) {
    return column(name).locator('option:checked').textContent();
  }

  function problemRows() {
    return page.getByRole('group', { name: '117 rows are left out' }).locator('tbody tr');
  }
});
