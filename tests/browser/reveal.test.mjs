// How the big screen lets things out: an answer in beats, the standings from the last to the first; and points that the
// host gives, names that it hides, a nearest number that wins.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PHONE, TV } from './lib/browser.mjs';
import * as night from './lib/night.mjs';

const TOWER = {
  type: 'text',
  prompt: 'In which year was the tower opened?',
  accepted_answers: ['1889'],
  marking: { nearest: true },
};

test('the screen reveals, and the host corrects', { timeout: 120_000 }, async (t) => {
  const { quibble, browser } = await night.open(t);
  const { host, game } = await night.openGame(browser, quibble, [[TOWER]]);
  const screen = await night.openScreen(browser, host, game, TV);
  const phones = {};
  for (const name of ['Amy', 'Ben', 'Total Bollocks']) {
    phones[name] = await night.joinedPhone(browser, game.code, name, PHONE);
  }

  await t.test('a name that may offend is hidden and shown again', async () => {
    await host.getByText('This name may offend.').waitFor();
    await host.getByRole('button', { name: 'Hide the name Total Bollocks' }).click();
    await host.getByText('Instead of “Total Bollocks”.').waitFor();
    await screen.getByText('Team 3', { exact: true }).waitFor();
    assert.equal(await screen.getByText('Total Bollocks').count(), 0);
    await night.isIn(phones['Total Bollocks'], 'Team 3');
    await host.getByRole('button', { name: 'Show the name Total Bollocks again' }).click();
    await screen.getByText('Total Bollocks').waitFor();
    await host.getByRole('button', { name: 'Hide the name Total Bollocks' }).click();
    await screen.getByText('Team 3', { exact: true }).waitFor();
  });

  await night.step(host, 'Start the game');
  await night.step(host, 'Release question 1');
  await screen.getByText('The nearest number wins.').waitFor();
  const guesses = { Amy: '1900', Ben: '1700', 'Total Bollocks': 'long ago' };
  for (const [name, guess] of Object.entries(guesses)) {
    await night.answer(phones[name], TOWER, guess);
    await night.isSaved(phones[name], TOWER);
  }
  await night.step(host, 'End round 1');

  await t.test('the review says how far each number is', async () => {
    await host.getByText('No number that could be read.').waitFor();
    await host.keyboard.press('n');
    await host.getByText('Right', { exact: true }).first().click();
    await host.getByText('11 away').waitFor();
  });

  await night.step(host, 'Show scores');
  await screen.getByRole('heading', { name: 'After round 1 of 1' }).waitFor();

  await t.test('points are given while the board is up, and taken back', async () => {
    await host.getByRole('button', { name: 'Give or take points: Ben' }).click();
    await host.getByLabel('Points for Ben').fill('2.5');
    await host.getByLabel('Why? Players will read this.').fill('Best team name');
    await host.getByRole('button', { name: 'Give', exact: true }).click();
    await screen.getByText('Corrected: Best team name').waitFor();
    await screen.getByRole('listitem').filter({ hasText: 'Ben' }).getByText('2.5').waitFor();
    await host.getByText('What happened').click();
    await host.getByRole('button', { name: 'Undo: Ben: +2.5 points – Best team name' }).click();
    await screen.getByText('Corrected: Taken back: Best team name').waitFor();
    await screen.getByRole('listitem').filter({ hasText: 'Ben' }).getByText('0', { exact: true }).waitFor();
  });

  await t.test('the standings come from the last to the first', async () => {
    await host.getByRole('button', { name: 'From last to first' }).click();
    const [winner, last] = [screen.getByText('Amy', { exact: true }), screen.getByText('Team 3', { exact: true })];
    await winner.waitFor({ state: 'hidden' });
    await last.waitFor();
    await winner.waitFor();
    await host.getByText('Options of this game').click();
    await host.getByRole('checkbox', { name: 'Calm big screen' }).check();
    await screen.locator('.calm').waitFor();
    await host.getByRole('button', { name: 'From last to first' }).click();
    await host.getByRole('button', { name: 'From last to first' }).and(host.locator('[aria-pressed=false]')).waitFor();
    await winner.waitFor();
    await host.getByRole('checkbox', { name: 'Calm big screen' }).uncheck();
    await screen.locator('.calm').waitFor({ state: 'detached' });
  });

  await t.test('an answer comes in beats', async () => {
    await host.getByRole('button', { name: 'Show the answer to question 1' }).click();
    await screen.getByRole('heading', { name: TOWER.prompt }).waitFor();
    const [right, got] = [screen.locator('p.right'), screen.getByText('1 of 3 got it')];
    assert.equal(await right.isVisible(), false);
    await screen.getByText('3 answers').waitFor();
    await right.waitFor();
    await got.waitFor();
  });

  browser.assertQuiet();
});
