// A page that is loaded again in the middle of a game: by hand, and because the server was updated meanwhile.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TV } from './lib/browser.mjs';
import * as night from './lib/night.mjs';

const CAPITAL = { type: 'text', prompt: 'What is the capital of Peru?', accepted_answers: ['Lima'] };
const RIVER = { type: 'text', prompt: 'Which river runs through Vienna?', accepted_answers: ['Danube'] };
const ENTRY = /src="(\/assets\/screen-[^"]+)\.js"/;

test('a screen that is loaded again', { timeout: 90_000 }, async (t) => {
  const { quibble, browser } = await night.open(t);
  const { host, game } = await night.openGame(browser, quibble, [[CAPITAL], [RIVER]]);
  const screen = await browser.page(TV);
  let phone;

  await t.test('is paired by a code', async () => {
    await screen.goto('/screen');
    const code = screen.getByRole('status').filter({ hasText: /\w{4}/ });
    await host.getByText('Connect a big screen').click();
    await host.getByLabel('Code on the screen').fill(await code.textContent());
    await host.getByRole('button', { name: 'Connect', exact: true }).click();
    await screen.getByText('Nobody is here yet.').waitFor();
  });

  await t.test('comes back to a reveal that was under way', async () => {
    phone = await night.joinedPhone(browser, game.code, 'Amy');
    await night.step(host, 'Start the game');
    await night.step(host, 'Release question 1');
    await night.answer(phone, CAPITAL, 'Lima');
    await night.isSaved(phone, CAPITAL);
    await night.step(host, 'End round 1');
    await night.step(host, 'Show scores');
    await host.getByRole('button', { name: 'Show the answer to question 1' }).click();
    const right = screen.locator('p.right');
    await right.waitFor({ state: 'attached' });
    assert.equal(await right.isVisible(), false);
    await screen.reload();
    await screen.getByRole('heading', { name: CAPITAL.prompt }).waitFor();
    await right.getByText('Lima').waitFor();
    await screen.getByText('1 of 1 got it').waitFor();
  });

  await t.test('and to the answer that is out', async () => {
    await screen.reload();
    await screen.getByRole('heading', { name: CAPITAL.prompt }).waitFor();
    await screen.locator('p.right').getByText('Lima').waitFor();
  });

  browser.assertQuiet();
});

test('an update while a question is out', { timeout: 90_000 }, async (t) => {
  const { quibble, browser } = await night.open(t);
  const { host, game } = await night.openGame(browser, quibble, [[CAPITAL], [RIVER]]);
  const screen = await night.openScreen(browser, host, game);
  const phone = await night.joinedPhone(browser, game.code, 'Amy');
  await night.step(host, 'Start the game');
  await night.step(host, 'Release question 1');
  await screen.getByRole('heading', { name: CAPITAL.prompt }).waitFor();
  await night.card(phone, CAPITAL).getByLabel('Your answer').fill('Li');
  const loads = { screen: countLoads(screen), phone: countLoads(phone) };

  await t.test('loads the new page of the screen, once', async () => {
    await update(screen);
    browser.outage = true;
    await quibble.kill();
    await screen.getByRole('img', { name: 'Offline' }).waitFor();
    await quibble.run();
    await screen.locator('script[src$=".new.js"]').waitFor({ state: 'attached' });
    await screen.getByRole('heading', { name: CAPITAL.prompt }).waitFor();
    await screen.getByRole('img', { name: 'Offline' }).waitFor({ state: 'detached' });
    browser.outage = false;
  });

  await t.test('leaves a phone alone', async () => {
    await night.notice(phone, 'You are back.').waitFor();
    await night.isSaved(phone, CAPITAL);
    await night.answer(phone, CAPITAL, 'Lima');
    await night.isSaved(phone, CAPITAL);
    assert.equal(loads.phone(), 0);
  });

  await t.test('also one that speaks an older protocol, until nothing can be answered', async () => {
    await phone.routeWebSocket(/\/ws\//, (socket) => {
      const server = socket.connectToServer();
      const isOld = loads.phone() === 0;
      server.onMessage((message) => socket.send(isOld ? newer(message) : message));
    });
    browser.outage = true;
    await quibble.kill();
    await night.notice(phone, 'No connection.').waitFor();
    await quibble.run();
    await night.notice(phone, 'No connection.').waitFor({ state: 'detached' });
    browser.outage = false;
    await night.answer(phone, CAPITAL, 'Cusco');
    await night.isSaved(phone, CAPITAL);
    assert.equal(loads.phone(), 0);
    const loaded = phone.waitForEvent('load');
    await night.step(host, 'End round 1');
    await loaded;
    await phone.getByRole('heading', { name: 'Pens down.' }).waitFor();
  });

  await t.test('and the game goes on', async () => {
    await night.step(host, 'Show scores');
    await night.step(host, 'Start round 2');
    await night.step(host, 'Release question 1');
    await screen.getByRole('heading', { name: RIVER.prompt }).waitFor();
    await night.answer(phone, RIVER, 'Danube');
    await night.isSaved(phone, RIVER);
    assert.deepEqual([loads.screen(), loads.phone()], [1, 1]);
  });

  browser.assertQuiet();
});

/** Counts how often a page is loaded from now on. */
function countLoads(page) {
  let loads = 0;
  page.on('request', (request) => (loads += request.isNavigationRequest() ? 1 : 0));
  return () => loads;
}

/** From now on the server has another bundle for this screen, whose script has another name. */
async function update(screen) {
  await screen.route(/\/screen$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replace(ENTRY, 'src="$1.new.js"') });
  });
  await screen.route(/\.new\.js$/, (route) => {
    const { pathname } = new URL(route.request().url());
    const body = `import '${pathname.replace('.new', '')}';`;
    return route.fulfill({ contentType: 'text/javascript', body });
  });
}

/** A message as a server would send it that speaks the next protocol. */
function newer(message) {
  const { type, payload, ...rest } = JSON.parse(message);
  if (type === 'welcome') payload.protocol += 1;
  return JSON.stringify({ type, payload, ...rest });
}
