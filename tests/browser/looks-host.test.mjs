// How the pages look on which a host prepares a night, and looks back on it: see lib/looks.mjs.

import { test } from 'node:test';
import { LAPTOP } from './lib/browser.mjs';
import { looker, STILL } from './lib/looks.mjs';
import * as night from './lib/night.mjs';

const NOBODY = '00000000-0000-7000-8000-000000000000';

test('how the way to an account looks', { timeout: 120_000 }, async (t) => {
  const looks = await looker(t, 'account');
  const { quibble, browser } = await night.open(t);
  browser.refusals.push('410 /api/setup/check', '401 /api/session');
  const laptop = await browser.device({ ...LAPTOP, ...STILL });
  const host = await laptop.newPage();

  await host.goto('/host');
  await host.getByRole('heading', { name: 'This server is new' }).waitFor();
  await looks('new server', host);
  await host.goto(quibble.setupLink);
  await host.getByLabel('User name').waitFor();
  await looks('set-up', host, { strained: true });
  await host.getByRole('button', { name: 'Make the account' }).click();
  await host.getByText('Choose a user name.').waitFor();
  await looks('set-up problems', host);
  await night.signedIn(laptop, quibble);
  await host.reload();
  await host.getByRole('heading', { name: 'This link no longer works' }).waitFor();
  await looks('link spent', host);
  const recovery = await quibble.anotherLink();
  await host.goto(`/setup${recovery.hash}`);
  await host.reload();
  await host.getByRole('heading', { name: 'A new password' }).waitFor();
  await looks('recovery', host);

  const stranger = await browser.page({ ...LAPTOP, ...STILL });
  await stranger.goto('/host');
  await stranger.getByRole('heading', { name: 'Evening. Who is hosting?' }).waitFor();
  await looks('sign-in', stranger, { strained: true });
  await stranger.getByLabel('User name').fill('nobody');
  await stranger.getByLabel('Password').fill('not the password');
  await stranger.getByRole('button', { name: 'Sign in' }).click();
  await stranger.getByText('That user name and password do not go together.').waitFor();
  await looks('sign-in wrong', stranger);

  browser.assertQuiet();
});

test('how an empty account looks', { timeout: 120_000 }, async (t) => {
  const looks = await looker(t, 'empty');
  const { quibble, browser } = await night.open(t, { QUIBBLE_DATA__SAMPLES: 'false' });
  const laptop = await browser.device({ ...LAPTOP, ...STILL });
  await night.signedIn(laptop, quibble);
  const host = await laptop.newPage();

  await visit('home', '/host', host.getByText('There is no quiz with questions yet.'));
  await visit('banks', '/host/banks', host.getByText('No banks yet'));
  await host.getByRole('button', { name: 'New bank' }).first().click();
  await host.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
  await host.getByText('Give it a name.').waitFor();
  await looks('name dialog', host, { strained: true });
  await visit('quizzes', '/host/quizzes', host.getByText('No quizzes yet'));
  await visit('games', '/host/games', host.getByText('No games yet'));
  await visit('bin', '/host/bin', host.getByText('The bin is empty'));
  await visit('repeats', '/host/repeats', host.getByText('No repeats'));
  const bank = await night.call(laptop, 'post', '/api/banks', { name: 'An empty one' });
  await visit('bank', `/host/banks/${bank.id}`, host.getByText('An empty bank'));
  await host.goto('/host/quizzes');
  await host.getByRole('button', { name: 'Build one from a bank' }).click();
  await host.getByRole('heading', { name: 'A quiz from a bank' }).waitFor();
  await looks('build dialog', host);
  const quiz = await night.call(laptop, 'post', '/api/quizzes', { name: 'An empty one' });
  await visit('quiz', `/host/quizzes/${quiz.id}`, host.getByText('No rounds yet'));
  await night.call(laptop, 'post', `/api/quizzes/${quiz.id}/rounds`, {});
  await visit('quiz with a round', `/host/quizzes/${quiz.id}`, host.getByText('No questions yet.'));
  await host.getByRole('button', { name: 'Add questions' }).click();
  await host.getByText('There are no questions yet. Write some in a bank first.').waitFor();
  await looks('pick dialog', host);

  browser.assertQuiet();

  async function visit(name, path, there) {
    await host.goto(path);
    await there.first().waitFor();
    await looks(name, host);
  }
});

test('how the pages of a host look', { timeout: 240_000 }, async (t) => {
  const looks = await looker(t, 'host');
  const { quibble, browser } = await night.open(t);
  const laptop = await browser.device({ ...LAPTOP, ...STILL });
  await night.signedIn(laptop, quibble);
  const host = await laptop.newPage();
  const [bank] = await night.call(laptop, 'get', '/api/banks');
  const quiz = await night.sampleQuiz(laptop);
  const unknown = [`banks/${NOBODY}`, `banks/${NOBODY}/questions`, `games/${NOBODY}/results`];
  browser.refusals.push(...unknown.map((path) => `404 /api/${path}`), '401 /api/account/tokens');

  await visit('home', '/host', host.getByRole('heading', { name: 'Your first game' }));
  await host.getByRole('button', { name: `Play ${night.SAMPLE_QUIZ}` }).click();
  await host.getByRole('button', { name: 'Open the doors' }).waitFor();
  await looks('play dialog', host, { strained: true });
  await host.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();

  // A game that is over, and one that runs.
  const game = await night.call(laptop, 'post', '/api/games', { quiz_id: quiz.id });
  await host.goto(`/host/games/${game.id}/live`);
  const phone = await night.joinedPhone(browser, game.code, 'The Quizzard of Oz');
  for (const display_name of ['Agatha Quiztie', 'Les Quizerables', 'Bob']) {
    await night.call(laptop, 'post', '/api/join', { code: game.code, display_name });
  }
  for (const [index, { questions }] of quiz.rounds.slice(0, 2).entries()) {
    await night.step(host, index === 0 ? 'Start the game' : `Start round ${index + 1}`);
    await night.step(host, 'Release question 1');
    await night.answer(phone, questions[0], night.rightAnswer(questions[0]));
    await night.isSaved(phone, questions[0]);
    await host.getByLabel('More steps').click();
    await night.step(host, `End round ${index + 1} now`);
    await host.getByRole('button', { name: /^Show scores/ }).click();
    await phone.getByRole('heading', { name: 'You are 1st of 4.' }).waitFor();
  }
  await night.endNow(host);
  await phone.getByRole('heading', { name: 'That was the quiz.' }).waitFor();
  await visit('results', `/host/games/${game.id}`, host.getByRole('heading', { name: 'Standings' }));
  await night.call(laptop, 'post', '/api/games', { quiz_id: quiz.id });
  await visit('games', '/host/games', host.getByRole('heading', { name: 'Played' }));
  await host.getByRole('button', { name: /^Cancel the game/ }).click();
  await host.getByRole('heading', { name: 'Cancel this game?' }).waitFor();
  await looks('cancel dialog', host);
  await visit('no such results', `/host/games/${NOBODY}`, host.getByRole('button', { name: 'Try again' }), false);

  await visit('banks', '/host/banks', host.getByRole('link', { name: bank.name }));
  await visit('no such bank', `/host/banks/${NOBODY}`, host.getByRole('button', { name: 'Try again' }), false);
  await visit('bank', `/host/banks/${bank.id}`, host.getByRole('heading', { name: '20 questions' }));
  await host.getByRole('button', { name: 'Edit question 1', exact: true }).click();
  const prompt = host.getByRole('textbox', { name: 'Question', exact: true });
  await prompt.waitFor();
  await looks('editor', host, { strained: true });
  await twoTexts();
  await looks('conflict', host, { strained: true });
  await host.getByRole('button', { name: 'Take theirs' }).click();
  await host.getByText('Keys', { exact: true }).click();
  await host.getByText('Earlier versions').click();
  await host
    .getByRole('button', { name: /^Bring back/ })
    .first()
    .waitFor();
  // Nothing under the bar.
  await host.evaluate(() => scrollTo(0, 0));
  await looks('earlier versions', host, { strained: true });

  for (const number of [1, 2]) {
    await host.getByRole('checkbox', { name: `Tick question ${number}`, exact: true }).check();
  }
  await host.getByRole('button', { name: 'Tag…' }).click();
  await host.getByLabel('Put on').fill('Easy, 80s');
  await host.getByRole('button', { name: 'Change the tags' }).click();
  await host.getByText('Tags of 2 questions changed.').first().waitFor();
  for (const number of [1, 2]) {
    await host.getByRole('checkbox', { name: `Tick question ${number}`, exact: true }).check();
  }
  await host.evaluate(() => scrollTo(0, 0));
  await looks('ticked', host, { strained: true });
  await host.getByRole('button', { name: 'Tag…' }).click();
  await looks('tag dialog', host);
  await host.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await host.getByRole('button', { name: 'Move…' }).click();
  await host.getByRole('button', { name: 'Move', exact: true }).waitFor();
  await looks('move dialog', host);
  await host.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  const [first] = await night.call(laptop, 'get', `/api/banks/${bank.id}/questions`);
  const { id: _, ...again } = first;
  await night.call(laptop, 'post', `/api/banks/${bank.id}/questions`, again);
  await visit('repeats', '/host/repeats', host.getByText('The same question'));
  await visit('bank with tags', `/host/banks/${bank.id}`, host.getByRole('heading', { name: '21 questions' }));

  await host.getByRole('button', { name: 'Delete question 2', exact: true }).click();
  await host.getByText('Question deleted.').first().waitFor();
  await night.call(laptop, 'delete', `/api/quizzes/${quiz.id}/rounds/${quiz.rounds[2].id}`);
  await visit('bin', '/host/bin', host.getByText('from A night at the Snug'));
  await host.getByRole('button', { name: 'Empty the bin' }).click();
  await host.getByRole('heading', { name: 'Empty the bin?' }).waitFor();
  await looks('empty the bin', host);
  for (const { kind, id, parent_id } of await night.call(laptop, 'get', '/api/bin')) {
    if (kind === 'question') await night.call(laptop, 'post', `/api/banks/${parent_id}/questions/${id}/restore`);
  }
  await night.call(laptop, 'post', `/api/quizzes/${quiz.id}/rounds/${quiz.rounds[2].id}/restore`);

  await visit('import', `/host/banks/${bank.id}/import`, host.getByText('Choose a file'));
  const rows = ['Question,Answer', 'What is the capital of Peru?,Lima', 'Who is it?,', 'Which river?,Danube'];
  await host.getByLabel('Or paste from a spreadsheet').fill(rows.join('\n'));
  await host.getByRole('button', { name: 'Read what I pasted' }).click();
  await host.getByRole('heading', { name: '1 row needs a look' }).waitFor();
  await looks('import preview', host, { strained: true });
  await host.getByRole('button', { name: 'Correct row 3' }).click();
  await host.getByRole('form', { name: 'Correct row 3' }).waitFor();
  await looks('import fix', host, { strained: true });
  await host.getByRole('form', { name: 'Correct row 3' }).getByLabel('Answer').fill('nobody');
  await host.getByRole('button', { name: 'Check this row' }).click();
  await host.getByRole('heading', { name: '1 row changed here' }).waitFor();
  await looks('import fixed', host, { strained: true });
  await host.getByRole('button', { name: 'Take row 3 as in the file' }).click();
  await host.getByRole('button', { name: 'Import 2 questions' }).click();
  await host.getByText('2 questions imported.').first().waitFor();
  await looks('import done', host);

  await visit('quizzes', '/host/quizzes', host.getByRole('link', { name: quiz.name }));
  await visit('quiz', `/host/quizzes/${quiz.id}`, host.getByText(quiz.rounds[0].questions[0].prompt));
  await host
    .getByText(/right in past games/)
    .first()
    .waitFor();
  await looks('quiz with a past', host);
  await host.getByRole('button', { name: 'Fill at random' }).first().click();
  await host.getByRole('button', { name: 'Fill the round' }).waitFor();
  await looks('fill dialog', host, { strained: true });
  await host.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await host.getByRole('button', { name: 'Add questions' }).first().click();
  await host.getByText('Already in this quiz').first().waitFor();
  await looks('pick dialog', host, { strained: true });

  await visit('account', '/host/account', host.getByRole('heading', { name: 'Signed-in browsers' }));
  await host.getByLabel('Name of a new token').fill('The till');
  await host.getByRole('button', { name: 'Make a token' }).click();
  await host.getByText('The token “The till”.').waitFor();
  await looks('token made', host);

  await visit('not found', '/host/nowhere', host.getByRole('heading', { name: 'Nothing here' }), false);

  // The server goes away, and with it the session.
  await host.goto('/host/account');
  await host.getByLabel('Name of a new token').fill('The other till');
  browser.outage = true;
  await quibble.kill();
  await host.getByRole('button', { name: 'Make a token' }).click();
  await host.getByText('The server does not answer.').first().waitFor();
  await looks('server down', host);
  await quibble.run();
  await host.getByText('The server does not answer.').first().waitFor({ state: 'detached' });
  browser.outage = false;
  await night.call(laptop, 'delete', '/api/session');
  await host.getByRole('button', { name: 'Make a token' }).click();
  await host.getByRole('heading', { name: 'You are signed out' }).waitFor();
  await looks('signed out', host);

  browser.assertQuiet();

  /** A page that needs no more than its address. */
  async function visit(name, path, there, strained = true) {
    await host.goto(path);
    await there.first().waitFor();
    await looks(name, host, { strained });
  }

  /** Changes the question that is being edited, first behind the editor's back and then in it. */
  async function twoTexts() {
    const [question] = await night.call(laptop, 'get', `/api/banks/${bank.id}/questions`);
    const path = `/api/banks/${bank.id}/questions/${question.id}`;
    browser.refusals.push(`409 ${path}`);
    await night.call(laptop, 'put', path, { ...question, prompt: 'What does somebody else ask here?' });
    await prompt.fill('What do I ask here?');
    await host.getByRole('heading', { name: 'Someone else changed this question' }).waitFor();
  }
});
