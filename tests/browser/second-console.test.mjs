// Two consoles of one game, and steps taken back: whatever the host does twice, late or by mistake.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heldLine, LAPTOP, noSidewaysScroll, PHONE } from './lib/browser.mjs';
import * as night from './lib/night.mjs';
import { until } from './lib/quibble.mjs';

const CAPITAL = { type: 'text', prompt: 'What is the capital of Peru?', accepted_answers: ['Lima'] };
const RIVER = { type: 'text', prompt: 'Which river runs through Vienna?', accepted_answers: ['Danube'] };
const PEAK = {
  type: 'text',
  prompt: 'Which peak is the highest?',
  accepted_answers: ['Everest'],
  time_limit_seconds: 600,
};
/** One letter off: near enough to be put before the host. */
const NEARLY = 'Danubee';
const STALE = 'The game had moved on. Here is where it stands now.';

test('the laptop of the host dies', { timeout: 90_000 }, async (t) => {
  const { quibble, browser } = await night.open(t);
  const { host: laptop, game } = await night.openGame(browser, quibble, [[CAPITAL, RIVER]]);
  const phone = await night.joinedPhone(browser, game.code, 'Amy');
  await night.step(laptop, 'Start the game');
  await night.step(laptop, 'Release question 1');
  await night.card(phone, CAPITAL).waitFor();
  let host;

  await t.test('the phones play on', async () => {
    await laptop.context().close();
    await night.answer(phone, CAPITAL, 'Lima');
    await night.isSaved(phone, CAPITAL);
  });

  await t.test('the host signs in on a phone and finds the game', async () => {
    host = await browser.page(PHONE);
    await host.goto('/host');
    await night.signIn(host);
    await host.getByRole('link', { name: `Open the console of A short one, ${game.code}` }).click();
    await host.getByRole('banner').getByText('Round 1 of 1').waitFor();
    await host.getByText('1 of 1 answered').first().waitFor();
    await noSidewaysScroll(host);
  });

  await t.test('and carries on to the end', async () => {
    await night.step(host, 'Release question 2');
    await night.answer(phone, RIVER, NEARLY);
    await night.isSaved(phone, RIVER);
    await night.step(host, 'End round 1');
    await host.getByRole('button', { name: 'Right', exact: true }).first().click();
    await host.getByText('All decided. Show the scores when you are ready.').waitFor();
    await noSidewaysScroll(host);
    await night.step(host, 'Show scores');
    await phone.getByRole('heading', { name: 'You are 1st of 1.' }).waitFor();
    await night.step(host, 'End the game');
    await phone.getByRole('heading', { name: 'That was the quiz.' }).waitFor();
    await host.getByRole('link', { name: 'Results' }).first().waitFor();
    await noSidewaysScroll(host);
  });

  browser.assertQuiet();
});

test('the phone of the host becomes a console', { timeout: 90_000 }, async (t) => {
  const { quibble, browser } = await night.open(t);
  const { host } = await night.openGame(browser, quibble, [[CAPITAL]]);
  browser.refusals.push('410 /api/console-link/check');
  await host.getByText('Host from your phone, too').click();
  await host.getByRole('button', { name: 'Show the code' }).click();
  await host.getByRole('img', { name: 'QR code of a link to this console' }).waitFor();
  const link = await host.getByLabel('Link to this console').inputValue();
  const phone = await browser.page(PHONE);

  await t.test('by scanning a code, which says what it grants', async () => {
    await phone.goto(link);
    await phone.getByText('This opens the console of “A short one” and signs this device in as landlord.').waitFor();
    await noSidewaysScroll(phone);
    await phone.getByRole('button', { name: 'Open the console' }).click();
    await phone.getByRole('heading', { name: 'Waiting for players' }).waitFor();
    assert.ok(!phone.url().includes('#'), 'the secret stays in the address');
  });

  await t.test('of which the laptop hears', async () => {
    await host.getByText('Another console is in.').first().waitFor();
    assert.equal(await host.getByLabel('Link to this console').count(), 0);
    await host.getByText('2 hosts here').waitFor();
  });

  await t.test('and steers', async () => {
    await night.step(phone, 'Start the game');
    await host.getByRole('button', { name: 'Release question 1', exact: true }).waitFor();
  });

  await t.test('the code worked once', async () => {
    const third = await browser.page(PHONE);
    await third.goto(link);
    await third.getByRole('heading', { name: 'This link no longer works' }).waitFor();
    await third.context().close();
  });

  await t.test('a code that is cancelled does not work', async () => {
    await host.getByRole('button', { name: 'Show the code' }).click();
    const cancelled = await host.getByLabel('Link to this console').inputValue();
    await host.getByRole('button', { name: 'Cancel the code' }).click();
    await host.getByText('The code is cancelled.').first().waitFor();
    await host.locator('button:focus', { hasText: 'Show the code' }).waitFor();
    const third = await browser.page(PHONE);
    await third.goto(cancelled);
    await third.getByRole('heading', { name: 'This link no longer works' }).waitFor();
  });

  await t.test('the account page signs the phone out', async () => {
    const laptop = await host.context().newPage();
    await laptop.goto('/host/account');
    await laptop.getByRole('button', { name: /^Sign out ./ }).click();
    await phone.getByText('You are signed out. Sign in again to go on.').first().waitFor();
    await laptop.close();
  });

  browser.assertQuiet();
});

test('two consoles of one game', { timeout: 90_000 }, async (t) => {
  const { quibble, browser } = await night.open(t);
  const { host, game } = await night.openGame(browser, quibble, [[CAPITAL, RIVER, PEAK]]);
  const phone = await night.joinedPhone(browser, game.code, 'Amy');
  const other = await browser.page(LAPTOP);
  const line = await heldLine(other);
  await other.goto(`/host/games/${game.id}/live`);
  await night.signIn(other);
  await other.getByText('2 hosts here').waitFor();
  await host.getByText('2 hosts here').waitFor();

  await t.test('show the same', async () => {
    await night.step(other, 'Start the game');
    await night.step(host, 'Release question 1');
    await other.getByRole('button', { name: 'Release question 2', exact: true }).waitFor();
    await night.card(phone, CAPITAL).waitFor();
  });

  await t.test('press the same button, and one is told that it came late', async () => {
    line.hold();
    await night.step(host, 'Release question 2');
    await night.card(phone, RIVER).waitFor();
    await other.getByRole('button', { name: 'Release question 2', exact: true }).click();
    await line.heard('refused');
    line.letGo();
    await other.getByText(STALE).first().waitFor();
    await other.getByRole('button', { name: 'Release question 3', exact: true }).waitFor();
    assert.equal(await host.getByText(STALE).count(), 0);
  });

  await t.test('and the game moved once', async () => {
    await other.getByText('What happened').click();
    await other.getByText('Question 2 released').waitFor();
    assert.equal(await other.getByText('Question 2 released').count(), 1);
    assert.equal(await phone.getByRole('region').count(), 2);
    await host.getByRole('button', { name: 'Release question 3', exact: true }).waitFor();
  });

  await t.test('a step that names no question is not taken twice either', async () => {
    await night.step(host, 'Release question 3');
    await other.getByRole('button', { name: 'End round 1', exact: true }).waitFor();
    line.hold();
    await night.step(host, 'End round 1');
    await host.getByRole('button', { name: 'Show scores', exact: true }).waitFor();
    await other.getByRole('button', { name: 'End round 1', exact: true }).click();
    await line.heard('refused');
    line.letGo();
    await other.getByText(STALE).first().waitFor();
    await other.getByRole('button', { name: 'Show scores', exact: true }).waitFor();
    await phone.getByRole('heading', { name: 'Pens down.' }).waitFor();
  });

  await t.test('an answered question stays out, though a console does not know of the answer', async () => {
    await host.getByLabel('More steps').click();
    await night.step(host, 'Reopen round 1');
    await other.getByRole('button', { name: 'Take back question 2', exact: true }).waitFor();
    line.hold();
    await night.answer(phone, RIVER, 'Danube');
    await night.isSaved(phone, RIVER);
    await other.getByRole('button', { name: 'Take back question 2', exact: true }).click();
    await line.heard('refused');
    line.letGo();
    await other.getByText('Somebody answered it already, so it stays out.').first().waitFor();
    await night.isSaved(phone, RIVER);
  });

  browser.assertQuiet();
});

test('steps taken back', { timeout: 120_000 }, async (t) => {
  const { quibble, browser } = await night.open(t);
  const { host, game } = await night.openGame(browser, quibble, [[CAPITAL, RIVER, PEAK]]);
  const amy = await night.joinedPhone(browser, game.code, 'Amy');
  const bob = await night.joinedPhone(browser, game.code, 'Bob');
  const screen = await night.openScreen(browser, host, game);
  await night.step(host, 'Start the game');
  await night.step(host, 'Release question 1');

  await t.test('a question that nobody answered goes back', async () => {
    await night.step(host, 'Release question 2');
    await night.card(amy, RIVER).waitFor();
    await host.getByRole('button', { name: 'Take back question 2', exact: true }).first().click();
    await night.card(amy, RIVER).waitFor({ state: 'detached' });
    await screen.getByRole('heading', { name: CAPITAL.prompt }).waitFor();
    await night.step(host, 'Release question 2');
    await screen.getByRole('heading', { name: RIVER.prompt }).waitFor();
  });

  await t.test('one that is answered does not', async () => {
    await night.answer(amy, CAPITAL, 'Lima');
    await night.isSaved(amy, CAPITAL);
    await night.answer(bob, CAPITAL, 'Cusco');
    await night.isSaved(bob, CAPITAL);
    await night.answer(amy, RIVER, NEARLY);
    await night.isSaved(amy, RIVER);
    const takeBack = host.getByRole('button', { name: /^Take back question/ });
    await takeBack.first().waitFor({ state: 'detached' });
    assert.equal(await takeBack.count(), 0);
  });

  await t.test('a pause stops the clock, not the answers', async () => {
    await night.step(host, 'Release question 3');
    await night.card(amy, PEAK).getByRole('timer').waitFor();
    await night.step(host, 'Pause');
    await night.notice(amy, 'Paused. The clock stands still.').waitFor();
    await screen.getByText('Paused', { exact: true }).waitFor();
    await host.getByText('Paused', { exact: true }).first().waitFor();
    const stands = await secondsLeft(amy);
    await night.answer(amy, PEAK, 'K2');
    await night.isSaved(amy, PEAK);
    // Longer than it takes a running clock to show another second.
    await amy.waitForTimeout(1_500);
    assert.equal(await secondsLeft(amy), stands);
    await night.step(host, 'Resume');
    await night.notice(amy, 'Paused.').waitFor({ state: 'detached' });
    await screen.getByText('Paused', { exact: true }).waitFor({ state: 'detached' });
    await until('the clock goes on', async () => (await secondsLeft(amy)) < stands);
  });

  await t.test('more time is more time on the phones', async () => {
    const before = await secondsLeft(amy);
    await host.getByRole('button', { name: '+30 s for question 3' }).click();
    await until('there is more time', async () => (await secondsLeft(amy)) > before);
    assert.ok((await secondsLeft(amy)) <= before + 30);
  });

  await t.test('a closed question opens again', async () => {
    await host.getByRole('button', { name: 'Close question 3', exact: true }).click();
    await night.card(amy, PEAK).getByText('Closed', { exact: true }).waitFor();
    assert.equal(await night.card(amy, PEAK).getByLabel('Your answer').count(), 0);
    await host.getByRole('button', { name: 'Reopen for 30 s: question 3' }).click();
    await night.answer(amy, PEAK, 'Everest');
    await night.isSaved(amy, PEAK);
  });

  await t.test('a round opens again, and takes answers', async () => {
    await night.step(host, 'End round 1');
    await amy.getByRole('heading', { name: 'Pens down.' }).waitFor();
    await host.getByLabel('More steps').click();
    await night.step(host, 'Reopen round 1');
    await screen.getByRole('heading', { name: PEAK.prompt }).waitFor();
    await night.isSaved(amy, PEAK);
    await night.answer(bob, PEAK, 'Everest');
    await night.isSaved(bob, PEAK);
    await night.step(host, 'End round 1');
    await bob.getByRole('heading', { name: 'Pens down.' }).waitFor();
  });

  await t.test('a mark is undone and made again', async () => {
    await host.getByText('1 answer to decide').waitFor();
    await host.getByRole('button', { name: 'Wrong', exact: true }).first().click();
    await host.getByText('All decided. Show the scores when you are ready.').waitFor();
    await host.getByTitle('Undo: Question 2: “Danubee” marked wrong').click();
    await host.getByText('1 answer to decide').waitFor();
    await host.getByRole('button', { name: 'Half', exact: true }).first().click();
    await host.getByText('All decided. Show the scores when you are ready.').waitFor();
    await review(RIVER).getByText('Half right').waitFor();
  });

  await t.test('half marks are half the points', async () => {
    await night.step(host, 'Show scores');
    await result(amy, RIVER).getByText('Half marks').waitFor();
    await result(amy, RIVER).getByText('500 points').waitFor();
    await amy.getByRole('heading', { name: 'You are 1st of 2.' }).waitFor();
    await bob.getByRole('heading', { name: 'You are 2nd of 2.' }).waitFor();
  });

  await t.test('a player asks, the host looks again', async () => {
    await result(bob, CAPITAL).getByRole('button', { name: 'I think this is right' }).click();
    await result(bob, CAPITAL).getByText('The host has been asked to look again.').waitFor();
    await host.getByText('Check or change marks').click();
    await host.getByText('Bob says this is right').waitFor();
    await host.getByRole('button', { name: 'Right', exact: true }).first().click();
    await host.getByRole('heading', { name: 'Corrections' }).waitFor();
    // Nobody hears of it before the host says so.
    await result(bob, CAPITAL).getByText('Not this time').waitFor();
  });

  await t.test('released scores are corrected with a reason that everybody reads', async () => {
    const release = host.getByRole('button', { name: 'Release the corrections' });
    assert.ok(await release.isDisabled());
    await host.getByLabel('Why do the scores change? Players will read this.').fill('Cusco was the capital once');
    await release.click();
    const reason = 'Scores were corrected: Cusco was the capital once';
    for (const phone of [amy, bob]) await phone.getByText(reason).first().waitFor();
    await result(bob, CAPITAL).getByText('Right', { exact: true }).waitFor();
    await screen.getByText('Corrected: Cusco was the capital once').waitFor();
    await host.getByRole('heading', { name: 'Corrections' }).waitFor({ state: 'detached' });
  });

  await t.test('a player asks about an answer that the host has marked', async () => {
    await result(amy, RIVER).getByRole('button', { name: 'I think this is right' }).click();
    await result(amy, RIVER).getByText('The host has been asked to look again.').waitFor();
    await host.getByText('Amy says this is right').waitFor();
  });

  browser.assertQuiet();

  /** A question among those that the host marks. */
  function review(question) {
    return host.locator('section.card').filter({ has: host.getByRole('heading', { name: question.prompt }) });
  }

  /** A question among the scores on a phone. */
  function result(phone, question) {
    return phone.getByRole('listitem').filter({ has: phone.getByRole('heading', { name: question.prompt }) });
  }
});

test('a round that ends early', { timeout: 90_000 }, async (t) => {
  const { quibble, browser } = await night.open(t);
  const { host, game } = await night.openGame(browser, quibble, [[CAPITAL, RIVER, PEAK]]);
  const phone = await night.joinedPhone(browser, game.code, 'Amy');
  await night.step(host, 'Start the game');
  await night.step(host, 'Release question 1');
  await night.answer(phone, CAPITAL, 'Lima');
  await night.isSaved(phone, CAPITAL);
  await night.step(host, 'Release question 2');
  await night.answer(phone, RIVER, NEARLY);
  await night.isSaved(phone, RIVER);

  await t.test('the host ends it', async () => {
    await host.getByLabel('More steps').click();
    await host.getByText('1 question is not out yet.').waitFor();
    await night.step(host, 'End round 1 now');
    await phone.getByRole('heading', { name: 'Pens down.' }).waitFor();
  });

  await t.test('what was asked is marked', async () => {
    await host.getByRole('heading', { name: CAPITAL.prompt }).waitFor();
    assert.equal(await host.getByRole('heading', { name: PEAK.prompt }).count(), 0);
    await host.getByText('Nearly: Danube').first().waitFor();
    await host.getByRole('button', { name: 'Right', exact: true }).first().click();
    await host.getByText('All decided. Show the scores when you are ready.').waitFor();
  });

  await t.test('and counts', async () => {
    await night.step(host, 'Show scores');
    await phone.getByRole('heading', { name: /How round 1 went\s+2,000 points/ }).waitFor();
    assert.equal(await phone.getByRole('heading', { name: PEAK.prompt }).count(), 0);
    await host.getByRole('button', { name: 'End the game', exact: true }).waitFor();
  });

  browser.assertQuiet();
});

// The console is told of a step in several messages, some of them later than others.
test('a host in haste', { timeout: 60_000 }, async (t) => {
  const { quibble, browser } = await night.open(t);
  const { host, game } = await night.openGame(browser, quibble, [[RIVER]]);
  const phone = await night.joinedPhone(browser, game.code, 'Amy');
  await night.step(host, 'Start the game');
  await night.step(host, 'Release question 1');
  await night.answer(phone, RIVER, NEARLY);
  await night.isSaved(phone, RIVER);
  await night.step(host, 'End round 1');
  await host.getByText('1 answer to decide').waitFor();

  await t.test('undoes the last step, not the one before', async () => {
    await host.getByRole('checkbox', { name: 'Lock the lobby' }).check();
    const locked = host.getByText('Locked', { exact: true });
    await locked.waitFor();
    await host.keyboard.press('n');
    await host.getByText('All decided. Show the scores when you are ready.').waitFor();
    await host.keyboard.press('u');
    const undone = host.getByText('1 answer to decide');
    const unlocked = host.getByRole('checkbox', { name: 'Lock the lobby', checked: false });
    await undone.or(host.getByText(STALE)).or(unlocked).first().waitFor();
    assert.ok(await locked.isVisible(), 'the lobby is open again');
  });

  browser.assertQuiet();
});

/** What the clock on a phone says. */
async function secondsLeft(phone) {
  const text = await phone.getByRole('timer').first().textContent();
  const [, minutes, seconds] = /(\d+):(\d+)/.exec(text);
  return Number(minutes) * 60 + Number(seconds);
}
