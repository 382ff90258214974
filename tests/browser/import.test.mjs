// 5,000 questions from a spreadsheet, through the pages: columns, preview, bad rows put right or left out, progress,
// result, stopping in the middle, undo; by file and by pasting.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LAPTOP, noSidewaysScroll } from './lib/browser.mjs';
import * as night from './lib/night.mjs';
import { workbook } from './lib/workbook.mjs';

const ROWS = 5_000;
const BAD = 37;
const HEADINGS = ['Category', 'Question', 'Option A', 'Option B', 'Option C', 'Option D', 'Correct answer'];
/** A collection of real questions, which is not a part of the project. */
const REAL = fileURLToPath(new URL('../../../shared/data/opentriviaqa/spreadsheet-5000.csv', import.meta.url));
const ROLES = {
  Category: 'Not used',
  Question: 'Question',
  'Option A': 'Option',
  'Option B': 'Option',
  'Option C': 'Option',
  'Option D': 'Option',
  'Correct answer': 'Right answer',
};

/** What is wrong with a bad row, in turn: cells that take the place of its own, by column. */
const SPOILS = [
  { 6: 'none of these' },
  { 6: '' },
  { 1: '' },
  { 1: `${'long '.repeat(100)}?` },
  { 3: 'One', 2: 'One', 6: 'One' },
  { 1: 'Which number is 3?' },
];

/** The spreadsheet: every 135th row is bad. */
function spreadsheet() {
  const bad = [];
  const rows = Array.from({ length: ROWS }, (_, index) => {
    const n = index + 1;
    const cells = ['Numbers', `Which number is ${n}?`, `${n}`, `${n + 1}`, `${n + 2}`, `${n + 3}`, `${n}`];
    if (n % 135 !== 0) return cells;
    // The heading is row 1.
    bad.push(n + 1);
    for (const [column, cell] of Object.entries(SPOILS[bad.length % SPOILS.length])) cells[column] = cell;
    return cells;
  });
  assert.equal(bad.length, BAD);
  return { bad, csv: [HEADINGS, ...rows].map((cells) => cells.join(',')).join('\n') };
}

test('an import of 5,000 rows, 37 of them bad', { timeout: 240_000 }, async (t) => {
  const { quibble, browser } = await night.open(t);
  const laptop = await browser.device(LAPTOP);
  await night.signedIn(laptop, quibble);
  const bank = await night.call(laptop, 'post', '/api/banks', { name: 'Numbers' });
  const page = await laptop.newPage();
  const { bad, csv } = spreadsheet();
  const good = 'Import 4,963 questions';

  await t.test('the way there', async () => {
    await page.goto(`/host/banks/${bank.id}`);
    await page.getByRole('link', { name: 'Import', exact: true }).click();
    await page.getByRole('heading', { name: 'Import questions' }).waitFor();
    await choose();
  });

  await t.test('the columns are recognised and can be changed', async () => {
    for (const [column, role] of Object.entries(ROLES)) {
      assert.equal(await chosen(column), role, column);
    }
    await column('Correct answer').selectOption('Not used');
    await page.getByText('Say which column holds the right answer.').waitFor();
    await column('Correct answer').selectOption('Right answer');
    await page.getByRole('button', { name: good }).waitFor();
    await page.getByText('4,963 of 5,000 rows can become questions.').first().waitFor();
  });

  await t.test('the first rows are shown as they would be', async () => {
    const rows = page.getByRole('group', { name: 'The first rows' }).getByRole('row');
    assert.equal(await rows.count(), 21);
    await rows.filter({ hasText: 'Which number is 7?' }).waitFor();
    await noSidewaysScroll(page);
  });

  await t.test('every bad row is listed with its number and why', async () => {
    await page.getByRole('heading', { name: '37 rows need a look' }).waitFor();
    assert.equal(await openRows().count(), BAD);
    for (const [index, row] of bad.entries()) {
      await openRows().nth(index).getByText(`Row ${row.toLocaleString('en-GB')}`, { exact: true }).waitFor();
    }
    await openRows().first().getByText('The correct answer is missing.').waitFor();
  });

  await t.test('a bad row is put right where it stands, by the keyboard alone', async () => {
    await button('Correct row 136').focus();
    await page.keyboard.press('Enter');
    const form = page.getByRole('form', { name: 'Correct row 136' });
    assert.ok(await form.getByLabel('Question').evaluate((at) => at === document.activeElement));
    await page.keyboard.press('Tab');
    assert.ok(await form.getByLabel('Correct answer').evaluate((at) => at === document.activeElement));
    await page.keyboard.type('139');
    await page.keyboard.press('Enter');
    await form.getByText('The correct answer “139” is none of the options.').waitFor();
    await page.keyboard.press('Control+A');
    await page.keyboard.type('136');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: '36 rows need a look' }).waitFor();
    await page.getByRole('button', { name: 'Import 4,964 questions' }).waitFor();
    assert.ok(await button('Correct row 271').evaluate((at) => at === document.activeElement), 'the next one is at hand');
    const changed = page.getByRole('list', { name: '1 row changed here' });
    await changed.getByText('Which number is 135? 136').waitFor();
  });

  await t.test('Escape closes the cells and changes nothing', async () => {
    await button('Correct row 271').press('Enter');
    await page.keyboard.type('What is it?');
    await page.keyboard.press('Escape');
    assert.ok(await button('Correct row 271').evaluate((at) => at === document.activeElement));
    await page.getByRole('heading', { name: '36 rows need a look' }).waitFor();
  });

  await t.test('a row is left out, and taken in again', async () => {
    await button('Leave out row 271').click();
    await page.getByRole('list', { name: '2 rows changed here' }).waitFor();
    await page.getByRole('heading', { name: '35 rows need a look' }).waitFor();
    await button('Take row 271 as in the file').click();
    await page.getByRole('heading', { name: '36 rows need a look' }).waitFor();
    await button('Leave out row 271').click();
    await page.getByRole('heading', { name: '35 rows need a look' }).waitFor();
    const { question_count } = await night.call(laptop, 'get', `/api/banks/${bank.id}`);
    assert.equal(question_count, 0, 'nothing is stored before the import');
  });

  await t.test('it runs, says how far it is, and stops in the middle', async () => {
    await button('Import 4,964 questions').click();
    await page.getByRole('progressbar').waitFor();
    await button('Stop and keep nothing').click();
    await page.getByText('Stopped. Nothing was kept.', { exact: true }).waitFor();
    const [stopped] = await night.call(laptop, 'get', `/api/banks/${bank.id}/imports`);
    assert.equal(stopped.state, 'cancelled');
    assert.ok(stopped.done < ROWS, `stopped at ${stopped.done} of ${ROWS}`);
    const { question_count } = await night.call(laptop, 'get', `/api/banks/${bank.id}`);
    assert.equal(question_count, 0);
  });

  await t.test('the whole of it, with the rows as they were put right', async () => {
    await button('Import more').click();
    await choose();
    await button('Correct row 136').click();
    await page.getByLabel('Correct answer').last().fill('135');
    await button('Check this row').click();
    await button('Leave out row 271').click();
    await page.getByRole('heading', { name: '35 rows need a look' }).waitFor();
    await button('Import 4,964 questions').click();
    await page.getByText('4,964 questions imported.').first().waitFor({ timeout: 60_000 });
    await page.getByRole('heading', { name: '36 rows were left out' }).waitFor();
    const rows = page.getByRole('group', { name: '36 rows were left out' }).locator('tbody tr');
    await rows.filter({ hasText: 'Left out, as you said.' }).waitFor();
    await page.getByRole('link', { name: 'See the bank' }).click();
    await page.getByRole('heading', { name: '4,964 questions' }).waitFor({ timeout: 30_000 });
    await noSidewaysScroll(page);
  });

  await t.test('one click takes all of them out again', async () => {
    await page.getByRole('link', { name: 'Import', exact: true }).click();
    await button('Undo this import').click();
    await page.getByText('4,964 questions taken out again.').first().waitFor({ timeout: 30_000 });
    await page.goto(`/host/banks/${bank.id}`);
    await page.getByText('An empty bank').waitFor();
    const { question_count } = await night.call(laptop, 'get', `/api/banks/${bank.id}`);
    assert.equal(question_count, 0);
  });

  await t.test('cells that are pasted from a spreadsheet are read the same way', async () => {
    await page.goto(`/host/banks/${bank.id}/import`);
    const cells = [['Question', 'Answer'], ['Who, then?', 'me'], ['Why?', ''], ['"How" so?', 'thus']];
    await page.getByLabel('Or paste from a spreadsheet').fill(cells.map((row) => row.join('\t')).join('\n'));
    await button('Read what I pasted').click();
    await page.getByRole('heading', { name: '2 rows need a look' }).waitFor();
    await button('Correct row 3').click();
    await page.getByLabel('Answer').last().fill('because');
    await button('Check this row').click();
    await button('Correct row 4').click();
    assert.equal(await page.getByLabel('Question').last().inputValue(), '"How" so?');
    await button('Check this row').click();
    await page.getByRole('heading', { name: 'Nothing left to look at' }).waitFor();
    await button('Import 3 questions').click();
    await page.getByText('3 questions imported.').first().waitFor();
    const questions = await night.call(laptop, 'get', `/api/banks/${bank.id}/questions`);
    assert.deepEqual(
      questions.map(({ prompt, accepted_answers: [answer] }) => `${prompt} ${answer}`),
      ['Who, then? me', 'Why? because', '"How" so? thus'],
    );
  });

  await t.test('a workbook is read sheet by sheet', async () => {
    const round = (word) => [['Question', 'Answer'], [`${word}?`, word], ['Whose & why?', '']];
    const sheets = [['Cover', [['Welcome']]], ['Round 1', round('One')], ['Round "2"', round('Two')]];
    await page.goto(`/host/banks/${bank.id}/import`);
    const buffer = workbook(sheets);
    await page.getByLabel('Choose a file').setInputFiles({ name: 'night.xlsx', mimeType: '', buffer });
    await page.getByRole('cell', { name: 'One?' }).waitFor();
    assert.equal(await page.getByLabel('Sheet').inputValue(), 'Round 1');
    // A sheet without questions has nothing to preview.
    browser.refusals.push(`422 /api/banks/${bank.id}/imports/preview`);
    await page.getByLabel('Sheet').selectOption('Cover');
    await page.getByText('The file holds no questions.').first().waitFor();
    assert.equal(await button('Import 0 questions').getAttribute('aria-disabled'), 'true');
    await page.getByLabel('Sheet').selectOption('Round "2"');
    await page.getByRole('cell', { name: 'Two?' }).waitFor();
    await button('Correct row 3').click();
    await page.getByLabel('Answer').last().fill('ours');
    await button('Check this row').click();
    await button('Import 2 questions').click();
    await page.getByText('2 questions imported.').first().waitFor();
    const questions = await night.call(laptop, 'get', `/api/banks/${bank.id}/questions`);
    assert.deepEqual(
      questions.slice(-2).map(({ prompt, accepted_answers: [answer] }) => `${prompt} ${answer}`),
      ['Two? Two', 'Whose & why? ours'],
    );
  });

  browser.assertQuiet();

  async function choose() {
    const file = { name: 'numbers.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) };
    await page.getByLabel('Choose a file').setInputFiles(file);
    await page.getByRole('heading', { name: 'numbers.csv' }).waitFor();
  }

  function button(name) {
    return page.getByRole('button', { name, exact: true });
  }

  function column(name) {
    return page.getByRole('combobox', { name, exact: true });
  }

  async function chosen(name) {
    return column(name).locator('option:checked').textContent();
  }

  function openRows() {
    return page.getByRole('list', { name: /need a look$/ }).getByRole('listitem');
  }
});

test('an import of a real spreadsheet', { timeout: 120_000 }, async (t) => {
  if (!existsSync(REAL)) {
    t.diagnostic('NOT RUN: there is no ../shared/data/opentriviaqa/spreadsheet-5000.csv.');
    return;
  }
  const { quibble, browser } = await night.open(t);
  const laptop = await browser.device(LAPTOP);
  await night.signedIn(laptop, quibble);
  const bank = await night.call(laptop, 'post', '/api/banks', { name: 'OpenTriviaQA' });
  const page = await laptop.newPage();
  await page.goto(`/host/banks/${bank.id}/import`);
  await page.getByLabel('Choose a file').setInputFiles(REAL);
  await page.getByRole('heading', { name: '117 rows need a look' }).waitFor();
  await page.getByRole('button', { name: 'Import 4,883 questions' }).click();
  await page.getByText('4,883 questions imported.').first().waitFor({ timeout: 60_000 });
  await page.getByRole('link', { name: 'See the bank' }).click();
  await page.getByRole('heading', { name: '4,883 questions' }).waitFor({ timeout: 30_000 });
  browser.assertQuiet();
});
