// Ways into a game, and ways back: by a wrong code, a taken name, too late, another phone; left, removed, renamed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PHONE } from './lib/browser.mjs';
import * as night from './lib/night.mjs';

const CAPITAL = { type: 'text', prompt: 'What is the capital of Peru?', accepted_answers: ['Lima'] };
const RIVER = { type: 'text', prompt: 'Which river runs through Vienna?', accepted_answers: ['Danube'] };
const ROUNDS = [[CAPITAL], [RIVER]];
/** It has a 1, which no code has. */
const WRONG_CODE = 'WRONG1';
const UNKNOWN_CODE = 'No game has this code. Check it on the big screen.';
const LOCKED = 'The host has shut the door. Ask to be let in, then try again.';
const TAKEN = 'This name is taken in this game. Pick another, or say that it is yours.';

test('the ways in', { timeout: 120_000 }, async (t) => {
  const { quibble, browser } = await night.open(t);
  const { host, game } = await night.openGame(browser, quibble, ROUNDS);
  browser.refusals.push(`404 /api/games/by-code/${WRONG_CODE}`, '404 /api/join', '409 /api/join', '403 /api/join');
  let amy;

  await t.test('a code that no game has is said to be so', async () => {
    amy = await browser.page(PHONE);
    await amy.goto('/');
    await amy.getByLabel('Game code').fill(WRONG_CODE);
    await amy.getByText(UNKNOWN_CODE).waitFor();
    await night.knock(amy, 'Amy');
    // What is wrong with a form that was sent takes the focus.
    await amy.locator('input[name=code]:focus').waitFor();
    const code = amy.getByLabel('Game code');
    assert.equal(await code.getAttribute('aria-invalid'), 'true');
    const [, problem] = (await code.getAttribute('aria-describedby')).split(' ');
    assert.match(await amy.locator(`#${problem}`).textContent(), new RegExp(`Error:\\s*${UNKNOWN_CODE}`));
  });

  await t.test('the right one takes its place, however it is typed', async () => {
    await amy.getByLabel('Game code').fill(` ${game.code.slice(0, 3).toLowerCase()} - ${game.code.slice(3)}`);
    await amy.getByText('A short one').waitFor();
    await amy.getByText(UNKNOWN_CODE).waitFor({ state: 'detached' });
    await amy.getByRole('button', { name: 'Join', exact: true }).click();
    await night.isIn(amy, 'Amy');
    await host.getByText('1 player is in. Start when you are ready.').waitFor();
  });

  await t.test('so is a code of a wrong link', async () => {
    const phone = await browser.page(PHONE);
    await phone.goto(`/j/${WRONG_CODE}`);
    await phone.getByText(UNKNOWN_CODE).waitFor();
    await phone.getByLabel('Game code').fill(game.code);
    await phone.getByText('A short one').waitFor();
    await phone.context().close();
  });

  await t.test('a taken name is offered with others like it', async () => {
    const phone = await night.knockingPhone(browser, game.code, ' amy');
    await phone.getByText(TAKEN).waitFor();
    await phone.getByRole('button', { name: 'I am already playing' }).waitFor();
    for (const free of ['amy 2', 'amy 3', 'amy 4']) {
      await phone.getByRole('button', { name: `Play as ${free}`, exact: true }).waitFor();
    }
    await phone.getByRole('button', { name: 'Play as amy 2', exact: true }).click();
    await night.isIn(phone, 'amy 2');
    await host.getByText('2 players are in. Start when you are ready.').waitFor();
  });

  await t.test('a team mate is let in by the team', async () => {
    await host.getByRole('checkbox', { name: 'Allow teams' }).check();
    await amy.getByText('1 phone plays as Amy.').waitFor();
    const mate = await night.knockingPhone(browser, game.code, 'Amy');
    await mate.getByRole('button', { name: 'This is my team' }).click();
    await mate.getByRole('heading', { name: 'Asking to come in' }).waitFor();
    await night.notice(amy, 'A phone wants to play as Amy. Is it one of yours?').waitFor();
    await amy.getByRole('button', { name: 'Yes, let it in' }).click();
    await mate.getByText('2 phones play as Amy.').waitFor();
    await amy.getByText('2 phones play as Amy.').waitFor();
    await host.getByText('2 players are in. Start when you are ready.').waitFor();
  });

  await t.test('a stranger is not', async () => {
    const stranger = await night.knockingPhone(browser, game.code, 'Amy');
    await stranger.getByRole('button', { name: 'This is my team' }).click();
    await amy.getByRole('button', { name: 'No', exact: true }).click();
    await stranger.getByText('They said no. Pick another name.').waitFor();
    await night.knock(stranger, 'Mallory');
    await night.isIn(stranger, 'Mallory');
  });

  await t.test('the lobby is locked and unlocked', async () => {
    await host.getByRole('checkbox', { name: 'Lock the lobby' }).check();
    await host.getByText('Locked', { exact: true }).waitFor();
    const phone = await browser.page(PHONE);
    await phone.goto(`/j/${game.code}`);
    await phone.getByText(LOCKED).waitFor();
    await night.knock(phone, 'Zoe');
    await phone.getByRole('button', { name: 'Join', exact: true }).waitFor();
    await phone.getByText(LOCKED).waitFor();
    // Who is in stays in.
    await amy.reload();
    await night.isIn(amy, 'Amy');
    await host.getByRole('checkbox', { name: 'Lock the lobby' }).uncheck();
    await host.getByText('Locked', { exact: true }).waitFor({ state: 'detached' });
    await phone.getByRole('button', { name: 'Join', exact: true }).click();
    await night.isIn(phone, 'Zoe');
    await phone.getByText(LOCKED).waitFor({ state: 'detached' });
  });

  await t.test('a latecomer finds the question that is out', async () => {
    await night.step(host, 'Start the game');
    await night.step(host, 'Release question 1');
    const late = await night.knockingPhone(browser, game.code, 'Late');
    await night.answer(late, CAPITAL, 'Lima');
    await night.isSaved(late, CAPITAL);
  });

  await t.test('and one of a later round the scores so far', async () => {
    await night.step(host, 'End round 1');
    await night.step(host, 'Show scores');
    const later = await night.knockingPhone(browser, game.code, 'Later');
    await later.getByRole('heading', { name: 'The board after round 1' }).waitFor();
    await night.step(host, 'Start round 2');
    const latest = await night.knockingPhone(browser, game.code, 'Latest');
    await latest.getByText('The first question is on its way.').waitFor();
    await host.getByText('Missed 1 round').first().waitFor();
    await night.step(host, 'Release question 1');
    await night.answer(latest, RIVER, 'Danube');
    await night.isSaved(latest, RIVER);
    await night.card(later, RIVER).waitFor();
  });

  browser.assertQuiet();
});

test('the ways back', { timeout: 120_000 }, async (t) => {
  const { quibble, browser } = await night.open(t);
  const { host, game } = await night.openGame(browser, quibble, ROUNDS);
  browser.refusals.push('409 /api/join', '403 /api/join', '410 /api/join/moves');
  let amy = await night.joinedPhone(browser, game.code, 'Amy');
  let other;
  await night.step(host, 'Start the game');
  await night.step(host, 'Release question 1');
  await night.answer(amy, CAPITAL, 'Lima');
  await night.isSaved(amy, CAPITAL);

  await t.test('a reload', async () => {
    await amy.reload();
    await isBack(amy);
  });

  await t.test('a new tab at the link', async () => {
    amy = await inNewTab(amy, `/j/${game.code}`);
    await isBack(amy);
  });

  await t.test('a new tab at the first page', async () => {
    amy = await inNewTab(amy, '/');
    await isBack(amy);
    assert.equal(new URL(amy.url()).pathname, `/j/${game.code}`);
  });

  await t.test('another phone, by the link in the menu of the first', async (t) => {
    const link = await seatLink(amy);
    const next = await browser.page(PHONE);
    await next.goto(link);
    await isBack(next);
    // The secret does not stay in the address.
    assert.equal(next.url(), `${quibble.url}/j/${game.code}`);
    await amy.getByRole('heading', { name: 'Another phone took this seat.' }).waitFor();
    await t.test('which works once', async () => {
      const late = await browser.page(PHONE);
      await late.goto(link);
      await late.getByText('This link has been used.').waitFor();
      await late.context().close();
    });
    await t.test('and back the same way, where the page is open already', async () => {
      await amy.goto(await seatLink(next));
      await isBack(amy);
      await next.getByRole('heading', { name: 'Another phone took this seat.' }).waitFor();
      await next.context().close();
    });
  });

  await t.test('another phone, when the host says so', async () => {
    other = await night.knockingPhone(browser, game.code, 'Amy');
    await other.getByRole('button', { name: 'I am already playing' }).click();
    await other.getByText('Somebody playing as Amy, or the host, has to say yes.').waitFor();
    await host.getByText('Amy asks to play from another phone.').first().waitFor();
    await host.getByRole('button', { name: 'Let them in: Amy' }).click();
    await isBack(other);
    await amy.getByRole('heading', { name: 'Another phone took this seat.' }).waitFor();
    await host.getByRole('button', { name: 'Let them in: Amy' }).waitFor({ state: 'detached' });
  });

  await t.test('the phone that lost the seat still says so after a reload', async () => {
    await amy.reload();
    await amy.getByRole('heading', { name: 'Another phone took this seat.' }).waitFor();
  });

  await t.test('not when the host refuses', async () => {
    await amy.getByRole('button', { name: 'Take the seat back' }).click();
    await host.getByRole('button', { name: 'Refuse Amy' }).click();
    await amy.getByText('They said no. Pick another name.').waitFor();
    await isBack(other);
  });

  await t.test('the seat goes back to the first phone', async () => {
    await night.knock(amy, 'Amy');
    await amy.getByRole('button', { name: 'I am already playing' }).click();
    await host.getByRole('button', { name: 'Let them in: Amy' }).click();
    await isBack(amy);
    await other.getByRole('heading', { name: 'Another phone took this seat.' }).waitFor();
  });

  await t.test('after leaving, under the same name', async () => {
    await leaves(amy);
    await host.getByText('Has left').waitFor();
    await amy.getByRole('button', { name: 'Join a game' }).click();
    // The code and the name are filled in.
    await amy.getByRole('button', { name: 'Join', exact: true }).click();
    await isBack(amy);
    await host.getByText('Has left').waitFor({ state: 'detached' });
  });

  await t.test('the host gives another name', async () => {
    await host.getByRole('button', { name: 'Rename Amy' }).click();
    await host.getByLabel('New name for Amy').fill('Amelia');
    await host.getByRole('button', { name: 'Save', exact: true }).click();
    await night.isIn(amy, 'Amelia');
    await amy.reload();
    await isBack(amy, 'Amelia');
  });

  await t.test('a removed player stays away', async () => {
    await host.getByRole('button', { name: 'Remove Amelia' }).click();
    const gone = amy.getByRole('heading', { name: 'The host took you out of the game.' });
    await gone.waitFor();
    await amy.reload();
    await gone.waitFor();
    await amy.getByRole('button', { name: 'Join a game' }).click();
    const refused = amy.getByText('The host took this name out of the game. Have a word with them.');
    for (const name of ['Amelia', 'Somebody else']) {
      await night.knock(amy, name);
      await refused.waitFor();
      await amy.getByRole('button', { name: 'Join', exact: true }).waitFor();
    }
    // From another phone not under that name either.
    const phone = await night.knockingPhone(browser, game.code, 'Amelia');
    await phone.getByText('This name is taken in this game.').waitFor();
    assert.equal(await phone.getByRole('button', { name: 'I am already playing' }).count(), 0);
    await host.getByText('1 removed').waitFor();
  });

  await t.test('until the host lets them back in', async () => {
    await host.getByText('1 removed').click();
    await host.getByRole('button', { name: 'Let back in: Amelia' }).click();
    await host.getByText('1 removed').waitFor({ state: 'detached' });
    await night.knock(amy, 'Amelia');
    await isBack(amy, 'Amelia');
  });

  await t.test('who left comes back also while nobody new may come in', async () => {
    await host.getByRole('checkbox', { name: 'Lock the lobby' }).check();
    await host.getByText('Locked', { exact: true }).waitFor();
    await leaves(amy);
    await amy.getByRole('button', { name: 'Join a game' }).click();
    await amy.getByRole('button', { name: 'Join', exact: true }).click();
    await isBack(amy, 'Amelia');
  });

  browser.assertQuiet();

  /** In the game under the name, with the answer that was given. */
  async function isBack(phone, name = 'Amy') {
    await night.isIn(phone, name);
    await night.isSaved(phone, CAPITAL);
    assert.equal(await night.card(phone, CAPITAL).getByLabel('Your answer').inputValue(), 'Lima');
  }

  async function seatLink(phone) {
    await phone.getByRole('button', { name: 'Menu' }).click();
    await phone.getByText('Playing on another phone?').click();
    const link = await phone.getByLabel('Your link').inputValue();
    await phone.getByRole('button', { name: 'Close' }).click();
    return link;
  }

  async function leaves(phone) {
    await phone.getByRole('button', { name: 'Menu' }).click();
    await phone.getByRole('button', { name: 'Leave the game' }).click();
    await phone.getByRole('button', { name: 'Leave', exact: true }).click();
    await phone.getByRole('heading', { name: 'You left the game.' }).waitFor();
  }

  async function inNewTab(phone, path) {
    const context = phone.context();
    await phone.close();
    const tab = await context.newPage();
    await tab.goto(path);
    return tab;
  }
});
