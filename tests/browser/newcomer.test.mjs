// Somebody who starts Quibble for the first time: how long, and how many clicks, until a phone has answered a question.
// It prints the time and asserts none: that depends on the machine.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LAPTOP, PHONE } from './lib/browser.mjs';
import * as night from './lib/night.mjs';
import { OWNER } from './lib/quibble.mjs';

const MOST_CLICKS = 8;

test('from nothing to the first answer', { timeout: 60_000 }, async (t) => {
  const start = performance.now();
  const seconds = () => ((performance.now() - start) / 1_000).toFixed(1);
  const { quibble, browser } = await night.open(t);
  t.diagnostic(`${seconds()} s: the server is ready and has printed its link`);
  let clicks = 0;
  const laptop = await browser.device(LAPTOP);
  const host = await laptop.newPage();
  const phone = await browser.page(PHONE);
  let code;

  await t.test('an account', async () => {
    await host.goto(quibble.setupLink);
    await host.getByLabel('User name').fill(OWNER.username);
    await host.getByLabel('New password').fill(OWNER.password);
    await click(host.getByRole('button', { name: 'Make the account' }));
    await host.getByRole('heading', { name: 'Your first game' }).waitFor();
  });

  await t.test('a game of the sample quiz, and its big screen', async () => {
    await click(host.getByRole('button', { name: 'Play it now' }));
    const opens = host.waitForEvent('popup');
    await click(host.getByRole('button', { name: 'Open the big screen' }));
    const screen = await opens;
    await screen.getByRole('heading', { name: night.SAMPLE_QUIZ }).waitFor();
    const spelt = await screen
      .getByText(/^Join code /)
      .first()
      .textContent();
    code = spelt.replace('Join code ', '').replaceAll(' ', '');
  });

  await t.test('a phone', async () => {
    await host.getByAltText('QR code that opens the join page').waitFor();
    await phone.goto(`/j/${code}`);
    await phone.getByLabel('Your name, or your team’s').fill('Amy');
    await click(phone.getByRole('button', { name: 'Join', exact: true }));
    await night.isIn(phone, 'Amy');
    await host.getByText('1 player is in. Over to you.').first().waitFor();
  });

  await t.test('the first question, answered', async () => {
    const [{ questions }] = (await night.sampleQuiz(laptop)).rounds;
    await click(host.getByRole('link', { name: 'Open the console', exact: true }));
    await step('Start the game');
    await step('Release question 1');
    await night.answer(phone, questions[0], night.rightAnswer(questions[0]));
    if (questions[0].type !== 'text') clicks += 1;
    await night.isSaved(phone, questions[0]);
  });

  t.diagnostic(`${seconds()} s and ${clicks} clicks: the first answer is saved`);
  assert.ok(clicks <= MOST_CLICKS, `${clicks} clicks`);
  browser.assertQuiet();

  async function click(target) {
    clicks += 1;
    await target.click();
  }

  async function step(name) {
    clicks += 1;
    await night.step(host, name);
  }
});
