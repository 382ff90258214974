// What comes out of the printer: sheets for the host and the teams, table cards, results. On paper as a PDF: how many
// pages, of which size, what stands on each, and that no question is cut in two. On the screen: see lib/looks.mjs.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { LAPTOP } from './lib/browser.mjs';
import { looker, STILL } from './lib/looks.mjs';
import * as night from './lib/night.mjs';

const run = promisify(execFile);
const POINTS_PER_MM = 72 / 25.4;

test('what a host prints', { timeout: 240_000 }, async (t) => {
  const looks = await looker(t, 'print');
  const folder = await mkdtemp(join(tmpdir(), 'quibble-print-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const { quibble, browser } = await night.open(t);
  const laptop = await browser.device({ ...LAPTOP, ...STILL, locale: 'en-GB' });
  await night.signedIn(laptop, quibble);
  const host = await laptop.newPage();
  const { bank, quiz } = await authored();

  await t.test('the question sheet of a quiz', async () => {
    await host.goto(`/host/quizzes/${quiz.id}`);
    await host.getByRole('link', { name: 'Print' }).click();
    await host.getByRole('heading', { name: 'Preview' }).waitFor();
    const pages = await printed();
    assert.ok(pages.length > 2, `${pages.length} pages`);
    isPaper(pages, 210, 297);
    noneIsCut(pages, 40);
    const all = pages.map(({ text }) => text).join('\n');
    for (const words of [
      'A printed night',
      'Question sheet – for the host only',
      'Round 1: Warming up',
      '20 questions, 20,000 points',
      'B – Beta 2 (right)',
      'Answer: Answer 1 (also Other 1)',
      '1,000 points',
    ]) {
      assert.ok(all.includes(words), words);
    }
    noChrome(all);
  });
  await looks('question sheet', host, { strained: true });

  await t.test('answer sheets tell no question and no answer', async () => {
    await host.getByRole('radio', { name: /^Answer sheets/ }).check();
    const pages = await printed();
    assert.equal(pages.length, 2, 'a sheet for each round');
    for (const [index, { text }] of pages.entries()) {
      assert.match(text, new RegExp(`Round ${index + 1}`));
      assert.match(text, /Team/);
      assert.match(text, /Points/);
      // Every second question is for letters.
      assert.equal(text.match(/\bA +B +C\b/g)?.length, 10);
      assert.doesNotMatch(text, /Begin|Answer \d|Beta|Note/);
      for (let n = 1; n <= 20; n += 1) assert.match(text, new RegExp(`^ *${n}\\b`, 'm'));
      noChrome(text);
    }
  });
  await looks('answer sheets', host, { strained: true });

  await t.test('Letter, when that is the paper', async () => {
    await host.getByRole('radio', { name: 'Letter' }).check();
    isPaper(await printed(), 215.9, 279.4);
    await host.getByRole('radio', { name: 'A4' }).check();
    isPaper(await printed(), 210, 297);
  });

  await t.test('the question sheet of a bank', async () => {
    await host.goto(`/host/banks/${bank.id}`);
    await host.getByRole('link', { name: 'Print' }).click();
    await host.getByRole('heading', { name: 'Preview' }).waitFor();
    const pages = await printed();
    noneIsCut(pages, 40);
    assert.match(pages[0].text, /40 questions, 40,000 points/);
  });

  const game = await night.call(laptop, 'post', '/api/games', { quiz_id: quiz.id });
  await t.test('table cards of a game', async () => {
    await host.goto(`/host/games/${game.id}/live`);
    const [tab] = await Promise.all([
      laptop.waitForEvent('page'),
      host.getByRole('link', { name: 'Print table cards (new tab)' }).click(),
    ]);
    await tab.close();
    await host.goto(`/host/games/${game.id}/print`);
    await host.getByRole('heading', { name: 'Preview' }).waitFor();
    await host.getByLabel('How many cards').fill('5');
    const { host: address } = new URL(quibble.url);
    for (const paper of ['A4', 'Letter']) {
      await host.getByRole('radio', { name: paper }).check();
      const pages = await printed();
      assert.equal(pages.length, 3, `five cards, two on a sheet of ${paper}`);
      for (const [index, { text }] of pages.entries()) {
        const cards = index === 2 ? 1 : 2;
        assert.equal(text.split(game.code).length - 1, cards);
        assert.equal(text.split(address).length - 1, cards);
        noChrome(text);
      }
    }
    const widths = await host.getByAltText('QR code that opens the join page').evaluateAll((images) =>
      images.map((image) => (image.complete && image.naturalWidth > 0 ? image.getBoundingClientRect().width : 0)),
    );
    for (const width of widths) assert.ok(Math.abs(width - (100 / 25.4) * 96) < 1, `${width} px is 10 cm`);
  });
  await looks('table cards', host, { strained: true });

  await t.test('a number of cards that is none is said, and one is shown', async () => {
    await host.getByLabel('How many cards').fill('61');
    await host.getByText('Choose a number from 1 to 60.').waitFor();
    assert.equal(await host.getByRole('article').count(), 1);
    await host.getByRole('radio', { name: /^Results/ }).check();
    await host.getByText('There is nothing to print yet: no round has been scored.').waitFor();
  });
  await looks('nothing to print', host);

  await t.test('results of a game that is over', async () => {
    await host.goto(`/host/games/${game.id}/live`);
    const phone = await night.joinedPhone(browser, game.code, 'The Quizzard of Oz');
    for (let n = 1; n <= 60; n += 1) {
      await night.call(laptop, 'post', '/api/join', { code: game.code, display_name: `Table ${n}` });
    }
    await night.step(host, 'Start the game');
    const [first] = quiz.rounds[0].questions;
    await night.step(host, 'Release question 1');
    await night.answer(phone, first, 'Answer 1');
    await night.isSaved(phone, first);
    await host.getByLabel('More steps').click();
    await night.step(host, 'End round 1 now');
    await host.getByRole('button', { name: /^Show scores/ }).click();
    await night.endNow(host);
    await host.goto(`/host/games/${game.id}`);
    await host.getByRole('link', { name: 'Print' }).click();
    await host.getByText('Final results').waitFor();
    const pages = await printed();
    assert.ok(pages.length > 1);
    assert.match(pages[0].text, /1 +The Quizzard of Oz +1,000 +1,000/);
    for (const { text } of pages) assert.match(text, /Place +Player/, 'the headings are on every sheet');
    const all = pages.map(({ text }) => text).join('\n');
    for (let n = 1; n <= 60; n += 1) assert.match(all, new RegExp(`Table ${n}\\b`));
    noChrome(all);
  });
  await looks('results', host, { strained: true });

  await t.test('cards of a game that is over are not printed', async () => {
    await host.getByRole('radio', { name: /^Table cards/ }).check();
    await host.getByText('This game is over. Nobody can join it any more.').waitFor();
  });

  browser.assertQuiet();

  /** A bank of 40 questions of all lengths, and a quiz that plays them in two rounds. */
  async function authored() {
    const questions = Array.from({ length: 40 }, (_, index) => {
      const n = index + 1;
      // Each question says where it begins and where it ends.
      const prompt = `Begin${n}. ${'A long question. '.repeat((n % 7) * 3)}What is it?`;
      const rest = { prompt, notes: `Note ${n}${'\nand more'.repeat(n % 5)} End${n}.` };
      if (n % 2 === 1) return { type: 'text', accepted_answers: [`Answer ${n}`, `Other ${n}`], ...rest };
      const choices = ['Alpha', 'Beta', 'Gamma'].map((word, at) => ({ text: `${word} ${n}`, correct: at === 1 }));
      return { type: 'multiple_choice', choices, ...rest };
    });
    const file = { format: 'quibble.bank', version: 1, name: 'Printed', questions };
    const bank = await night.call(laptop, 'post', '/api/banks/import', file);
    const stored = await night.call(laptop, 'get', `/api/banks/${bank.id}/questions`);
    const { id } = await night.call(laptop, 'post', '/api/quizzes', { name: 'A printed night' });
    for (const [index, title] of ['Warming up', undefined].entries()) {
      const round = await night.call(laptop, 'post', `/api/quizzes/${id}/rounds`, { title });
      const question_ids = stored.slice(index * 20, index * 20 + 20).map((question) => question.id);
      await night.call(laptop, 'put', `/api/quizzes/${id}/rounds/${round.id}/questions`, { question_ids });
    }
    return { bank, quiz: await night.call(laptop, 'get', `/api/quizzes/${id}`) };
  }

  /** The sheets that the printer would give, with a dark theme to be seen through. */
  async function printed() {
    await host.emulateMedia({ colorScheme: 'dark' });
    const file = join(folder, 'printed.pdf');
    await writeFile(file, await host.pdf({ preferCSSPageSize: true, printBackground: true }));
    await host.emulateMedia({ colorScheme: 'light' });
    const { stdout: text } = await run('pdftotext', ['-layout', file, '-']);
    const { stdout: info } = await run('pdfinfo', ['-l', '9999', file]);
    const sizes = [...info.matchAll(/^Page +\d+ size: +([\d.]+) x ([\d.]+)/gm)];
    const pages = text.split('\f').slice(0, -1);
    assert.equal(pages.length, sizes.length);
    return pages.map((page, index) => ({
      text: page,
      width: sizes[index][1] / POINTS_PER_MM,
      height: sizes[index][2] / POINTS_PER_MM,
    }));
  }

  function isPaper(pages, wide, high) {
    for (const { width, height } of pages) {
      assert.ok(Math.abs(width - wide) < 1 && Math.abs(height - high) < 1, `${width} mm by ${height} mm`);
    }
  }

  /** Every question begins and ends on the same sheet. */
  function noneIsCut(pages, count) {
    const where = (mark) => pages.findIndex(({ text }) => text.includes(mark));
    for (let n = 1; n <= count; n += 1) {
      const begins = where(`Begin${n}.`);
      assert.notEqual(begins, -1, `question ${n} is printed`);
      assert.equal(where(`End${n}.`), begins, `question ${n} is on one sheet`);
    }
    for (const { text } of pages) assert.doesNotMatch(text.trimEnd(), /Round \d[^\n]*$/, 'no heading stands alone');
  }

  function noChrome(text) {
    assert.doesNotMatch(text, /Sign out|Quizzes|Preview|Paper|Skip|Back to/);
  }
});
