// Lighthouse on the pages of a server: a phone's join form, a host's pages, the big screen.

import lighthouse, { desktopConfig } from 'lighthouse';
import { chromium } from 'playwright-core';
import { EXECUTABLE, FLAGS } from './browser.mjs';
import * as night from './night.mjs';
import { freePort, Quibble } from './quibble.mjs';

/** The score of a page in each category, out of 100. */
export const LEAST_SCORE = 98;
/** No page of ours loads for longer. */
const LONGEST_LOAD_MS = 15_000;

/** A signed-in browser with a game in its lobby, and the pages to audit. `close` ends browser and server. */
export async function openPages() {
  const quibble = await Quibble.start();
  const port = await freePort();
  // Lighthouse opens its own tab, which has the cookies of the browser's first context only.
  const context = await chromium.launchPersistentContext('', {
    executablePath: EXECUTABLE,
    headless: true,
    args: [...FLAGS, `--remote-debugging-port=${port}`],
    baseURL: quibble.url,
  });
  const close = async () => {
    await context.close();
    await quibble.end();
  };
  try {
    await night.signedIn(context, quibble);
    const quiz = await night.sampleQuiz(context);
    const [bank] = await night.call(context, 'get', '/api/banks');
    const game = await night.call(context, 'post', '/api/games', { quiz_id: quiz.id });
    const screen = await night.call(context, 'post', `/api/games/${game.id}/screens`, {});
    const pages = [
      { name: 'join', path: '/', isPlayer: true },
      { name: 'join by link', path: `/j/${game.code}`, isPlayer: true },
      { name: 'home', path: '/host' },
      { name: 'bank', path: `/host/banks/${bank.id}` },
      { name: 'quiz', path: `/host/quizzes/${quiz.id}` },
      { name: 'console', path: `/host/games/${game.id}/live` },
      { name: 'screen', path: `/screen#${game.code}.${screen.screen_token}`, config: desktopConfig },
    ];
    return { pages, audit: ({ path, config }, options) => audit(port, quibble.url + path, options, config), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Lighthouse's result for a page: as a phone sees it, or by a configuration. */
async function audit(port, url, options, config) {
  const flags = {
    port,
    logLevel: 'error',
    maxWaitForLoad: LONGEST_LOAD_MS,
    disableFullPageScreenshot: true,
    ...options,
  };
  const { lhr } = await lighthouse(url, flags, config);
  if (lhr.runtimeError) throw new Error(`${url}: ${lhr.runtimeError.message}`);
  return lhr;
}

/** A category's score out of 100. */
export function score(lhr, category) {
  return Math.round(100 * lhr.categories[category].score);
}

/** What a page loses points for in a category, in words. */
export function shortfalls(lhr, category) {
  return lhr.categories[category].auditRefs
    .map(({ id, weight }) => ({ weight, ...lhr.audits[id] }))
    .filter(({ weight, score }) => weight > 0 && score !== null && score < 1)
    .map(({ title, displayValue, details }) => {
      const items = (details?.items ?? []).slice(0, 5).map((item) => JSON.stringify(item).slice(0, 300));
      return [title, displayValue, ...items].filter(Boolean).join('\n  ');
    });
}
