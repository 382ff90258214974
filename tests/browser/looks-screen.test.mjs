// How every view of the big screen looks: see lib/looks.mjs.

import { test } from 'node:test';
import { TV } from './lib/browser.mjs';
import { looker, STILL } from './lib/looks.mjs';
import * as night from './lib/night.mjs';

const TEAMS = ['The Quizzard of Oz', 'Agatha Quiztie', 'Les Quizerables', 'Universally Challenged'];
const CAPITAL = { type: 'text', prompt: 'What is the capital of Peru?', accepted_answers: ['Lima'] };
const BIRD = {
  type: 'multiple_choice',
  prompt: 'Which of these birds is able to fly backwards, as well as sideways and on the spot?',
  time_limit_seconds: 3_600,
  choices: ['Hummingbird', 'Swift', 'Kestrel', 'Albatross', 'Wren', 'None of them'].map((text, index) => ({
    text,
    correct: index === 0,
  })),
};
const LEGS = {
  type: 'multiple_choice',
  prompt: 'How many legs has a spider?',
  choices: ['Six', 'Eight', 'Ten'].map((text, index) => ({ text, correct: index === 1 })),
};
const LONG = `Which peak, ${'of all those there are, '.repeat(19)}is it?`;
const PEAK = { type: 'text', prompt: LONG, accepted_answers: ['K2'] };

test('how the big screen looks', { timeout: 240_000 }, async (t) => {
  const looks = await looker(t, 'screen');
  const { quibble, browser } = await night.open(t);
  const { host, game } = await night.openGame(browser, quibble, [[CAPITAL, BIRD, LEGS, PEAK]]);
  const screen = await browser.page({ ...TV, ...STILL });

  await screen.goto('/screen');
  const code = screen.getByRole('status').filter({ hasText: /\w{4}/ });
  await code.waitFor();
  await looks('pairing', screen);
  await host.getByText('Connect a big screen').click();
  await host.getByLabel('Code on the screen').fill(await code.textContent());
  await host.getByRole('button', { name: 'Connect', exact: true }).click();
  await screen.getByText('Nobody is here yet.').waitFor();
  await looks('lobby empty', screen);
  const phone = await night.joinedPhone(browser, game.code, 'Amy');
  const other = await night.joinedPhone(browser, game.code, 'Bob');
  for (const display_name of TEAMS) {
    await night.call(host.context(), 'post', '/api/join', { code: game.code, display_name });
  }
  await screen.getByText('6 players are in').waitFor();
  await looks('lobby', screen);
  await show('Join code', screen.getByRole('heading', { name: 'There is still time to join' }));
  await looks('join', screen);
  await show('Blank', screen.getByRole('heading', { name: 'The screen is blank.' }));
  await looks('blank', screen);
  await show('Follow the game', screen.getByText('6 players are in'));
  await show('15 min', screen.getByRole('heading', { name: /^Back at \d/ }));
  await looks('break', screen);
  await show('Without a time', screen.getByRole('heading', { name: 'Back soon' }));
  await looks('break open', screen);
  await show('Back to the quiz', screen.getByText('6 players are in'));

  await night.step(host, 'Start the game');
  await screen.getByText('First question coming up.').waitFor();
  await looks('round soon', screen);
  await night.step(host, 'Release question 1');
  await screen.getByRole('heading', { name: CAPITAL.prompt }).waitFor();
  await night.answer(phone, CAPITAL, 'Cusco');
  await night.isSaved(phone, CAPITAL);
  await looks('question text', screen);
  await night.step(host, 'Release question 2');
  await screen.getByRole('heading', { name: BIRD.prompt }).waitFor();
  await night.answer(phone, BIRD, 'Hummingbird');
  await night.isSaved(phone, BIRD);
  await night.answer(other, BIRD, 'Hummingbird');
  await night.isSaved(other, BIRD);
  await looks('question choice', screen);
  await night.step(host, 'Pause');
  await screen.getByText('Paused', { exact: true }).waitFor();
  await looks('paused', screen);
  await night.step(host, 'Resume');
  await host.getByRole('button', { name: 'Close question 2', exact: true }).click();
  await screen.getByText('Closed', { exact: true }).waitFor();
  await looks('question closed', screen);
  await night.step(host, 'Release question 3');
  await screen.getByRole('heading', { name: LEGS.prompt }).waitFor();
  await night.answer(phone, LEGS, 'Eight');
  await night.isSaved(phone, LEGS);
  await night.answer(other, LEGS, 'Ten');
  await night.isSaved(other, LEGS);
  await host.getByRole('button', { name: 'Close question 3', exact: true }).click();
  await night.step(host, 'Release question 4');
  await screen.getByRole('heading', { name: PEAK.prompt }).waitFor();
  await looks('question long', screen);

  browser.outage = true;
  await quibble.kill();
  await screen.getByRole('img', { name: 'Offline' }).waitFor();
  await looks('offline', screen);
  await quibble.run();
  await screen.getByRole('img', { name: 'Offline' }).waitFor({ state: 'detached' });
  browser.outage = false;

  await night.step(host, 'End round 1');
  await screen.getByRole('heading', { name: 'Pens down.' }).waitFor();
  await looks('pens down', screen);
  await night.step(host, 'Show scores');
  await screen.getByRole('heading', { name: 'After round 1 of 1' }).waitFor();
  await looks('board', screen);
  await host.getByText('Options of this game').click();
  await host.getByLabel('Keep the standings secret').check();
  await screen.getByText('The board stays secret until the end.').waitFor();
  await looks('board secret', screen);
  await host.getByLabel('Keep the standings secret').uncheck();
  await screen.getByRole('heading', { name: 'After round 1 of 1' }).waitFor();
  for (const [index, { prompt }] of [CAPITAL, BIRD, LEGS].entries()) {
    await host.getByRole('button', { name: `Show the answer to question ${index + 1}` }).click();
    await screen.getByRole('heading', { name: prompt }).waitFor();
    await screen.locator('p.right:not(.hidden)').waitFor();
    await looks(`answer ${index + 1}`, screen);
  }
  await show('Follow the game', screen.getByRole('heading', { name: 'After round 1 of 1' }));
  await phone.getByRole('button', { name: 'I think this is right' }).first().click();
  await host.getByText('Check or change marks').click();
  await host.getByText('Amy says this is right').waitFor();
  await host.getByRole('button', { name: 'Right', exact: true }).first().click();
  await host.getByLabel('Why do the scores change? Players will read this.').fill('Cusco was the capital once');
  await host.getByRole('button', { name: 'Release the corrections' }).click();
  await screen.getByText('Corrected: Cusco was the capital once').waitFor();
  await looks('board corrected', screen);
  await night.step(host, 'End the game');
  await screen.getByText('The winner').waitFor();
  await looks('final', screen);

  const [{ id: quiz_id }] = (await night.call(host.context(), 'get', '/api/quizzes')).filter(
    ({ name }) => name === 'A short one',
  );
  const next = await night.call(host.context(), 'post', '/api/games', { quiz_id });
  const idle = await night.openScreen(browser, host, next, { ...TV, ...STILL });
  await idle.getByText('Nobody is here yet.').waitFor();
  await night.call(host.context(), 'delete', `/api/games/${next.id}`);
  await idle.getByRole('heading', { name: 'This game was called off.' }).waitFor();
  await looks('cancelled', idle);

  browser.assertQuiet();

  /** Chooses by a button of the console what the screen shows. */
  async function show(name, there) {
    await night.pressUntil(() => host.getByRole('button', { name, exact: true }).click(), there);
  }
});
