// A phone without a server: on a line that is dead, and on a page that the service worker opens. Browsers have such a
// worker by HTTPS and on their own machine, which is where this runs.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as night from './lib/night.mjs';
import { until } from './lib/quibble.mjs';

const QUESTION = { type: 'text', prompt: 'Which bird lays the largest egg?', accepted_answers: ['ostrich'] };
const CHOICE = {
  type: 'multiple_choice',
  prompt: 'Which bird flies backwards?',
  choices: [
    { text: 'The hummingbird', correct: true },
    { text: 'The swift', correct: false },
  ],
};

/** As long as it takes a phone at most to notice that nobody is at the other end. */
const SILENCE_MS = 40_000;

test('a line that goes dead without a word', { timeout: 120_000 }, async (t) => {
  const { quibble, browser } = await night.open(t);
  const { host, game } = await night.openGame(browser, quibble, [[QUESTION]]);
  const phone = await night.joinedPhone(browser, game.code, 'Amy');
  await night.step(host, 'Start the game');
  await night.step(host, 'Release question 1');
  await night.card(phone, QUESTION).waitFor();

  await t.test('is never taken for a saved answer', async () => {
    browser.outage = true;
    await phone.context().setOffline(true);
    const start = performance.now();
    await night.answer(phone, QUESTION, 'ostrich');
    const status = night.card(phone, QUESTION).getByText('On this phone, not sent yet');
    await status.waitFor({ timeout: SILENCE_MS });
    await night.notice(phone, 'No connection. Carry on').waitFor();
    t.diagnostic(`${((performance.now() - start) / 1_000).toFixed(1)} s until the phone says so`);
    await host.getByText('0 of 1 answered').first().waitFor();
  });

  await t.test('is made anew as soon as the network is back', async () => {
    await phone.context().setOffline(false);
    await night.isSaved(phone, QUESTION);
    await host.getByText('Everybody has answered.').waitFor();
    browser.outage = false;
  });

  browser.assertQuiet();
});

test('a page opened while the server is away', { timeout: 90_000 }, async (t) => {
  const { quibble, browser } = await night.open(t);
  const { host, game } = await night.openGame(browser, quibble, [[QUESTION, CHOICE]]);
  let phone = await night.joinedPhone(browser, game.code, 'Amy');
  await night.step(host, 'Start the game');
  await night.step(host, 'Release question 1');
  await night.step(host, 'Release question 2');
  await night.card(phone, CHOICE).waitFor();
  await phone.waitForFunction(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    return registration?.active?.state === 'activated';
  });

  await t.test('opens after a reload, as the phone it was', async () => {
    browser.outage = true;
    await quibble.kill();
    await night.answer(phone, QUESTION, 'ostrich');
    await night.card(phone, QUESTION).getByText('On this phone, not sent yet').waitFor();
    await night.answer(phone, CHOICE, 'The hummingbird');
    await night.card(phone, CHOICE).getByText('On this phone, not sent yet').waitFor();
    await phone.reload();
    await night.isIn(phone, 'Amy');
    await night.notice(phone, 'No connection. Carry on: your answers wait on this phone.').waitFor();
  });

  await t.test('still shows the answers that were not sent', async () => {
    await until('the page shows the answers', async () => {
      const main = phone.getByRole('main');
      const typed = await main.locator('input').evaluateAll((inputs) => inputs.map(({ value }) => value));
      const shown = [await main.textContent(), ...typed].join(' ');
      return shown.includes('ostrich') && shown.includes('The hummingbird');
    });
  });

  await t.test('opens in a new tab, too, at the link and at the first page', async () => {
    for (const path of [`/j/${game.code}`, '/']) {
      const context = phone.context();
      await phone.close();
      phone = await context.newPage();
      await phone.goto(path);
      await night.isIn(phone, 'Amy');
    }
  });

  await t.test('sends the answers once the server is back', async () => {
    await quibble.run();
    await night.isSaved(phone, QUESTION);
    await night.isSaved(phone, CHOICE);
    assert.equal(await night.card(phone, QUESTION).getByLabel('Your answer').inputValue(), 'ostrich');
    assert.ok(await night.card(phone, CHOICE).getByRole('radio', { name: 'The hummingbird' }).isChecked());
    await host.getByText('Everybody has answered.').waitFor();
    browser.outage = false;
  });

  await t.test('once', async () => {
    await night.step(host, 'End round 1');
    await host.getByText('All decided. Show the scores when you are ready.').waitFor();
    const { rounds } = await night.call(host.context(), 'get', `/api/games/${game.id}/results`);
    assert.deepEqual(
      rounds[0].questions.map(({ answered, correct }) => [answered, correct]),
      [
        [1, 1],
        [1, 1],
      ],
    );
  });

  await t.test('a stranger finds the form, and what is wrong in words', async () => {
    const context = phone.context();
    await context.clearCookies();
    await phone.evaluate(() => localStorage.clear());
    browser.outage = true;
    await quibble.kill();
    await phone.goto(`/j/${game.code}`);
    await night.knock(phone, 'Zoe');
    await phone.getByText('The quiz cannot be reached.').waitFor();
    await quibble.run();
    await phone.getByRole('button', { name: 'Join', exact: true }).click();
    await night.isIn(phone, 'Zoe');
    browser.outage = false;
  });

  browser.assertQuiet();
});
