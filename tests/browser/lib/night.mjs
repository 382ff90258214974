// What the people of a quiz night do, in the words of the pages.

import assert from 'node:assert/strict';
import { errors } from 'playwright-core';
import { Browser, LAPTOP, PHONE, TV } from './browser.mjs';
import { OWNER, Quibble } from './quibble.mjs';

export const SAMPLE_QUIZ = 'A night at the Snug';
/** The console takes presses that follow faster than this for a bounce of one. */
const STEP_PATIENCE_MS = 700;
/** After so many presses it is not the haste that keeps one from being taken. */
const MOST_PRESSES = 20;
/** How long a press may take: the browser draws the page first, and a busy machine takes its time for that. */
const PRESS_PATIENCE_MS = 10_000;

/** A server and a browser for one test, which ends both. With a name, pages reach the server by it. */
export async function open(t, settings, name) {
  let browser;
  const quibble = await Quibble.start(settings);
  t.after(async () => {
    await browser?.close();
    await quibble.end();
  });
  browser = await Browser.open(quibble.url, name);
  return { quibble, browser };
}

/** Makes the owner's account without a page, for tests that are not about that. */
export async function signedIn(context, quibble) {
  const token = new URL(quibble.setupLink).hash.slice(1);
  await call(context, 'post', '/api/setup', { token, ...OWNER });
}

/** Signs in by the form, from wherever the page is. */
export async function signIn(page) {
  await page.getByLabel('User name').fill(OWNER.username);
  await page.getByLabel('Password').fill(OWNER.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Calls the interface as the browser would, with its cookie. */
export async function call(context, method, path, data) {
  const response = await context.request[method](path, { data });
  assert.ok(response.ok(), `${method} ${path}: ${response.status()} ${await response.text()}`);
  return response.status() === 204 ? undefined : response.json();
}

/** The sample quiz with its rounds and questions. */
export async function sampleQuiz(context) {
  const quizzes = await call(context, 'get', '/api/quizzes');
  return call(context, 'get', `/api/quizzes/${quizzes.find(({ name }) => name === SAMPLE_QUIZ).id}`);
}

/** A short quiz: rounds of text questions, each `{ prompt, accepted_answers }`. */
export async function shortQuiz(context, name, rounds) {
  const bank = await call(context, 'post', '/api/banks', { name: `Questions of ${name}` });
  const quiz = await call(context, 'post', '/api/quizzes', { name });
  for (const questions of rounds) {
    const round = await call(context, 'post', `/api/quizzes/${quiz.id}/rounds`, {});
    const ids = [];
    for (const question of questions) {
      const made = await call(context, 'post', `/api/banks/${bank.id}/questions`, { type: 'text', ...question });
      ids.push(made.id);
    }
    await call(context, 'put', `/api/quizzes/${quiz.id}/rounds/${round.id}/questions`, { question_ids: ids });
  }
  return quiz;
}

/** A signed-in laptop with the console of a new game, and the game. */
export async function openGame(browser, quibble, rounds) {
  const context = await browser.device(LAPTOP);
  await signedIn(context, quibble);
  const quiz = rounds ? await shortQuiz(context, 'A short one', rounds) : await sampleQuiz(context);
  const game = await call(context, 'post', '/api/games', { quiz_id: quiz.id });
  const host = await context.newPage();
  await host.goto(`/host/games/${game.id}/live`);
  return { host, game, quiz };
}

/** The big screen of a game. */
export async function openScreen(browser, host, game, options = TV) {
  const { screen_token } = await call(host.context(), 'post', `/api/games/${game.id}/screens`, {});
  const screen = await browser.page(options);
  await screen.goto(`/screen#${game.code}.${screen_token}`);
  return screen;
}

/** A phone that has joined by typing the code. */
export async function joinedPhone(browser, code, name, options = PHONE) {
  const phone = await browser.page(options);
  await phone.goto('/');
  await phone.getByLabel('Game code').fill(code);
  await phone.getByLabel('Your name, or your team’s').fill(name);
  await phone.getByRole('button', { name: 'Join' }).click();
  await phone.getByText('You play as').or(phone.getByRole('banner').getByText(name)).first().waitFor();
  return phone;
}

/** A phone that has opened the link of a game and sent a name. */
export async function knockingPhone(browser, code, name, options = PHONE) {
  const phone = await browser.page(options);
  await phone.goto(`/j/${code}`);
  await knock(phone, name);
  return phone;
}

/** Sends a name from the form. */
export async function knock(phone, name) {
  await phone.getByLabel('Your name, or your team’s').fill(name);
  await phone.getByRole('button', { name: 'Join', exact: true }).click();
}

/** Waits until a phone is in its game under a name. */
export async function isIn(phone, name) {
  await phone.getByRole('banner').getByText(name, { exact: true }).waitFor();
}

/** Takes a step on the console by its button, once it can be taken, and waits until the game has taken it. */
export async function step(host, name) {
  const button = host.getByRole('button', { name, exact: true });
  await button.waitFor();
  await pressUntil(() => pressIfThere(button), button, 'detached');
}

/** Ends a game before its last round, which the console asks about first. */
export async function endNow(host) {
  await host.getByLabel('More steps').click();
  const button = host.getByRole('button', { name: 'End the game now' });
  await pressUntil(() => button.click(), host.getByRole('button', { name: 'Keep playing' }));
  await pressUntil(() => pressIfThere(button), button, 'detached');
}

/** Presses a button that may go just now, because a press before had its effect late. */
async function pressIfThere(button) {
  try {
    await button.click({ timeout: PRESS_PATIENCE_MS });
  } catch (error) {
    if (!(error instanceof errors.TimeoutError)) throw error;
  }
}

/** Presses until what that should bring is there: a press too soon after the last one is not taken, so it is made
 * again, as a host would. */
export async function pressUntil(press, result, state = 'visible') {
  for (let presses = 0; presses < MOST_PRESSES; presses += 1) {
    await press();
    try {
      return await result.waitFor({ state, timeout: STEP_PATIENCE_MS });
    } catch (error) {
      if (!(error instanceof errors.TimeoutError)) throw error;
    }
  }
  const page = await result.page().locator('body').innerText();
  assert.fail(`${MOST_PRESSES} presses do not bring about that ${result} is ${state}. The page says:\n${page}`);
}

/** What stands above a phone's page: no connection, a pause, who asks to come in. Screen readers are told it apart. */
export function notice(phone, text) {
  return phone.getByRole('complementary', { name: 'Notices' }).getByText(text);
}

/** A question's card on a phone. */
export function card(phone, question) {
  return phone.getByRole('region', { name: question.prompt });
}

/** Types or taps an answer. */
export async function answer(phone, question, text) {
  const on = card(phone, question);
  if (question.type === 'text') {
    await on.getByLabel('Your answer').fill(text);
    await on.getByLabel('Your answer').press('Enter');
  } else {
    await on.locator('label').filter({ hasText: text }).click();
  }
}

export async function isSaved(phone, question) {
  await card(phone, question).getByText('Saved', { exact: true }).waitFor();
}

export function rightAnswer(question) {
  return question.accepted_answers?.[0] ?? question.choices.find(({ correct }) => correct).text;
}

export function wrongAnswer(question) {
  return question.choices?.find(({ correct }) => !correct).text ?? 'a wild guess';
}
