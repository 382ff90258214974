// A whole night: from the first start to the final board, as the people in the room see it.

import { test } from 'node:test';
import { LAPTOP, noSidewaysScroll, PHONE, TV } from './lib/browser.mjs';
import * as night from './lib/night.mjs';
import { OWNER } from './lib/quibble.mjs';

test('from the first start to the final board', { timeout: 180_000 }, async (t) => {
  const { quibble, browser } = await night.open(t);
  const laptop = await browser.device(LAPTOP);
  const host = await laptop.newPage();
  let screen;
  let amy;
  let bob;
  let quiz;
  let code;

  await t.test('the set-up link makes the owner', async () => {
    await host.goto(quibble.setupLink);
    await host.getByRole('heading', { name: 'Make your account' }).waitFor();
    await host.getByLabel('User name').fill(OWNER.username);
    await host.getByLabel('New password').fill(OWNER.password);
    await host.getByRole('button', { name: 'Make the account' }).click();
    await host.getByRole('heading', { name: 'Your quiz nights' }).waitFor();
    quiz = await night.sampleQuiz(laptop);
  });

  await t.test('the link works once', async () => {
    const other = await browser.page(LAPTOP);
    browser.refusals.push('410 /api/setup/check');
    await other.goto(quibble.setupLink);
    await other.getByRole('heading', { name: 'This link no longer works' }).waitFor();
    await other.context().close();
  });

  await t.test('the sample quiz opens its console', async () => {
    await host.getByRole('button', { name: `Play ${night.SAMPLE_QUIZ}` }).click();
    await host.getByRole('button', { name: 'Open the doors' }).click();
    await host.getByRole('heading', { name: 'Waiting for players' }).waitFor();
    const spelt = await host.getByText(/^Join code /).first().textContent();
    code = spelt.replace('Join code ', '').replaceAll(' ', '');
  });

  await t.test('the big screen opens by link', async () => {
    await host.getByText('Connect a big screen').click();
    const opens = host.waitForEvent('popup');
    const links = host.waitForResponse(/\/screens$/);
    await host.getByRole('button', { name: 'Open it in a new window' }).click();
    const window = await opens;
    await window.getByRole('heading', { name: night.SAMPLE_QUIZ }).waitFor();
    const { screen_token } = await (await links).json();
    await window.close();
    screen = await browser.page(TV);
    await screen.goto(`/screen#${code}.${screen_token}`);
    await screen.getByRole('heading', { name: night.SAMPLE_QUIZ }).waitFor();
    await screen.getByText(`Join code ${[...code].join(' ')}`).waitFor();
  });

  await t.test('two phones join', async () => {
    amy = await night.joinedPhone(browser, code, 'Amy', PHONE);
    bob = await night.joinedPhone(browser, code, 'Bob', PHONE);
    await screen.getByText('2 players are in').waitFor();
    await host.getByText('2 players are in. Start when you are ready.').waitFor();
  });

  for (const [index, round] of quiz.rounds.entries()) {
    await t.test(`round ${index + 1}`, () => playRound(index + 1, round.questions));
  }

  await t.test('the end', async () => {
    await night.step(host, 'End the game');
    await amy.getByText('You won.').waitFor();
    await amy.getByRole('heading', { name: 'Final board' }).waitFor();
    await bob.getByText('You came 2nd of 2.').waitFor();
    await screen.getByRole('heading', { name: 'Final scores' }).waitFor();
    await screen.getByText('The winner').waitFor();
    await screen.locator('.winner + .name').getByText('Amy').waitFor();
  });

  await t.test('the results show the standings', async () => {
    await host.getByRole('link', { name: 'Results' }).last().click();
    await host.getByRole('heading', { name: 'Standings' }).waitFor();
    const rows = host.getByRole('group', { name: 'Standings' }).getByRole('row');
    const points = quiz.rounds.flatMap(({ questions }) => questions).reduce((sum, { points }) => sum + points, 0);
    await rows.filter({ hasText: 'Amy' }).getByText(points.toLocaleString('en-GB'), { exact: true }).first().waitFor();
    await rows.filter({ hasText: 'Bob' }).getByText('0', { exact: true }).first().waitFor();
  });

  browser.assertQuiet();

  async function playRound(number, questions) {
    await night.step(host, number === 1 ? 'Start the game' : `Start round ${number}`);
    for (const [index, question] of questions.entries()) {
      await night.step(host, `Release question ${index + 1}`);
      await screen.getByRole('heading', { name: question.prompt }).waitFor();
      await night.answer(amy, question, night.rightAnswer(question));
      await night.answer(bob, question, night.wrongAnswer(question));
      await night.isSaved(amy, question);
      await night.isSaved(bob, question);
      await host.getByText('Everybody has answered.').waitFor();
    }
    await noSidewaysScroll(amy);
    await night.step(host, `End round ${number}`);
    await amy.getByRole('heading', { name: 'Pens down.' }).waitFor();
    await screen.getByRole('heading', { name: 'Pens down.' }).waitFor();
    await host.getByText('All decided. Show the scores when you are ready.').waitFor();
    await night.step(host, 'Show scores');
    await amy.getByRole('heading', { name: 'You are 1st of 2.' }).waitFor();
    await bob.getByRole('heading', { name: 'You are 2nd of 2.' }).waitFor();
    await screen.getByRole('heading', { name: `After round ${number} of ${quiz.rounds.length}` }).waitFor();
    await noSidewaysScroll(amy);
  }
});
