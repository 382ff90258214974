// A dry run: the host alone with five robots, marked as practice wherever it is seen, and gone afterwards.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LAPTOP, noSidewaysScroll, PHONE } from './lib/browser.mjs';
import * as night from './lib/night.mjs';

const CAPITAL = {
  type: 'text',
  prompt: 'What is the capital of Peru?',
  accepted_answers: ['Lima'],
};
/** Robots take their time, as people do: up to 20 s for whatever they do. */
const SLOW = { timeout: 45_000 };
const BAND = 'Practice: robots play along, nothing counts, and nothing is kept.';

test('a dry run with five robots', { timeout: 180_000 }, async (t) => {
  const { quibble, browser } = await night.open(t);
  const laptop = await browser.device(LAPTOP);
  await night.signedIn(laptop, quibble);
  const quiz = await night.shortQuiz(laptop, 'A short one', [[CAPITAL]]);
  const host = await laptop.newPage();
  let screen;
  let game;

  await t.test('begins on the page of the quiz', async () => {
    await host.goto(`/host/quizzes/${quiz.id}`);
    await host.getByRole('button', { name: 'Try it with five robots' }).click();
    await host.getByText(BAND).waitFor();
    await host.getByRole('banner').getByRole('heading', { name: 'Practice: A short one' }).waitFor();
    await noSidewaysScroll(host);
    const id = /games\/([^/]+)\/live/.exec(host.url())[1];
    game = await night.call(laptop, 'get', `/api/games/${id}`);
  });

  await t.test('the big screen says so, and a real phone may join', async () => {
    screen = await night.openScreen(browser, host, game);
    await screen.getByText('Practice', { exact: true }).waitFor();
    const phone = await browser.page(PHONE);
    await phone.goto(`/j/${game.code}`);
    await phone.getByText('Practice: A short one').first().waitFor();
    await night.knock(phone, 'Amy');
    await night.isIn(phone, 'Amy');
  });

  await t.test('the robots come in, one after the other', async () => {
    await host.getByText('6 of 6 online').waitFor(SLOW);
  });

  await t.test('and answer in their own time', async () => {
    await night.step(host, 'Start the game');
    await night.step(host, 'Release question 1');
    await host
      .getByText(/^[3-6] of 6 answered$/)
      .first()
      .waitFor(SLOW);
  });

  await t.test('its end leads back to the quiz, and leaves nothing', async () => {
    await night.step(host, 'End round 1');
    await night.step(host, /^Show scores/);
    await night.step(host, 'End the game');
    await screen.getByRole('heading', { name: 'Final scores' }).waitFor();
    await host.getByText('That was practice. When you leave, it is gone.').waitFor();
    assert.equal(await host.getByRole('link', { name: 'Results' }).count(), 0);
    await host.getByRole('main').getByRole('link', { name: 'Back to the quiz' }).first().click();
    await host.getByRole('heading', { name: 'A short one' }).first().waitFor();
    assert.deepEqual(await night.call(laptop, 'get', '/api/games'), []);
  });

  browser.assertQuiet();
});
