// An answer given while the server is away is kept on the phone, and saved once when the server is back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as night from './lib/night.mjs';

const QUESTION = { type: 'text', prompt: 'Which bird lays the largest egg?', accepted_answers: ['ostrich'] };
const NEXT = { type: 'text', prompt: 'Which bird flies backwards?', accepted_answers: ['hummingbird'] };

test('an answer while the server is killed', { timeout: 90_000 }, async (t) => {
  const { quibble, browser } = await night.open(t);
  const { host, game } = await night.openGame(browser, quibble, [[QUESTION, NEXT]]);
  let phone = await night.joinedPhone(browser, game.code, 'Amy');
  await night.step(host, 'Start the game');
  await night.step(host, 'Release question 1');
  await night.card(phone, QUESTION).waitFor();

  await t.test('waits on the phone', async () => {
    browser.outage = true;
    await quibble.kill();
    await night.notice(phone, 'No connection. Carry on: your answers wait on this phone.').waitFor();
    await night.answer(phone, QUESTION, 'ostrich');
    await night.card(phone, QUESTION).getByText('On this phone, not sent yet').waitFor();
  });

  await t.test('is saved by itself when the server is back', async () => {
    await quibble.run();
    await night.isSaved(phone, QUESTION);
    await night.notice(phone, 'You are back. Your answer was saved.').waitFor();
    await host.getByText('Everybody has answered.').waitFor();
    browser.outage = false;
  });

  await t.test('comes back after a reload', async () => {
    await phone.reload();
    await night.isSaved(phone, QUESTION);
    await hasAnswer(phone, 'ostrich');
  });

  await t.test('comes back in a new tab after the tab was closed', async () => {
    const context = phone.context();
    await phone.close();
    phone = await context.newPage();
    await phone.goto('/');
    await night.isSaved(phone, QUESTION);
    await hasAnswer(phone, 'ostrich');
    await phone.getByRole('banner').getByText('Amy').waitFor();
  });

  await t.test('survives a kill and a reload before it was sent', async () => {
    await night.step(host, 'Release question 2');
    await night.card(phone, NEXT).waitFor();
    browser.outage = true;
    await quibble.kill();
    await night.notice(phone, 'No connection. Carry on').waitFor();
    await night.answer(phone, NEXT, 'hummingbird');
    await night.card(phone, NEXT).getByText('On this phone, not sent yet').waitFor();
    await quibble.run();
    await phone.reload();
    await night.isSaved(phone, NEXT);
    browser.outage = false;
  });

  await t.test('counts once', async () => {
    await night.step(host, 'End round 1');
    await host.getByText('All decided. Show the scores when you are ready.').waitFor();
    for (const { prompt, accepted_answers } of [QUESTION, NEXT]) {
      const review = host.locator('section.card').filter({ has: host.getByRole('heading', { name: prompt }) });
      await review.getByText('1 player · 1 answer').waitFor();
      await review.locator('details').first().locator('summary').first().click();
      const rows = review.locator('li').filter({ hasText: `${accepted_answers[0]} 1 ×` });
      assert.equal(await rows.count(), 1);
    }
    const { rounds } = await night.call(host.context(), 'get', `/api/games/${game.id}/results`);
    assert.deepEqual(rounds[0].questions.map(({ answered, correct }) => [answered, correct]), [[1, 1], [1, 1]]);
  });

  browser.assertQuiet();
});

async function hasAnswer(phone, text) {
  assert.equal(await night.card(phone, QUESTION).getByLabel('Your answer').inputValue(), text);
}
