// The sound of the room: off until the host turns it up, only on the big screen, and kept back by the browser until
// somebody has touched that.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as night from './lib/night.mjs';

const CAPITAL = { type: 'text', prompt: 'What is the capital of Peru?', accepted_answers: ['Lima'] };
const WAITS = 'Press a key or click here once: the browser keeps the sound back until then.';
const MUTED = 'Muted. M brings the sound back.';

test('the sound of the big screen', { timeout: 90_000 }, async (t) => {
  const { quibble, browser } = await night.open(t);
  const { host, game } = await night.openGame(browser, quibble, [[CAPITAL]]);
  const screen = await night.openScreen(browser, host, game);
  const loaded = [];
  screen.on('request', (request) => loaded.push(new URL(request.url()).pathname));
  await screen.getByRole('heading', { name: 'A short one' }).waitFor();
  await host.getByText('Options of this game').click();
  const slider = host.getByLabel('Sound of the big screen');

  await t.test('is off, and its code is not even there', async () => {
    assert.equal(await slider.inputValue(), '0');
    assert.ok(!loaded.some((path) => path.includes('Sound')), loaded.join('\n'));
  });

  await t.test('is turned up by the host, and waits for a hand on the screen', async () => {
    // What a browser does that nobody has touched yet.
    await screen.evaluate(() => {
      const { AudioContext } = globalThis;
      globalThis.AudioContext = class extends AudioContext {
        constructor() {
          super();
          globalThis.context = this;
          void this.suspend();
        }
      };
    });
    await slider.focus();
    for (let step = 0; step < 5; step += 1) await host.keyboard.press('ArrowRight');
    await host.getByText('50 %').waitFor();
    await screen.getByText(WAITS).waitFor();
    assert.ok(loaded.some((path) => path.includes('Sound')));
  });

  await t.test('is heard after a click', async () => {
    await screen.mouse.click(5, 5);
    await screen.getByText(WAITS).waitFor({ state: 'detached' });
    assert.equal(await screen.evaluate(() => globalThis.context.state), 'running');
  });

  await t.test('plays on through the night', async () => {
    await night.step(host, 'Start the game');
    await night.step(host, 'Release question 1');
    await screen.getByRole('heading', { name: CAPITAL.prompt }).waitFor();
    await night.step(host, 'End round 1');
    await night.step(host, 'Show scores');
    await night.step(host, 'End the game');
    await screen.getByRole('heading', { name: /Final scores|Nobody played/ }).waitFor();
  });

  await t.test('M on the screen mutes it and brings it back', async () => {
    await screen.keyboard.press('m');
    await screen.getByText(MUTED).waitFor();
    await screen.keyboard.press('m');
    await screen.getByText(MUTED).waitFor({ state: 'detached' });
  });

  browser.assertQuiet();
});
