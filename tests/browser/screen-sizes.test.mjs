// What people at the back of the room can read: the sizes on the big screen, as shares of its height.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as night from './lib/night.mjs';
import { until } from './lib/quibble.mjs';

const SCREENS = [
  { width: 1920, height: 1080 },
  { width: 3840, height: 2160 },
];
/** What else hangs in pubs. */
const OTHERS = [
  { width: 1280, height: 720 },
  { width: 1366, height: 768 },
  { width: 2560, height: 1440 },
  { width: 1024, height: 768 },
];
/** Shares of the screen's height, in per cent. */
const LEAST_QUESTION = 6;
/** A short question has room enough for what 8 m from a screen of 55" ask for. */
const SHORT_LENGTH = 40;
const LEAST_SHORT_QUESTION = 7.8;
const LEAST_OPTION = 4.5;
const LEAST_CODE = 12;
/** The side of a square of the QR code, on a screen 1,080 px high. */
const LEAST_MODULE_PX = 8;

const WORDS = 'Which of these rivers, all of which rise in the Alps, carries the most water to the sea? ';
const QUESTIONS = [
  { type: 'text', prompt: 'Who?', accepted_answers: ['The Who'] },
  { type: 'text', prompt: WORDS.repeat(2).trim(), accepted_answers: ['Rhine'] },
  { type: 'text', prompt: WORDS.repeat(6).slice(0, 500).trim(), accepted_answers: ['Rhine'] },
  choice(WORDS.trim(), ['Rhine', 'Rhône', 'Po', 'Inn']),
  choice(WORDS.trim(), ['Rhine', 'Rhône', 'Po', 'Inn', 'Adige', 'Drava']),
  choice(
    WORDS.repeat(3).trim(),
    [1, 2, 3, 4, 5, 6].map((n) => `${n}: ${'a long river '.repeat(15)}`.slice(0, 200).trim()),
  ),
];

test('what can be read from the back', { timeout: 120_000 }, async (t) => {
  const { quibble, browser } = await night.open(t);
  const { host, game } = await night.openGame(browser, quibble, [QUESTIONS]);
  const screens = [];
  for (const viewport of SCREENS) screens.push(await night.openScreen(browser, host, game, { viewport }));
  await night.joinedPhone(browser, game.code, 'The Quizzard of Oz');

  for (const screen of screens) {
    const { width } = screen.viewportSize();

    await t.test(`the join code in the lobby at ${width}`, async () => {
      await screen.getByText('1 player is in').waitFor();
      await atLeast(screen, screen.getByText(game.code, { exact: true }), LEAST_CODE);
    });

    await t.test(`the QR code in the lobby at ${width}`, async () => {
      await modulesAreLarge(screen);
    });
  }

  await t.test('the join code and the QR code when they fill the screen', async () => {
    await night.step(host, 'Start the game');
    await night.pressUntil(
      () => host.getByRole('button', { name: 'Join code', exact: true }).click(),
      host.getByRole('button', { name: 'Follow the game' }),
    );
    for (const screen of screens) {
      await screen.getByRole('heading', { name: 'There is still time to join' }).waitFor();
      await atLeast(screen, screen.getByText(game.code, { exact: true }), LEAST_CODE);
      await modulesAreLarge(screen);
    }
    await host.getByRole('button', { name: 'Follow the game' }).click();
  });

  for (const [index, question] of QUESTIONS.entries()) {
    const { prompt, choices } = question;
    await t.test(`a question of ${prompt.length} characters and ${choices?.length ?? 'no'} options`, async () => {
      await night.step(host, `Release question ${index + 1}`);
      for (const screen of screens) {
        const heading = screen.getByRole('heading', { level: 1, name: prompt });
        await heading.waitFor();
        await settled(screen);
        await atLeast(screen, heading, prompt.length <= SHORT_LENGTH ? LEAST_SHORT_QUESTION : LEAST_QUESTION);
        for (const { text } of choices ?? []) {
          await atLeast(screen, screen.getByText(text, { exact: true }), LEAST_OPTION);
        }
        await allIsShown(screen);
      }
      // Alone on the screen, as most are.
      await host.getByRole('button', { name: `Close question ${index + 1}`, exact: true }).click();
      await host.getByRole('button', { name: `Reopen for 30 s: question ${index + 1}` }).waitFor();
    });
  }

  await night.step(host, 'End round 1');
  await night.step(host, 'Show scores');
  for (const [index, { prompt, choices }] of QUESTIONS.entries()) {
    // Longer ones are cut on purpose: everybody has read them before.
    if (prompt.length > 100) continue;
    const [screen] = screens;
    await host.getByRole('button', { name: `Show the answer to question ${index + 1}` }).click();
    await screen.getByRole('heading', { level: 1, name: prompt }).waitFor();
    for (const viewport of [...SCREENS, ...OTHERS]) {
      await t.test(`the answer to one of ${choices?.length ?? 'no'} options at ${viewport.width}`, async () => {
        await screen.setViewportSize(viewport);
        await settled(screen);
        await isWhole(screen.getByRole('heading', { level: 1, name: prompt }));
        await isWhole(screen.locator('p.right'));
        await allIsShown(screen);
      });
    }
    await screen.setViewportSize(SCREENS[0]);
  }

  browser.assertQuiet();
});

function choice(prompt, texts) {
  return { type: 'multiple_choice', prompt, choices: texts.map((text, index) => ({ text, correct: index === 0 })) };
}

async function atLeast(screen, locator, share) {
  const size = await locator.first().evaluate((element) => parseFloat(getComputedStyle(element).fontSize));
  const found = (100 * size) / screen.viewportSize().height;
  assert.ok(found >= share - 0.01, `${found.toFixed(2)} vh instead of ${share} vh`);
}

/** The fonts are there and what is fitted has its size. */
async function settled(screen) {
  await screen.evaluate(async () => {
    await document.fonts.ready;
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  });
}

/** The question and its options fit on the screen, or are on pages that take turns. */
async function allIsShown(screen) {
  const body = screen.locator('[data-fit]').first();
  const { over, cut } = await body.evaluate((element) => ({
    over: 'over' in element.dataset,
    cut: element.scrollHeight - element.clientHeight,
  }));
  assert.ok(cut <= 1, `${cut} px are cut off`);
  if (!over) return;
  // Both widths are rounded to whole pixels.
  const pages = await body.evaluate((element) => (element.scrollWidth + 2) / element.clientWidth);
  assert.ok(pages >= 2, 'there is one page');
}

/** No line of a text is cut. What reaches below the last one by less than a third of it is the tail of a letter. */
async function isWhole(locator) {
  const { lack, size } = await locator.evaluate((element) => ({
    lack: element.scrollHeight - element.clientHeight,
    size: parseFloat(getComputedStyle(element).fontSize),
  }));
  assert.ok(lack < size / 3, `${Math.round(lack)} px of the text are cut off`);
}

async function modulesAreLarge(screen) {
  const image = screen.getByAltText('QR code of the join address');
  await until('the QR code is loaded', () => image.evaluate((element) => element.complete && element.naturalWidth > 0));
  const modulePx = await image.evaluate(async (element) => {
    const svg = await (await fetch(element.src)).text();
    const units = Math.min(...[...svg.matchAll(/h(\d+)/g)].map(([, length]) => Number(length)));
    const { width, height } = element.getBoundingClientRect();
    return (units * Math.min(width, height)) / element.naturalWidth;
  });
  const least = (LEAST_MODULE_PX * screen.viewportSize().height) / 1_080;
  assert.ok(modulePx >= least, `a square of the QR code is ${modulePx.toFixed(1)} px instead of ${least} px`);
}
