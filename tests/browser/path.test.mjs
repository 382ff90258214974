// A night below a path of a host that somebody else has, too, by a proxy that passes the path on and by one that takes it
// off: nothing is asked for outside it.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Browser, LAPTOP, PHONE } from './lib/browser.mjs';
import { share } from './lib/nginx.mjs';
import * as night from './lib/night.mjs';
import { freePort, OWNER, Quibble } from './lib/quibble.mjs';

const OUT = fileURLToPath(new URL('out/path/', import.meta.url));
const PATH = '/quiz';

for (const keep of [true, false]) {
  test(`below a path that a proxy ${keep ? 'passes on' : 'takes off'}`, { timeout: 120_000 }, async (t) => {
    let browser;
    let quibble;
    t.after(async () => {
      await browser?.close();
      await quibble?.end();
    });
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    quibble = await Quibble.start({
      QUIBBLE_SERVER__PUBLIC_URL: origin + PATH,
      QUIBBLE_SERVER__TRUSTED_PROXIES: '127.0.0.1',
    });
    await share(t, { port, path: PATH, to: quibble.url, keep });
    browser = await Browser.open(origin);
    browser.refusals = [`401 ${PATH}/api/me`];
    const outside = [];
    const device = async (options) => {
      const context = await browser.device(options);
      const asked = (address) => {
        const { protocol, pathname } = new URL(address);
        if (protocol !== 'data:' && protocol !== 'blob:' && !pathname.startsWith(`${PATH}/`)) outside.push(address);
      };
      context.on('request', (request) => asked(request.url()));
      context.on('page', (page) => page.on('websocket', (socket) => asked(socket.url())));
      return context;
    };
    const at = (page) => page.url().replace(origin, '');
    const laptop = await device(LAPTOP);
    const host = await laptop.newPage();
    const phone = await (await device(PHONE)).newPage();
    let screen;
    let code;

    await t.test('the host makes an account by the link that was printed', async () => {
      assert.ok(quibble.setupLink.startsWith(`${origin}${PATH}/setup#`), quibble.setupLink);
      await host.goto(quibble.setupLink);
      await host.getByLabel('User name').fill(OWNER.username);
      await host.getByLabel('New password').fill(OWNER.password);
      await host.getByRole('button', { name: 'Make the account' }).click();
      await host.getByRole('heading', { name: 'Your first game' }).waitFor();
      const [cookie] = await laptop.cookies();
      assert.equal(cookie.path, PATH);
    });

    await t.test('a game and its big screen', async () => {
      await host.getByRole('button', { name: 'Play it now' }).click();
      const opens = host.waitForEvent('popup');
      await host.getByRole('button', { name: 'Open the big screen' }).click();
      screen = await opens;
      await screen.getByRole('heading', { name: night.SAMPLE_QUIZ }).waitFor();
      assert.equal(at(screen), `${PATH}/screen`);
      const spelt = await screen
        .getByText(/^Join code /)
        .first()
        .textContent();
      code = spelt.replace('Join code ', '').replaceAll(' ', '');
      const qr = screen.getByAltText('QR code of the join address').first();
      assert.ok(await qr.evaluate((image) => image.decode().then(() => image.naturalWidth > 0)));
      await screen.getByText(`127.0.0.1:${port}${PATH}`).first().waitFor();
    });

    await t.test('a phone opens what the QR code says', async () => {
      await phone.goto(`${origin}${PATH}/J/${code}`);
      await night.knock(phone, 'Amy');
      await night.isIn(phone, 'Amy');
      assert.equal(at(phone), `${PATH}/j/${code}`);
    });

    await t.test('the console, its pages, and a reload of each', async () => {
      await host.getByRole('link', { name: 'Banks', exact: true }).first().click();
      await host.getByRole('heading', { name: 'Banks', exact: true }).waitFor();
      assert.equal(at(host), `${PATH}/host/banks`);
      await host.reload();
      await host.getByRole('link', { name: 'General knowledge' }).click();
      await host.getByRole('heading', { name: 'General knowledge' }).waitFor();
      await host.goBack();
      await host.getByRole('heading', { name: 'Banks', exact: true }).waitFor();
      const [game] = await night.call(laptop, 'get', `${PATH}/api/games`);
      await host.goto(`${PATH}/host/games/${game.id}/live`);
      await night.step(host, 'Start the game');
      await night.step(host, 'Release question 1');
    });

    await t.test('an answer is saved, and the screen shows the question', async () => {
      const quizzes = await night.call(laptop, 'get', `${PATH}/api/quizzes`);
      const { id } = quizzes.find(({ name }) => name === night.SAMPLE_QUIZ);
      const [{ questions }] = (await night.call(laptop, 'get', `${PATH}/api/quizzes/${id}`)).rounds;
      await screen.getByText(questions[0].prompt).first().waitFor();
      await night.answer(phone, questions[0], night.rightAnswer(questions[0]));
      await night.isSaved(phone, questions[0]);
      await mkdir(OUT, { recursive: true });
      for (const [name, page] of Object.entries({ host, phone, screen })) {
        await page.screenshot({ path: `${OUT}${keep ? 'kept' : 'taken-off'}-${name}.png` });
      }
    });

    await t.test('the phone’s page keeps itself, and nothing of the rest of the host', async () => {
      const scope = await phone.evaluate(async () => (await navigator.serviceWorker.ready).scope);
      assert.equal(scope, `${origin}${PATH}/`);
      await phone.reload();
      await night.isIn(phone, 'Amy');
      browser.outage = true;
      await quibble.kill();
      await phone.reload();
      await night.isIn(phone, 'Amy');
      await quibble.run();
      browser.outage = false;
    });

    assert.deepEqual(outside, []);
    browser.assertQuiet();
  });
}
