// How the questions of a round come: by themselves after a wait, or all at once; and how large they are.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PHONE, TV } from './lib/browser.mjs';
import * as night from './lib/night.mjs';

const asked = (prompt) => ({ type: 'text', prompt, accepted_answers: ['x'] });
const ONE = [asked('How many legs has a spider?'), asked('Which river flows through Cologne?'), asked('Who is Jo March?')];
const TWO = [asked('What is the capital of Peru?'), asked('What is a yard in feet?'), asked('Who wrote Emma?')];

/** Turns a slider of the console by the keyboard. */
async function slide(host, label, steps) {
  await host.getByLabel(label).focus();
  for (let step = 0; step < Math.abs(steps); step += 1) {
    await host.keyboard.press(steps > 0 ? 'ArrowRight' : 'ArrowLeft');
  }
}

test('the pace of a round', { timeout: 120_000 }, async (t) => {
  const { quibble, browser } = await night.open(t);
  const { host, game } = await night.openGame(browser, quibble, [ONE, TWO]);
  const screen = await night.openScreen(browser, host, game, TV);
  const phone = await night.joinedPhone(browser, game.code, 'Amy', PHONE);
  const onScreen = (prompt) => screen.getByRole('heading', { name: prompt });
  await host.getByText('Options of this game').click();

  await t.test('the host chooses how long the wait for the next question is', async () => {
    await slide(host, 'Next question by itself', 1);
    await host.getByText('after 10 s', { exact: true }).waitFor();
    await night.step(host, 'Start the game');
    await onScreen('A short one').waitFor();
    assert.equal(await screen.getByText('Next question in').count(), 0, 'the first waits for the host');
  });

  await t.test('the room and the host see how long it still is, and the host need not wait', async () => {
    await night.step(host, 'Release question 1');
    await screen.getByText('Next question in').waitFor();
    await host.getByText('Comes by itself in').waitFor();
    await night.answer(phone, ONE[0], '8');
    await night.isSaved(phone, ONE[0]);
    await host.getByText(/^median \d+ s$/).waitFor();
    await night.step(host, 'Release question 2');
    await onScreen(ONE[1].prompt).waitFor();
  });

  await t.test('a blank screen stops the wait', async () => {
    await host.getByRole('button', { name: 'Blank' }).click();
    await host.getByText('It does not come by itself before the game goes on.').waitFor();
    await night.step(host, 'Back to the game');
    await host.getByText('Comes by itself in').waitFor();
  });

  await t.test('the next question comes by itself', async () => {
    await onScreen(ONE[2].prompt).waitFor();
    await phone.getByRole('heading', { name: ONE[2].prompt }).waitFor();
    assert.equal(await screen.getByText('Next question in').count(), 0, 'it was the last');
  });

  await t.test('larger text is larger, and all of it is to be seen', async () => {
    const size = () => screen.locator('h1').evaluate((element) => parseFloat(getComputedStyle(element).fontSize));
    const usual = await size();
    await slide(host, 'Text of the big screen', 3);
    await host.getByText('130 %', { exact: true }).waitFor();
    await screen.waitForFunction((than) => parseFloat(getComputedStyle(document.querySelector('h1')).fontSize) > than, usual);
    // At one instant: what is measured to fit is drawn anew.
    const boxes = await screen.evaluate(() =>
      [...document.querySelectorAll('h1, .strip')].map((element) => element.getBoundingClientRect().toJSON()),
    );
    assert.notEqual(boxes.length, 0);
    for (const { top, bottom, right } of boxes) {
      assert.ok(top >= 0 && bottom <= TV.viewport.height && right <= TV.viewport.width);
    }
  });

  await t.test('a whole round comes at once, and is read on the phones', async () => {
    await night.step(host, 'End round 1');
    await night.step(host, /Show scores/);
    await night.step(host, 'Start round 2');
    await host.getByRole('checkbox', { name: /^Whole rounds at once/ }).check();
    await night.step(host, 'Release all 3 questions');
    await screen.getByText('3 questions are on your phones.').waitFor();
    for (const question of TWO) await phone.getByRole('heading', { name: question.prompt }).waitFor();
    await night.step(host, 'End round 2');
  });

  browser.assertQuiet();
});
