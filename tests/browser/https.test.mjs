// A night by HTTPS: what browsers have on secure pages only, and what they are strict about there. The name is one that
// a browser takes for secure by HTTPS alone, which `localhost` is not.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Browser, LAPTOP, PHONE } from './lib/browser.mjs';
import { certificateFor } from './lib/certificate.mjs';
import * as night from './lib/night.mjs';
import { freePort, Quibble } from './lib/quibble.mjs';

const OUT = fileURLToPath(new URL('out/https/', import.meta.url));
const NAME = 'quiz.test';
const CAPITAL = { type: 'text', prompt: 'What is the capital of Peru?', accepted_answers: ['Lima'] };
const DAYS = 30;

test('a night by HTTPS', { timeout: 120_000 }, async (t) => {
  let browser;
  let quibble;
  t.after(async () => {
    await browser?.close();
    await quibble?.end();
  });
  const { cert, key, spki } = await certificateFor(t, NAME, DAYS);
  const port = await freePort();
  quibble = await Quibble.start({
    QUIBBLE_DATA__SAMPLES: 'false',
    QUIBBLE_TLS__MODE: 'files',
    QUIBBLE_TLS__LISTEN: `127.0.0.1:${port}`,
    QUIBBLE_TLS__CERT_FILE: cert,
    QUIBBLE_TLS__KEY_FILE: key,
  });
  browser = await Browser.open(`https://127.0.0.1:${port}`, NAME, { believes: spki });
  // Asked from here and not by a page: where only pages know the name.
  const desk = await browser.device({ baseURL: `https://127.0.0.1:${port}`, ignoreHTTPSErrors: true });
  await night.signedIn(desk, quibble);
  const quiz = await night.shortQuiz(desk, 'A short one', [[CAPITAL]]);
  const { code, id } = await night.call(desk, 'post', '/api/games', { quiz_id: quiz.id });
  const host = await browser.page(LAPTOP);
  const phone = await browser.page(PHONE);
  const sockets = [];
  for (const page of [host, phone]) page.on('websocket', (socket) => sockets.push(new URL(socket.url())));

  await t.test('the host signs in, and the cookie goes nowhere else', async () => {
    await host.goto('/host');
    await night.signIn(host);
    await host.getByRole('heading', { name: 'Ready for the night' }).waitFor();
    const [cookie, ...others] = await host.context().cookies();
    assert.deepEqual(others, []);
    const { name, domain, secure, httpOnly, sameSite } = cookie;
    assert.deepEqual([domain, secure, httpOnly, sameSite], [NAME, true, true, 'Lax']);
    assert.ok(name.endsWith('quibble_session'));
  });

  await t.test('the home page says until when', async () => {
    const facts = host.getByRole('region', { name: 'Ready for the night' });
    await facts.getByText(`HTTPS is on, and its certificate is valid for ${DAYS - 1} more days.`).waitFor();
    await facts.getByText(`Phones can reach this server at ${NAME}:${port}`).waitFor();
    assert.equal(await facts.getByText('Without HTTPS').count(), 0);
    await mkdir(OUT, { recursive: true });
    await host.screenshot({ path: `${OUT}home.png`, fullPage: true });
  });

  await t.test('a phone plays a question', async () => {
    await host.goto(`/host/games/${id}/live`);
    await phone.goto(`/j/${code}`);
    await night.knock(phone, 'Amy');
    await night.isIn(phone, 'Amy');
    await night.step(host, 'Start the game');
    await night.step(host, 'Release question 1');
    await night.answer(phone, CAPITAL, 'Lima');
    await night.isSaved(phone, CAPITAL);
    await host.getByText('Everybody has answered.').waitFor();
    await night.step(host, 'End round 1');
    await night.step(host, 'Show scores');
    await phone.getByRole('heading', { name: 'You are 1st of 1.' }).waitFor();
    assert.ok(sockets.length >= 2, 'the console and the phone have a socket each');
    for (const { protocol, host: at } of sockets) assert.deepEqual([protocol, at], ['wss:', `${NAME}:${port}`]);
  });

  await t.test('the phone’s page keeps itself', async () => {
    assert.ok(await phone.evaluate(() => isSecureContext));
    await phone.waitForFunction(async () => {
      const registration = await navigator.serviceWorker.getRegistration();
      return registration?.active?.state === 'activated';
    });
    await phone.reload();
    await night.isIn(phone, 'Amy');
    assert.match(await phone.evaluate(() => navigator.serviceWorker.controller.scriptURL), /^https:.+\/sw\.js$/);
  });

  browser.assertQuiet();
});
