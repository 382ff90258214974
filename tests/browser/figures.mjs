// Prints how fast a slow phone is: over a slow network with a processor six times slower than this one, when a question
// comes, and with a board of 300. Nothing fails here: a figure is for reading. With QUIBBLE naming a release binary:
// `tests/run figures`.

import { LAPTOP, PHONE } from './lib/browser.mjs';
import * as night from './lib/night.mjs';

const RUNS = 5;
const PLAYERS = 300;
/** How much slower than this machine the phone's processor is. */
const SLOWDOWN = 6;
/** A round trip of two seconds, 50 kB a second. */
const SLOW_3G = { offline: false, latency: 2_000, downloadThroughput: 50_000, uploadThroughput: 50_000 };
/** What each figure is to stay under, in milliseconds. */
const WANTED = { paint: '3,000', interactive: '5,500', question: '150', task: '200' };

const ends = [];
const { quibble, browser } = await night.open({ after: (end) => ends.push(end) });
try {
  const questions = [1, 2, 3, 4, 5].map((n) => ({ type: 'text', prompt: `Question ${n}?`, accepted_answers: ['yes'] }));
  const { host, game } = await night.openGame(browser, quibble, [questions]);
  await opening(game.code);
  await questionsAndBoard(host, game, questions);
} finally {
  for (const end of ends.reverse()) await end();
}

async function opening(code) {
  const found = { paint: [], interactive: [] };
  for (let run = 0; run < RUNS; run += 1) {
    const device = await browser.device(PHONE);
    const page = await device.newPage();
    await page.addInitScript(() => {
      new MutationObserver((changes, observer) => {
        const isReplaced = changes.some(({ target, removedNodes }) => target.id === 'app' && removedNodes.length > 0);
        if (!isReplaced) return;
        globalThis.interactiveAt = performance.now();
        observer.disconnect();
      }).observe(document, { subtree: true, childList: true });
    });
    await slow(page, SLOW_3G);
    await page.goto(`/j/${code}`, { timeout: 60_000 });
    await page.waitForFunction(() => globalThis.interactiveAt);
    found.paint.push(await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0].startTime));
    found.interactive.push(await page.evaluate(() => globalThis.interactiveAt));
    await device.close();
  }
  print('form painted, and usable without script', found.paint, WANTED.paint);
  print('form taken over by the script', found.interactive, WANTED.interactive);
}

async function questionsAndBoard(host, game, questions) {
  const device = await browser.device(PHONE);
  await device.addInitScript(watch);
  const phone = await device.newPage();
  await phone.goto(`/j/${game.code}`);
  await night.knock(phone, 'The Quizzard of Oz');
  await night.isIn(phone, 'The Quizzard of Oz');
  const laptop = await browser.device(LAPTOP);
  for (let n = 1; n < PLAYERS; n += 1) {
    await night.call(laptop, 'post', '/api/join', { code: game.code, display_name: `Team ${n}` });
  }
  await slow(phone);
  await night.step(host, 'Start the game');
  for (const [index, { prompt }] of questions.entries()) {
    await night.step(host, `Release question ${index + 1}`);
    await phone.getByRole('heading', { name: prompt }).first().waitFor();
  }
  const painted = await phone.evaluate(() => globalThis.painted.question_released);
  print('question painted after its message', painted, WANTED.question);

  await night.step(host, 'End round 1');
  await longest(phone);
  await night.step(host, 'Show scores');
  const everybody = phone.getByRole('button', { name: `${PLAYERS}` });
  await everybody.waitFor();
  await phone.waitForTimeout(1_000);
  print('longest task when the scores come', [await longest(phone)], WANTED.task);
  await everybody.click();
  await phone.waitForTimeout(1_000);
  print(`longest task when all ${PLAYERS} are shown`, [await longest(phone)], WANTED.task);
}

/** In the page: when what a message brought was painted, and how long the page was busy at a time. */
function watch() {
  globalThis.painted = {};
  globalThis.tasks = [];
  new PerformanceObserver((list) => globalThis.tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
    type: 'longtask',
  });
  globalThis.WebSocket = class extends WebSocket {
    constructor(address) {
      super(address);
      this.addEventListener('message', ({ data }) => {
        const [from, { type }] = [performance.now(), JSON.parse(data)];
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => (globalThis.painted[type] ??= []).push(performance.now() - from);
          port2.postMessage(undefined);
        });
      });
    }
  };
}

/** The longest task since this was asked last, in milliseconds. */
async function longest(page) {
  return page.evaluate(() => Math.max(0, ...globalThis.tasks.splice(0)));
}

async function slow(page, network) {
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN });
  if (!network) return;
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', network);
}

function print(what, values, wanted) {
  const sorted = values.toSorted((a, b) => a - b);
  const ms = (value) => `${Math.round(value).toLocaleString('en')} ms`.padStart(9);
  const [middle, last] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  console.log(`${what.padEnd(42)} ${ms(middle)} ${ms(last)}   (wanted: ${wanted} ms)`);
}
