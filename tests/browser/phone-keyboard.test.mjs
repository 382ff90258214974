// The keyboard of a phone takes nearly half of its screen, and hides neither the field in use nor the button below it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PHONE } from './lib/browser.mjs';
import * as night from './lib/night.mjs';
import { until } from './lib/quibble.mjs';

const QUESTIONS = ['Peru', 'Chile', 'Bolivia', 'Ecuador'].map((country) => ({
  type: 'text',
  prompt: `What is the capital of ${country}?`,
  accepted_answers: ['Lima'],
}));
const KEYBOARD_PX = 340;

test('under the keyboard of a phone', { timeout: 60_000 }, async (t) => {
  const { quibble, browser } = await night.open(t);
  const { host, game } = await night.openGame(browser, quibble, [QUESTIONS]);
  const phone = await browser.page(PHONE);
  const { width, height } = PHONE.viewport;

  /** Makes the page smaller, as browsers do that heed `interactive-widget`. */
  async function smaller() {
    await phone.setViewportSize({ width, height: height - KEYBOARD_PX });
  }

  /** Lays it over the page, as the others do: what is seen shrinks, the page does not. */
  async function over() {
    await phone.evaluate((left) => {
      Object.defineProperty(visualViewport, 'height', { configurable: true, value: left });
      visualViewport.dispatchEvent(new Event('resize'));
    }, height - KEYBOARD_PX);
  }

  async function gone() {
    await phone.evaluate(() => delete visualViewport.height);
    await phone.setViewportSize(PHONE.viewport);
    await phone.evaluate(() => visualViewport.dispatchEvent(new Event('resize')));
  }

  async function inSight(what) {
    await until(`${what} is above the keyboard`, async () => {
      const box = await what.boundingBox();
      return box.y >= 0 && box.y + box.height <= height - KEYBOARD_PX;
    });
  }

  await t.test('the form to join with stays in sight', async () => {
    await phone.goto(`/j/${game.code}`);
    await phone.getByText('A short one').waitFor();
    const name = phone.getByLabel('Your name, or your team’s');
    for (const keyboard of [smaller, over]) {
      await name.focus();
      await keyboard();
      await inSight(name);
      await inSight(phone.getByRole('button', { name: 'Join', exact: true }));
      await gone();
    }
    await night.knock(phone, 'Amy');
    await night.isIn(phone, 'Amy');
  });

  await t.test('so does the answer to the last of several questions, and the count below', async () => {
    await night.step(host, 'Start the game');
    for (const place of QUESTIONS.keys()) await night.step(host, `Release question ${place + 1}`);
    const field = night.card(phone, QUESTIONS.at(-1)).getByLabel('Your answer');
    for (const keyboard of [smaller, over]) {
      await field.focus();
      await keyboard();
      await inSight(field);
      await inSight(phone.getByText('0 of 4 answered'));
      await gone();
      await phone.evaluate(() => scrollTo(0, 0));
    }
  });

  await t.test('the page asks for the first way', async () => {
    const asked = await phone.locator('meta[name=viewport]').getAttribute('content');
    assert.match(asked, /interactive-widget=resizes-content/);
  });

  browser.assertQuiet();
});
