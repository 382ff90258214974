// Every page in light and dark, narrow and wide: nothing that axe objects to, nothing that scrolls sideways. The
// pictures are left in `out`.

import { mkdir, rm } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { axe, LAPTOP, noSidewaysScroll, PHONE, TV } from './lib/browser.mjs';
import * as night from './lib/night.mjs';

const OUT = fileURLToPath(new URL('out/', import.meta.url));
const SCHEMES = ['light', 'dark'];
const WIDTHS = [320, 390, 1280, 1920];
const SCREEN_WIDTHS = [...WIDTHS, 3840];
/** axe looks at these widths: all layouts come up at one of them. */
const AXE_WIDTHS = [390, 1280];
const PICTURE_WIDTHS = [390, 1280];
const SCREEN_PICTURE_WIDTHS = [1920];

const STILL = { reducedMotion: 'reduce' };
const TEAMS = ['The Quizzard of Oz', 'Agatha Quiztie', 'Les Quizerables', 'Bob', 'Universally Challenged'];

test('how it looks', { timeout: 280_000 }, async (t) => {
  await rm(OUT, { recursive: true, force: true });
  await mkdir(OUT, { recursive: true });
  const { quibble, browser } = await night.open(t);
  const laptop = await browser.device({ ...LAPTOP, ...STILL });
  const host = await laptop.newPage();
  const phone = await browser.page({ ...PHONE, ...STILL });
  const screen = await browser.page({ ...TV, ...STILL });

  await host.goto(quibble.setupLink);
  await host.getByLabel('User name').waitFor();
  await looks('set-up', host);
  await night.signedIn(laptop, quibble);

  const stranger = await browser.page({ ...LAPTOP, ...STILL });
  await stranger.goto('/host');
  await stranger.getByRole('heading', { name: 'Evening. Who is hosting?' }).waitFor();
  await looks('sign-in', stranger);
  await stranger.context().close();

  await host.goto('/host');
  await host.getByRole('heading', { name: 'Your first game' }).waitFor();
  await looks('home', host);

  const [bank] = await night.call(laptop, 'get', '/api/banks');
  const quiz = await night.sampleQuiz(laptop);
  const game = await night.call(laptop, 'post', '/api/games', { quiz_id: quiz.id });
  await host.goto(`/host/games/${game.id}/live`);

  await phone.goto(`/j/${game.code}`);
  await phone.getByText(night.SAMPLE_QUIZ).waitFor();
  await looks('phone-join-by-link', phone);
  await phone.goto('/');
  await phone.getByLabel('Game code').waitFor();
  await looks('phone-join', phone);
  await phone.getByLabel('Game code').fill(game.code);
  await phone.getByLabel('Your name, or your team’s').fill(TEAMS[0]);
  await phone.getByRole('button', { name: 'Join' }).click();
  await phone.getByText('You play as').waitFor();
  for (const display_name of TEAMS.slice(1)) {
    await night.call(laptop, 'post', '/api/join', { code: game.code, display_name });
  }

  await screen.goto('/screen');
  const code = screen.getByRole('status').filter({ hasText: /\w{4}/ });
  await code.waitFor();
  await looks('screen-pairing', screen, SCREEN_WIDTHS);
  const pairing = await code.textContent();
  await host.getByText('Connect a big screen').click();
  await host.getByLabel('Code on the screen').fill(pairing);
  await host.getByRole('button', { name: 'Connect', exact: true }).click();
  await screen.getByText('5 players are in').waitFor();

  await phone.getByRole('heading', { name: '5 in the room' }).waitFor();
  await looks('phone-lobby', phone);
  await looks('screen-lobby', screen, SCREEN_WIDTHS);
  await looks('console-lobby', host);

  const [{ questions }] = quiz.rounds;
  await night.step(host, 'Start the game');
  for (const [index, question] of questions.entries()) {
    await night.step(host, `Release question ${index + 1}`);
    await night.card(phone, question).waitFor();
    if (index === 1) {
      // One of both kinds: the first answered, the second not yet.
      await looks('phone-questions', phone);
      await looks('screen-question-text', screen, SCREEN_WIDTHS);
      await looks('console-question', host);
    }
    await night.answer(phone, question, index === 1 ? 'joeys' : night.rightAnswer(question));
    await night.isSaved(phone, question);
  }
  await screen.getByRole('heading', { name: questions.at(-1).prompt }).waitFor();
  await looks('screen-question-choice', screen, SCREEN_WIDTHS);

  await night.step(host, 'End round 1');
  await phone.getByRole('heading', { name: 'Pens down.' }).waitFor();
  await host.getByRole('heading', { name: 'Marking round 1' }).waitFor();
  await looks('phone-pens-down', phone);
  await looks('console-marking', host);
  await host.getByRole('button', { name: /^Show scores/ }).click();
  await phone.getByRole('heading', { name: 'You are 1st of 5.' }).waitFor();
  await screen.getByRole('heading', { name: 'After round 1 of 3' }).waitFor();
  await looks('phone-scores', phone);
  await looks('screen-board', screen, SCREEN_WIDTHS);
  await looks('console-scores', host);
  await host.getByRole('button', { name: 'Show the answer to question 1' }).click();
  await screen.locator('p.right:not(.hidden)').getByText(night.rightAnswer(questions[0])).waitFor();
  await looks('screen-answer', screen, SCREEN_WIDTHS);

  await host.getByLabel('More steps').click();
  await night.step(host, 'End the game now');
  await phone.getByRole('heading', { name: 'That was the quiz.' }).waitFor();
  await screen.getByRole('heading', { name: 'Final scores' }).waitFor();
  await looks('phone-final', phone);
  await looks('screen-final', screen, SCREEN_WIDTHS);
  await looks('console-end', host);

  await visit('results', `/host/games/${game.id}`, host.getByRole('heading', { name: 'Standings' }));
  await visit('games', '/host/games', host.getByRole('heading', { name: 'Played' }));
  await visit('banks', '/host/banks', host.getByRole('link', { name: bank.name }));
  await visit('bank', `/host/banks/${bank.id}`, host.getByRole('heading', { name: '20 questions' }));
  await host.getByRole('button', { name: 'Edit question 1', exact: true }).click();
  await host.getByRole('textbox', { name: 'Question', exact: true }).waitFor();
  await looks('bank-editor', host);
  await visit('import', `/host/banks/${bank.id}/import`, host.getByText('Choose a file'));
  const rows = ['Question,Answer', 'What is the capital of Peru?,Lima', 'Who is it?,', 'Which river?,Danube'];
  await host.getByLabel('Or paste from a spreadsheet').fill(rows.join('\n'));
  await host.getByRole('button', { name: 'Read what I pasted' }).click();
  await host.getByRole('heading', { name: '1 row is left out' }).waitFor();
  await looks('import-preview', host);
  await visit('quizzes', '/host/quizzes', host.getByRole('link', { name: quiz.name }));
  await visit('quiz', `/host/quizzes/${quiz.id}`, host.getByText(questions[0].prompt));
  await visit('account', '/host/account', host.getByRole('heading', { name: 'Signed-in browsers' }));

  browser.assertQuiet();

  /** A page that needs no more than its address. */
  async function visit(name, path, there) {
    await host.goto(path);
    await there.first().waitFor();
    await looks(name, host);
  }

  /** Looks at a page as it is now; every finding is a failed test of its own. */
  async function looks(name, page, widths = WIDTHS) {
    const pictured = page === screen ? SCREEN_PICTURE_WIDTHS : PICTURE_WIDTHS;
    const before = page.viewportSize();
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      for (const width of widths) {
        const height = page === screen ? Math.round((width * 9) / 16) : width < 800 ? 844 : 900;
        await page.setViewportSize({ width, height });
        const what = `${name} ${colorScheme} ${width}`;
        await t.test(what, async () => {
          // What follows a resize is drawn in the frame after the next.
          await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
          const path = `${OUT}${what.replaceAll(' ', '-')}.png`;
          if (pictured.includes(width)) await page.screenshot({ path, fullPage: page !== screen });
          await noSidewaysScroll(page);
          if (AXE_WIDTHS.includes(width)) await axe(page, what);
        });
      }
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize(before);
  }
});
