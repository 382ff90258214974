// What the owner sees and does who looks after the server: the night at a glance, health, backups, accounts, settings.
// A host sees nothing of it.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { LAPTOP } from './lib/browser.mjs';
import * as night from './lib/night.mjs';
import { OWNER } from './lib/quibble.mjs';

const HOST = { username: 'barmaid', password: 'a half of bitter' };

test('the owner looks after the server', { timeout: 180_000 }, async (t) => {
  const { quibble, browser } = await night.open(t);
  browser.refusals.push('422 /api/operator/accounts');
  const laptop = await browser.device({ ...LAPTOP, acceptDownloads: true });
  await night.signedIn(laptop, quibble);
  const quiz = await night.sampleQuiz(laptop);
  const owner = await laptop.newPage();
  const places = owner.getByRole('navigation', { name: 'Server' });

  await t.test('a quiet house', async () => {
    await owner.goto('/host');
    await owner.getByRole('link', { name: 'Server' }).click();
    await owner.getByRole('heading', { name: 'Tonight', level: 1 }).waitFor();
    await owner.getByText('No game goes on.').waitFor();
    assert.equal(await places.getByRole('link', { name: 'Tonight' }).getAttribute('aria-current'), 'page');
  });

  await t.test('a night with a phone that goes away', async () => {
    const game = await night.call(laptop, 'post', '/api/games', { quiz_id: quiz.id });
    const ann = await night.joinedPhone(browser, game.code, 'Ann');
    await night.joinedPhone(browser, game.code, 'Bob');
    const verdict = owner.getByRole('region', { name: 'All is well' });
    await verdict.getByText('All 2 players are connected.').waitFor();
    await owner.getByText(night.SAMPLE_QUIZ).waitFor();
    await ann.context().close();
    await owner.getByRole('region', { name: 'Have a look' }).getByText('1 of 2 players is away.').waitFor();
    await owner.getByRole('progressbar', { name: '1 of 2 players is connected' }).waitFor();
    await night.call(laptop, 'delete', `/api/games/${game.id}`);
    await owner.getByText('No game goes on.').waitFor();
  });

  await t.test('the doctor says how the server is', async () => {
    await places.getByRole('link', { name: 'Health' }).click();
    await owner.getByRole('heading', { name: 'Health', level: 1 }).waitFor();
    await owner.getByText('There is no backup in').waitFor();
    await owner.getByRole('heading', { name: 'As it should be' }).waitFor();
    const figures = owner.getByRole('region', { name: 'This server' });
    await figures.getByText('SQLite').waitFor();
    await owner.getByRole('button', { name: 'Look again' }).click();
    await figures.getByText(/^off$/).waitFor();
  });

  await t.test('a backup is taken, checked and taken away', async () => {
    await places.getByRole('link', { name: 'Backups' }).click();
    await owner.getByText('No backup yet').waitFor();
    await owner.getByRole('button', { name: 'Back up now' }).click();
    await owner.getByText('The backup is there, and it is sound.').first().waitFor();
    await owner.getByRole('button', { name: /^Check the backup of/ }).click();
    await owner.getByText('The backup is sound and can be restored').first().waitFor();
    await owner.getByRole('button', { name: /^Download the backup of/ }).click();
    const dialog = owner.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Download' }).click();
    await dialog.getByText('Type your password.').waitFor();
    await dialog.getByLabel('Your password').fill(OWNER.password);
    const [file] = await Promise.all([
      owner.waitForEvent('download'),
      dialog.getByRole('button', { name: 'Download' }).click(),
    ]);
    assert.match(file.suggestedFilename(), /^quibble-.+\.backup\.zip$/);
    assert.equal((await readFile(await file.path())).subarray(0, 2).toString(), 'PK');
    await dialog.waitFor({ state: 'detached' });
  });

  await t.test('what is done beside the games is seen', async () => {
    await night.call(laptop, 'post', '/api/jobs', { kind: 'backup' });
    await places.getByRole('link', { name: 'Jobs' }).click();
    const list = owner.getByRole('list', { name: 'The jobs' });
    const backup = list.getByRole('listitem').filter({ hasText: 'Backup' }).first();
    await backup.getByText('Done').waitFor();
    await owner.getByLabel('Which jobs').selectOption({ label: 'Given up' });
    await owner.getByText('No job is like that.').waitFor();
  });

  let link;
  await t.test('a host gets an account by a link', async () => {
    await places.getByRole('link', { name: 'Accounts' }).click();
    await owner.getByRole('button', { name: 'New account' }).click();
    const dialog = owner.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Make the account' }).click();
    await dialog.getByText('Choose a user name.').waitFor();
    await dialog.getByLabel('User name').fill(OWNER.username);
    await dialog.getByRole('button', { name: 'Make the account' }).click();
    await dialog.getByText('An account has that name already.').waitFor();
    await dialog.getByLabel('User name').fill(HOST.username);
    await dialog.getByRole('button', { name: 'Make the account' }).click();
    await owner.getByRole('heading', { name: `A link for ${HOST.username}` }).waitFor();
    link = await owner.getByLabel('Link', { exact: true }).inputValue();
    await owner.getByRole('button', { name: 'Done' }).click();
    await owner.getByText('No password yet').waitFor();
  });

  const host = await browser.page(LAPTOP);
  await t.test('a host sees nothing of all this', async () => {
    await host.goto(`/setup${new URL(link).hash}`);
    await host.getByLabel('New password').fill(HOST.password);
    await host.getByRole('button', { name: 'Set the password' }).click();
    await host.getByRole('heading', { name: 'Ready for the night' }).waitFor();
    assert.equal(await host.getByRole('link', { name: 'Server' }).count(), 0);
    for (const path of ['', '/health', '/backups', '/jobs', '/accounts', '/settings']) {
      await host.goto(`/host/server${path}`);
      await host.getByText('Only for the owner').waitFor();
    }
    for (const what of ['tonight', 'health', 'process', 'backups', 'accounts', 'settings']) {
      assert.equal((await host.request.get(`/api/operator/${what}`)).status(), 403, what);
    }
  });

  await t.test('the host is shut out and let in again', async () => {
    await owner.getByRole('button', { name: `Disable ${HOST.username}` }).click();
    await owner.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    await owner.getByText('Disabled', { exact: true }).waitFor();
    assert.equal((await host.request.get('/api/me')).status(), 401);
    await owner.getByRole('button', { name: 'Undo' }).click();
    await owner.getByText(`${HOST.username} can sign in again.`).first().waitFor();
    await owner.getByRole('button', { name: `Disable ${HOST.username}` }).waitFor();
    assert.equal(await owner.getByRole('button', { name: `Disable ${OWNER.username}` }).count(), 0);
  });

  await t.test('a setting that was given at the command line is locked', async () => {
    await places.getByRole('link', { name: 'Settings' }).click();
    await owner.getByText('server.max_connections').waitFor();
    await owner.getByLabel('Only what somebody has set').check();
    await owner.getByText('server.max_connections').waitFor({ state: 'detached' });
    const listen = owner.getByRole('group').filter({ hasText: 'server.listen' });
    await listen.getByRole('img', { name: 'Locked' }).waitFor();
    await listen.getByText('--listen', { exact: true }).first().waitFor();
    await listen.getByText('server.listen').click();
    await listen.getByText('Addresses to listen on, each with its port.').waitFor();
    await owner.getByLabel('Find a setting').fill('nothing is called that');
    await owner.getByText('No setting is like that.').waitFor();
  });

  browser.assertQuiet();
});
