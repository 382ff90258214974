// A night on a plain address in the pub's own network, as most will be played: no HTTPS, and so none of what browsers
// keep for secure pages.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LAPTOP, PHONE, TV } from './lib/browser.mjs';
import * as night from './lib/night.mjs';

const NAME = 'quiz.test';
const CAPITAL = { type: 'text', prompt: 'What is the capital of Peru?', accepted_answers: ['Lima'] };
const BIRD = {
  type: 'multiple_choice',
  prompt: 'Which bird flies backwards?',
  choices: [
    { text: 'The hummingbird', correct: true },
    { text: 'The swift', correct: false },
  ],
};
const EGG = { type: 'text', prompt: 'Which bird lays the largest egg?', accepted_answers: ['ostrich'] };
const ROUNDS = [[CAPITAL, BIRD], [EGG]];

test('a night without HTTPS', { timeout: 120_000 }, async (t) => {
  const { quibble, browser } = await night.open(t, { QUIBBLE_DATA__SAMPLES: 'false' }, NAME);
  const desk = await browser.device({ ...LAPTOP, baseURL: quibble.url });
  await night.signedIn(desk, quibble);
  await night.shortQuiz(desk, 'A short one', ROUNDS);
  const [bank] = await night.call(desk, 'get', '/api/banks');
  const host = await opened(LAPTOP);
  const phones = [];
  let screen;
  let code;

  await t.test('the host signs in and writes a question', async () => {
    await host.goto('/host/banks');
    await night.signIn(host);
    await host.getByRole('link', { name: 'Questions of A short one' }).click();
    await host.getByRole('button', { name: 'Text question' }).click();
    await host.locator('textarea:focus').pressSequentially('Which bird cannot fly?');
    await host.getByLabel('Add a spelling that counts').fill('The ostrich');
    await host.getByLabel('Add a spelling that counts').press('Enter');
    await host
      .getByText(/^Saved \d/)
      .first()
      .waitFor();
    const questions = await night.call(desk, 'get', `/api/banks/${bank.id}/questions`);
    assert.equal(questions.at(-1).prompt, 'Which bird cannot fly?');
  });

  await t.test('the doors open', async () => {
    await host.goto('/host');
    await host.getByRole('button', { name: 'Play A short one' }).click();
    await host.getByRole('button', { name: 'Open the doors' }).click();
    await host.getByRole('heading', { name: 'Waiting for players' }).waitFor();
    const address = await host.getByLabel('How players join', { exact: true }).inputValue();
    code = address.split('/').at(-1);
  });

  await t.test('an address is copied all the same', async () => {
    await host.getByRole('button', { name: 'Copy the link' }).click();
    await host.getByText('Copied.').first().waitFor();
  });

  await t.test('the big screen is paired', async () => {
    screen = await opened(TV);
    await screen.goto('/screen');
    const shown = screen.getByRole('status').filter({ hasText: /\w{4}/ });
    await host.getByText('Connect a big screen').click();
    await host.getByLabel('Code on the screen').fill(await shown.textContent());
    await host.getByRole('button', { name: 'Connect', exact: true }).click();
    await screen.getByText('Nobody is here yet.').waitFor();
  });

  await t.test('phones join, and copy their link, too', async () => {
    for (const name of ['Amy', 'Ben']) {
      phones.push(await opened(PHONE));
      await phones.at(-1).goto(`/j/${code}`);
      await night.knock(phones.at(-1), name);
      await night.isIn(phones.at(-1), name);
    }
    await phones[0].getByRole('button', { name: 'Menu' }).click();
    await phones[0].getByText('Playing on another phone?').click();
    await phones[0].getByRole('button', { name: 'Copy', exact: true }).click();
    await phones[0].getByRole('button', { name: 'Copied', exact: true }).waitFor();
    await phones[0].getByRole('button', { name: 'Close' }).click();
    await screen.getByText('2 players are in').waitFor();
  });

  for (const [index, questions] of ROUNDS.entries()) {
    await t.test(`round ${index + 1}`, () => playRound(index + 1, questions));
  }

  await t.test('the podium', async () => {
    await night.step(host, 'End the game');
    await phones[0].getByText('You won.').waitFor();
    await phones[1].getByText('You came 2nd of 2.').waitFor();
    await screen.getByText('The winner').waitFor();
    await screen.locator('.winner + .name').getByText('Amy').waitFor();
  });

  await t.test('all of it was on plain addresses, without what these lack', async () => {
    for (const page of [host, screen, ...phones]) {
      assert.deepEqual(await page.evaluate(whatThereIs), { isSecureContext: false, missing: true });
    }
  });

  browser.assertQuiet();

  async function opened(options) {
    const context = await browser.device(options);
    await context.addInitScript(takeAway);
    return context.newPage();
  }

  async function playRound(number, questions) {
    await night.step(host, number === 1 ? 'Start the game' : `Start round ${number}`);
    for (const [index, question] of questions.entries()) {
      await night.step(host, `Release question ${index + 1}`);
      await screen.getByRole('heading', { name: question.prompt }).waitFor();
      await night.answer(phones[0], question, night.rightAnswer(question));
      await night.answer(phones[1], question, night.wrongAnswer(question));
      for (const phone of phones) await night.isSaved(phone, question);
    }
    await host.getByText('Everybody has answered.').waitFor();
    await night.step(host, `End round ${number}`);
    await night.step(host, 'Show scores');
    await phones[0].getByRole('heading', { name: 'You are 1st of 2.' }).waitFor();
    await screen.getByRole('heading', { name: `After round ${number} of ${ROUNDS.length}` }).waitFor();
  }
});

/** In every page before its scripts: takes away what a plain address does not have, and what phones may lack. */
function takeAway() {
  for (const name of ['wakeLock', 'serviceWorker', 'clipboard', 'vibrate', 'share']) delete Navigator.prototype[name];
  delete Crypto.prototype.randomUUID;
}

function whatThereIs() {
  const lacking = [navigator.wakeLock, navigator.serviceWorker, navigator.clipboard, navigator.vibrate];
  const missing = [...lacking, navigator.share, crypto.randomUUID].every((value) => value === undefined);
  return { isSecureContext, missing };
}
