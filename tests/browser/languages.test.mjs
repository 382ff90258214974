// The pages in other languages than English: one of long words, and one from right to left. See lib/pseudo.mjs.

import assert from 'node:assert/strict';
import { mkdir, rm } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LAPTOP, noSidewaysScroll, PHONE, TV } from './lib/browser.mjs';
import { isMirrored, measures, nothingIsCut, nothingOverlaps } from './lib/layout.mjs';
import { drawn, STILL } from './lib/looks.mjs';
import * as night from './lib/night.mjs';
import { isTranslated, LONG, MIRRORED, said, speaks } from './lib/pseudo.mjs';
import { OWNER } from './lib/quibble.mjs';

const OUT = fileURLToPath(new URL('out/languages/', import.meta.url));
const LANGUAGES = [LONG, MIRRORED];
const PAGE_SIZES = [size(320, 568), size(390, 844), size(1280, 800)];
const SCREEN_SIZES = [size(1280, 720), size(1920, 1080)];

const QUIZ = 'A short one';
const TEAMS = ['The Quizzard of Oz', 'Agatha Quiztie', 'Les Quizerables', 'Bob'];
const [TEAM, , , BOB] = TEAMS;
const CAPITAL = { type: 'text', prompt: 'What is the capital of Peru?', accepted_answers: ['Lima'] };
const BIRD = {
  type: 'multiple_choice',
  prompt: 'Which of these birds can fly backwards?',
  time_limit_seconds: 3_600,
  choices: ['Hummingbird', 'Swift', 'Kestrel', 'Wren'].map((text, index) => ({ text, correct: index === 0 })),
};
const WRONG = 'Limo';
/** What is nobody's to translate: what people wrote, names of keys, dates and addresses. */
const UNTRANSLATABLE = [
  `Questions of ${QUIZ}`,
  QUIZ,
  ...TEAMS,
  CAPITAL.prompt,
  'Lima',
  WRONG,
  BIRD.prompt,
  ...BIRD.choices.map(({ text }) => text),
  OWNER.username,
  'Quibble',
  'quibble user setup-link',
  /\b[\dA-Z]{6}\b/g,
  /\d{1,2} [A-Z][a-z]{2} \d{4}/g,
];

test('the pages in other languages', { timeout: 180_000 }, async (t) => {
  await rm(OUT, { recursive: true, force: true });
  await mkdir(OUT, { recursive: true });
  const { quibble, browser } = await night.open(t, { QUIBBLE_DATA__SAMPLES: 'false' });
  browser.refusals.push('409 /api/join', '404 /api/join/claims/poll');

  // Who hosts and plays does so in English, beside the pages that are looked at.
  const laptop = await browser.device({ ...LAPTOP, ...STILL });
  await night.signedIn(laptop, quibble);
  const quiz = await night.shortQuiz(laptop, QUIZ, [[CAPITAL, BIRD]]);
  const [bank] = await night.call(laptop, 'get', '/api/banks');
  const game = await night.call(laptop, 'post', '/api/games', { quiz_id: quiz.id });
  const host = await laptop.newPage();
  await host.goto(`/host/games/${game.id}/live`);

  const strangers = await inEach(await browser.device({ ...LAPTOP, ...STILL }), '/host');
  await looks('sign in', strangers, 'Evening. Who is hosting?');
  const screens = await inEach(await browser.device({ ...TV, ...STILL }), '/screen', SCREEN_SIZES);
  await looks('screen pairing', screens, 'The code changes every few minutes.');
  const { screen_token } = await night.call(laptop, 'post', `/api/games/${game.id}/screens`, {});
  for (const { page } of screens) {
    await page.goto('about:blank');
    await page.goto(`/screen#${game.code}.${screen_token}`);
  }
  await looks('screen empty', screens, 'Nobody is here yet. The bar is that way.');

  // The lobby.
  const others = await inEach(await browser.device({ ...PHONE, ...STILL }), '/');
  await looks('join', others, 'Six letters and digits, from the big screen.');
  const phone = await night.joinedPhone(browser, game.code, TEAM);
  await night.joinedPhone(browser, game.code, BOB);
  for (const display_name of TEAMS.slice(1, 3)) {
    await night.call(laptop, 'post', '/api/join', { code: game.code, display_name });
  }
  for (const { page } of others) {
    await page.goto(`/j/${game.code}`);
    await page.locator('#name').fill(TEAM);
    await page.locator('[type=submit]').click();
  }
  await looks('name taken', others, 'I am already playing');
  await press(others, 'I am already playing');
  await looks('asking', others, 'Asking to come in');
  const phones = await inEach(phone.context(), `/j/${game.code}`);
  await looks('lobby', phones, 'Change the name');
  await press(phones, 'Menu');
  await looks('menu', phones, 'Leave the game');
  await press(phones, 'Close');
  const consoles = await inEach(laptop, `/host/games/${game.id}/live`);
  for (const { page } of consoles) {
    for (const summary of await page.locator('main summary').all()) await summary.click();
  }
  await looks('console lobby', consoles, (say) => say('{n} players are in. Start when you are ready.', { n: 4 }));
  await looks('screen lobby', screens, (say) => say('{n} players are in', { n: 4 }));
  await host.getByRole('button', { name: 'Join code', exact: true }).click();
  await looks('screen join', screens, 'There is still time to join');
  await host.getByRole('button', { name: 'Follow the game' }).click();
  await night.pressUntil(
    () => host.getByRole('button', { name: '15 min', exact: true }).click(),
    host.getByRole('button', { name: 'Back to the quiz' }),
  );
  await screens[0].page.locator('.time').waitFor();
  await looks('screen break', screens);
  await host.getByRole('button', { name: 'Back to the quiz' }).click();

  // The questions.
  await night.step(host, 'Start the game');
  await looks('screen soon', screens, 'First question coming up.');
  await night.step(host, 'Release question 1');
  await night.answer(phone, CAPITAL, WRONG);
  await night.isSaved(phone, CAPITAL);
  await looks('screen question', screens, (say) => say('Question {pos} of {total}', { pos: 1, total: 2 }));
  await night.step(host, 'Release question 2');
  await looks('question', phones, 'Not answered yet');
  await looks('screen choice', screens, 'Still open');
  await night.answer(phone, BIRD, 'Swift');
  await night.isSaved(phone, BIRD);
  await looks('saved', phones, 'All answered. You can still change your mind.');
  await looks('console question', consoles, 'Close all');
  await night.step(host, 'Pause');
  await looks('paused', phones, 'Paused. The clock stands still.');
  await looks('screen paused', screens, 'The clock stands still.');
  await night.step(host, 'Resume');

  // The scores.
  await night.step(host, 'End round 1');
  await looks('pens down', phones, 'Pens down.');
  await looks('screen pens down', screens, 'Pens down.');
  await looks('console marking', consoles, (say) => say('Marking round {round}', { round: 1 }));
  await host.keyboard.press('h');
  await host.getByText('All decided.').waitFor();
  await night.step(host, 'Show scores');
  await looks('reveal', phones, 'Half marks');
  await looks('console scores', consoles, 'Show the answers');
  await looks('screen board', screens, (say) => say('After round {round} of {total}', { round: 1, total: 1 }));
  await host.getByRole('button', { name: 'Show the answer to question 2' }).click();
  await looks('screen reveal', screens, 'Nobody got this one.');
  await night.step(host, 'End the game');
  await looks('final', phones, 'That was the quiz.');
  await looks('console final', consoles, 'Final scores');
  await looks('screen podium', screens, 'Final scores');

  // Before and after the night.
  const hosts = consoles;
  await visit('home', '/host', 'Your quiz nights');
  await visit('banks', '/host/banks', 'New bank');
  await visit('bank', `/host/banks/${bank.id}`, (say) => say('{n} questions', { n: 2 }));
  await press(hosts, (say) => say('Edit {name}', { name: say('question {n}', { n: 2 }) }));
  await looks('editor', hosts, 'Options');
  await visit('quizzes', '/host/quizzes', 'New quiz');
  await visit('quiz', `/host/quizzes/${quiz.id}`, 'Add questions');
  await press(hosts, 'Add questions');
  await looks('pick', hosts, 'Already in this quiz');
  await visit('games', '/host/games', 'Played');
  await visit('results', `/host/games/${game.id}`, 'Standings');
  await visit('account', '/host/account', 'Signed-in browsers');

  browser.assertQuiet();

  /** A new page of a device for each language. */
  async function inEach(device, path, sizes = PAGE_SIZES) {
    const pages = [];
    for (const language of LANGUAGES) {
      const page = await device.newPage();
      await speaks(page, language);
      await measures(page);
      await page.goto(path);
      pages.push({ page, language, sizes });
    }
    return pages;
  }

  async function visit(name, path, text) {
    for (const { page } of hosts) await page.goto(path);
    await looks(name, hosts, text);
  }

  async function press(pages, text) {
    for (const { page, language } of pages) {
      await page
        .getByRole('button', { name: inWords(language, text) })
        .first()
        .click();
    }
  }

  /** Waits for a text, then looks at each page at each size. */
  async function looks(name, pages, text) {
    for (const { page, language, sizes } of pages) {
      if (text) await page.getByText(inWords(language, text)).filter({ visible: true }).first().waitFor();
      await page.bringToFront();
      const before = page.viewportSize();
      for (const viewport of sizes) {
        await page.setViewportSize(viewport);
        await t.test(`${name} ${language.name} ${viewport.width}`, async () => {
          await drawn(page);
          if (viewport !== sizes[1]) await picture(`${name} ${language.name} ${viewport.width}`, page);
          const problems = [];
          for (const check of [
            noSidewaysScroll,
            nothingIsCut,
            nothingOverlaps,
            ...(language === MIRRORED ? [isMirrored] : []),
          ]) {
            await check(page).catch((error) => problems.push(error.message));
          }
          await isTranslated(page, UNTRANSLATABLE).catch((error) => problems.push(error.message));
          assert.deepEqual(problems, []);
        });
      }
      await page.setViewportSize(before);
    }
    // Pages behind others are slow.
    await host.bringToFront();
  }

  async function picture(name, page) {
    await page.screenshot({ path: `${OUT}${name.replaceAll(' ', '-')}.png`, fullPage: !name.startsWith('screen') });
  }
});

/** A text of the dictionaries in a language, or several put together. */
function inWords(language, text) {
  const say = (template, values = {}) =>
    said(language, template).replaceAll(/\{(\w+)\}/g, (_, name) => String(values[name]));
  return typeof text === 'string' ? say(text) : text(say);
}

function size(width, height) {
  return { width, height };
}
