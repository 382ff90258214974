// How the console looks in every phase of a game: see lib/looks.mjs.

import { test } from 'node:test';
import { LAPTOP, PHONE } from './lib/browser.mjs';
import { looker, STILL } from './lib/looks.mjs';
import * as night from './lib/night.mjs';

const TEAMS = ['The Quizzard of Oz', 'Agatha Quiztie', 'Les Quizerables', 'Bob', 'Universally Challenged'];

test('how the console looks', { timeout: 240_000 }, async (t) => {
  const looks = await looker(t, 'console');
  const { quibble, browser } = await night.open(t);
  const laptop = await browser.device({ ...LAPTOP, ...STILL });
  await night.signedIn(laptop, quibble);
  const quiz = await night.sampleQuiz(laptop);
  const game = await night.call(laptop, 'post', '/api/games', { quiz_id: quiz.id });
  const host = await laptop.newPage();
  const [{ questions }] = quiz.rounds;
  browser.refusals.push('409 /api/join', '404 /api/games/none');

  await host.goto('/host/games/none/live');
  await host.getByRole('link', { name: 'To the games' }).waitFor();
  await looks('no such game', host);

  await host.goto(`/host/games/${game.id}/live`);
  await host.getByText('Nobody is in yet.').first().waitFor();
  await looks('lobby empty', host);
  const phone = await night.joinedPhone(browser, game.code, TEAMS[0]);
  const bob = await night.joinedPhone(browser, game.code, 'Bob');
  for (const display_name of TEAMS.slice(1, 3)) {
    await night.call(laptop, 'post', '/api/join', { code: game.code, display_name });
  }
  const other = await night.knockingPhone(browser, game.code, TEAMS[0]);
  await other.getByRole('button', { name: 'I am already playing' }).click();
  await host.getByRole('button', { name: `Refuse ${TEAMS[0]}` }).waitFor();
  await host.getByRole('button', { name: 'Remove Agatha Quiztie' }).click();
  await host.getByText('1 removed').click();
  await host.getByRole('checkbox', { name: 'Lock the lobby' }).check();
  await host.getByRole('button', { name: 'Rename Bob' }).click();
  await host.getByText('Connect a big screen').click();
  await host.getByText('What happened').click();
  await host.getByText('Options of this game').click();
  await looks('lobby busy', host, { strained: true });
  await host.getByRole('button', { name: 'Cancel', exact: true }).click();
  await host.getByRole('button', { name: `Refuse ${TEAMS[0]}` }).click();
  await other.context().close();

  await host.getByRole('button', { name: 'Keys', exact: true }).click();
  await host.getByRole('dialog', { name: 'Keys that work now' }).waitFor();
  await looks('keys', host, { strained: true });
  await host.getByRole('button', { name: 'Change the keys' }).click();
  await host.getByRole('button', { name: 'Change the key: Pause', exact: true }).click();
  await host.keyboard.press('u');
  await host.getByText('U is taken by “Undo”.').waitFor();
  await looks('keys changed', host, { strained: true });
  await host.getByRole('button', { name: 'Done' }).click();
  await host.getByRole('dialog').getByRole('button', { name: 'Close' }).click();

  await host.getByText('Host from your phone, too').click();
  await host.getByRole('button', { name: 'Show the code' }).click();
  await host.getByLabel('Link to this console').waitFor();
  await looks('second console', host, { strained: true });
  const second = await browser.page({ ...PHONE, ...STILL });
  browser.refusals.push('410 /api/console-link/check');
  await second.goto(await host.getByLabel('Link to this console').inputValue());
  await second.getByRole('button', { name: 'Open the console' }).waitFor();
  await looks('second console link', second, { strained: true });
  await host.getByRole('button', { name: 'Cancel the code' }).click();
  await second.reload();
  await second.getByRole('heading', { name: 'This link no longer works' }).waitFor();
  await looks('second console link spent', second);
  await second.context().close();
  await host.getByText('Host from your phone, too').click();

  await night.step(host, 'Start the game');
  for (const [index, question] of questions.entries()) {
    await night.step(host, `Release question ${index + 1}`);
    await night.card(phone, question).waitFor();
    await night.answer(phone, question, index === 1 ? 'joeys' : night.rightAnswer(question));
    await night.isSaved(phone, question);
    if (index === 1) await looks('question', host, { strained: true });
  }
  await night.answer(bob, questions[0], night.wrongAnswer(questions[0]));
  await night.isSaved(bob, questions[0]);
  await night.step(host, 'Pause');
  await host.getByText('Paused', { exact: true }).first().waitFor();
  await host.getByLabel('More steps').click();
  await host.getByRole('button', { name: 'End the game now' }).click();
  await host.getByText('This ends the game for everybody, and nothing takes it back.').first().waitFor();
  await looks('paused and asked', host, { strained: true });
  await host.getByRole('button', { name: 'Keep playing' }).click();

  browser.outage = true;
  await quibble.kill();
  await host.getByText('No connection. The game carries on; you can steer again in a moment.').first().waitFor();
  await looks('offline', host);
  await quibble.run();
  await host.getByRole('button', { name: 'End round 1', exact: true }).waitFor();
  browser.outage = false;

  await night.step(host, 'End round 1');
  await host.getByRole('heading', { name: 'Marking round 1' }).waitFor();
  await host.getByText('Nearly: ').first().waitFor();
  for (const summary of await host.locator('main section.card > details > summary').all()) await summary.click();
  await looks('marking', host, { strained: true });
  await host.getByRole('button', { name: 'Half', exact: true }).first().click();
  await host.getByText('All decided. Show the scores when you are ready.').waitFor();
  await looks('marked', host);
  await night.step(host, 'Show scores');
  await host.getByRole('heading', { name: 'Scores after round 1' }).waitFor();
  await looks('scores', host, { strained: true });
  await bob.getByRole('button', { name: 'I think this is right' }).first().click();
  await host.getByText('Check or change marks').click();
  await host.getByText('Bob says this is right').waitFor();
  await looks('challenged', host);
  await host.getByRole('button', { name: 'Right', exact: true }).first().click();
  await host.getByRole('heading', { name: 'Corrections' }).waitFor();
  await looks('corrections', host, { strained: true });

  await night.endNow(host);
  await host.getByRole('main').getByRole('heading', { name: 'Final scores' }).waitFor();
  await looks('end', host, { strained: true });

  browser.assertQuiet();
});
