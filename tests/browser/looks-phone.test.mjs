// How every page of a phone looks: see lib/looks.mjs.

import { test } from 'node:test';
import { PHONE } from './lib/browser.mjs';
import { looker, STILL } from './lib/looks.mjs';
import * as night from './lib/night.mjs';

const TEAMS = ['The Quizzard of Oz', 'Agatha Quiztie', 'Les Quizerables', 'Bob', 'Universally Challenged'];
const [TEAM] = TEAMS;
/** It has a 1, which no code has. */
const WRONG_CODE = 'WRONG1';

const CAPITAL = { type: 'text', prompt: 'What is the capital of Peru?', accepted_answers: ['Lima'] };
const RIVER = { type: 'text', prompt: 'Which river runs through Vienna?', accepted_answers: ['Danube', 'Donau'] };
const BIRD = {
  type: 'multiple_choice',
  prompt: 'Which of these birds is able to fly backwards, as well as sideways and on the spot?',
  time_limit_seconds: 3_600,
  choices: ['Hummingbird', 'Swift', 'Kestrel', 'Albatross', 'Wren', 'None of them'].map((text, index) => ({
    text,
    correct: index === 0,
  })),
};
const PEAK = { type: 'text', prompt: 'Which peak is the highest?', accepted_answers: ['Everest'] };
const QUESTIONS = [CAPITAL, RIVER, BIRD, PEAK];

test('how a phone looks', { timeout: 240_000 }, async (t) => {
  const looks = await looker(t, 'phone');
  const { quibble, browser } = await night.open(t);
  const { host, game } = await night.openGame(browser, quibble, [QUESTIONS]);
  const { code } = game;
  browser.refusals.push(`404 /api/games/by-code/${WRONG_CODE}`, '403 /api/join', '404 /api/join', '409 /api/join');
  const phone = await browser.page({ ...PHONE, ...STILL });
  const other = await browser.page({ ...PHONE, ...STILL });

  // The ways in.
  await phone.goto(`/j/${code}`);
  await phone.getByText('A short one').waitFor();
  await looks('join by link', phone, { strained: true });
  await phone.goto('/');
  await phone.getByLabel('Game code').waitFor();
  await looks('join', phone, { strained: true });
  await phone.getByLabel('Game code').fill(WRONG_CODE);
  await night.knock(phone, TEAM);
  await phone.getByText('No game has this code.').waitFor();
  await looks('join wrong code', phone);
  await phone.getByLabel('Game code').fill(code);
  await night.knock(phone, TEAM);
  await night.isIn(phone, TEAM);
  for (const display_name of TEAMS.slice(1)) {
    await night.call(host.context(), 'post', '/api/join', { code, display_name });
  }

  // Another phone with the same name.
  await other.goto(`/j/${code}`);
  await night.knock(other, TEAM);
  await other.getByText('This name is taken in this game.').waitFor();
  await looks('name taken', other);
  await other.getByRole('button', { name: 'I am already playing' }).click();
  await other.getByRole('heading', { name: 'Asking to come in' }).waitFor();
  await looks('claim waiting', other);
  await host.getByRole('button', { name: `Let them in: ${TEAM}` }).click();
  await phone.getByRole('heading', { name: 'Another phone took this seat.' }).waitFor();
  await looks('moved', phone);
  await phone.getByRole('button', { name: 'Take the seat back' }).click();
  await host.getByRole('button', { name: `Let them in: ${TEAM}` }).click();
  await night.isIn(phone, TEAM);

  // The lobby.
  await phone.getByRole('heading', { name: '5 in the room' }).waitFor();
  await looks('lobby', phone, { strained: true });
  await phone.getByRole('button', { name: 'Menu' }).click();
  await phone.getByRole('heading', { name: 'Menu' }).waitFor();
  await phone.getByText('Playing on another phone?').click();
  await looks('menu', phone, { strained: true });
  await phone.getByLabel('Name', { exact: true }).fill('Bob');
  await phone.getByRole('button', { name: 'Change', exact: true }).click();
  await phone.locator('#rename[aria-invalid=true]').waitFor();
  await phone.getByRole('button', { name: 'Leave the game' }).click();
  await looks('menu leaving', phone);
  await phone.getByRole('button', { name: 'Close' }).click();

  // A team mate.
  await host.getByRole('checkbox', { name: 'Allow teams' }).check();
  await phone.getByText(`1 phone plays as ${TEAM}.`).waitFor();
  await other.goto(`/j/${code}`);
  await other.getByRole('button', { name: 'Join a game' }).click();
  await other.goto(`/j/${code}`);
  await night.knock(other, TEAM);
  await other.getByRole('button', { name: 'This is my team' }).click();
  await night.notice(phone, `A phone wants to play as ${TEAM}. Is it one of yours?`).waitFor();
  await looks('claim asked', phone);
  await phone.getByRole('button', { name: 'No', exact: true }).click();
  await other.getByText('They said no. Pick another name.').waitFor();
  await night.knock(other, 'Mallory');
  await night.isIn(other, 'Mallory');

  // The questions.
  await night.step(host, 'Start the game');
  await phone.getByText('The first question is on its way.').waitFor();
  await looks('round soon', phone);
  await night.step(host, 'Release question 1');
  await night.answer(phone, CAPITAL, 'Lima');
  await night.isSaved(phone, CAPITAL);
  await night.step(host, 'Release question 2');
  await night.answer(phone, RIVER, 'Danubee');
  await night.isSaved(phone, RIVER);
  await host.getByRole('button', { name: 'Close question 2', exact: true }).click();
  await night.card(phone, RIVER).getByText('Closed', { exact: true }).waitFor();
  await night.step(host, 'Release question 3');
  await night.answer(phone, BIRD, 'Kestrel');
  await night.isSaved(phone, BIRD);
  await night.step(host, 'Release question 4');
  await night.card(phone, PEAK).waitFor();
  await looks('questions', phone, { strained: true });
  await night.step(host, 'Pause');
  await night.notice(phone, 'Paused. The clock stands still.').waitFor();
  await looks('paused', phone);
  await night.step(host, 'Resume');
  browser.outage = true;
  await quibble.kill();
  await night.notice(phone, 'No connection. Carry on: your answers wait on this phone.').waitFor();
  await night.answer(phone, BIRD, 'Swift');
  await night.card(phone, BIRD).getByText('On this phone, not sent yet').waitFor();
  await looks('offline', phone, { strained: true });
  await quibble.run();
  await night.notice(phone, 'You are back. Your answer was saved.').waitFor();
  browser.outage = false;

  // The scores.
  await night.step(host, 'End round 1');
  await phone.getByRole('heading', { name: 'Pens down.' }).waitFor();
  await looks('pens down', phone);
  await host.getByRole('button', { name: 'Half', exact: true }).first().click();
  await host.getByText('All decided.').waitFor();
  await night.step(host, 'Show scores');
  await phone.getByRole('heading', { name: 'You are 1st of 6.' }).waitFor();
  const bird = phone.getByRole('listitem').filter({ has: phone.getByRole('heading', { name: BIRD.prompt }) });
  await bird.getByRole('button', { name: 'I think this is right' }).click();
  await phone.getByText('The host has been asked to look again.').waitFor();
  await bird.getByText('Nobody got this one').click();
  await phone.getByText('1 of 6 had it').click();
  await looks('scores', phone, { strained: true });
  await night.pressUntil(
    () => host.getByRole('button', { name: '15 min', exact: true }).click(),
    night.notice(phone, /^A break\. Back at \d\d:\d\d\.$/),
  );
  await looks('break', phone);
  await host.getByText('Check or change marks').click();
  await host.getByRole('button', { name: 'Right', exact: true }).first().click();
  await host.getByLabel('Why do the scores change? Players will read this.').fill('The swift does it, too');
  await host.getByRole('button', { name: 'Release the corrections' }).click();
  await phone.getByText('Scores were corrected: The swift does it, too').first().waitFor();
  await looks('corrected', phone);

  // The ways out.
  await host.getByRole('button', { name: 'Remove Mallory' }).click();
  await other.getByRole('heading', { name: 'The host took you out of the game.' }).waitFor();
  await looks('removed', other);
  await other.getByRole('button', { name: 'Join a game' }).click();
  await night.knock(other, 'Mallory');
  await other.getByText('The host took this name out of the game.').waitFor();
  await looks('join refused', other);
  const leaver = await night.knockingPhone(browser, code, 'Leaver', { ...PHONE, ...STILL });
  await leaver.getByRole('button', { name: 'Menu' }).click();
  await leaver.getByRole('button', { name: 'Leave the game' }).click();
  await leaver.getByRole('button', { name: 'Leave', exact: true }).click();
  await leaver.getByRole('heading', { name: 'You left the game.' }).waitFor();
  await looks('left', leaver);
  await host.getByRole('checkbox', { name: 'Lock the lobby' }).check();
  await host.getByText('Locked', { exact: true }).waitFor();
  await leaver.getByRole('button', { name: 'Join a game' }).click();
  await leaver.getByText('The host has shut the door.').waitFor();
  await looks('join locked', leaver);

  // The end.
  await night.step(host, 'End the game');
  await phone.getByRole('heading', { name: 'That was the quiz.' }).waitFor();
  await looks('final', phone, { strained: true });
  browser.outage = true;
  await leaver.evaluate((code) => {
    const seat = { code, session_token: 'none', player_id: 'none', display_name: 'Nobody' };
    localStorage.setItem(`quibble.seat.${code}`, JSON.stringify(seat));
  }, WRONG_CODE);
  await leaver.goto(`/j/${WRONG_CODE}`);
  await leaver.getByRole('heading', { name: 'This game cannot be found.' }).waitFor();
  await looks('no such game', leaver);

  browser.assertQuiet();
});
