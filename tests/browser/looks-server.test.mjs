// How the pages look on which the owner looks after the server: see lib/looks.mjs.

import { test } from 'node:test';
import { LAPTOP } from './lib/browser.mjs';
import { looker, STILL } from './lib/looks.mjs';
import * as night from './lib/night.mjs';

test('how the pages of the owner look', { timeout: 300_000 }, async (t) => {
  const looks = await looker(t, 'server');
  const { quibble, browser } = await night.open(t);
  const laptop = await browser.device({ ...LAPTOP, ...STILL });
  await night.signedIn(laptop, quibble);
  const quiz = await night.sampleQuiz(laptop);
  const owner = await laptop.newPage();

  await visit('quiet', '', 'No game goes on.');
  const game = await night.call(laptop, 'post', '/api/games', { quiz_id: quiz.id });
  const ann = await night.joinedPhone(browser, game.code, 'Ann');
  for (const name of ['Bob', 'The Quizzard of Oz']) await night.joinedPhone(browser, game.code, name);
  await visit('tonight', '', 'All 3 players are connected.');
  await ann.context().close();
  await visit('tonight with one away', '', '1 of 3 players is away.', { strained: true });
  // A night that goes wrong in every way.
  const wrong = {
    storage_writable: false,
    hints_carried: false,
    replicas: 3,
    connections: 9_950,
    connections_max: 10_000,
    answers_last_minute: 1_240,
    lately: {
      seconds: 300,
      answers: 4_000,
      saved_p50_ms: 240,
      saved_p99_ms: 2_400,
      not_saved: 12,
      cut_as_slow: 3,
      returned: 4_000,
      turned_away: 7,
    },
  };
  await owner.route('**/api/operator/tonight', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), ...wrong } });
  });
  await visit('tonight gone wrong', '', 'Something is wrong', { strained: true });

  await visit('health', '/health', 'There is no backup in', { strained: true });
  await visit('no backups', '/backups', 'No backup yet');
  await owner.getByRole('button', { name: 'Back up now' }).click();
  await owner.getByText('The backup is there, and it is sound.').first().waitFor();
  await looks('backups', owner, { strained: true });
  await owner.getByRole('button', { name: /^Download the backup of/ }).click();
  await owner.getByRole('dialog').waitFor();
  await looks('download', owner);

  const at = '2026-11-27T20:15:00.000Z';
  const job = { attempts: 1, attempts_max: 5, run_at: at, created_at: at, updated_at: at };
  const jobs = [
    { ...job, id: '1', kind: 'mail', subject: 'the.one.who.hosts.on.tuesdays@example.org', state: 'queued' },
    { ...job, id: '2', kind: 'backup', state: 'running' },
    { ...job, id: '3', kind: 'retention', state: 'done' },
    { ...job, id: '4', kind: 'webhook', state: 'dead', attempts: 5, error: 'the other side says 500' },
    { ...job, id: '5', kind: 'results', subject: 'A night at the Snug', state: 'cancelled' },
  ];
  await owner.route('**/api/jobs?*', (route) => route.fulfill({ json: jobs }));
  await visit('jobs', '/jobs', 'The other side says 500.', { strained: true });
  jobs.length = 0;
  await visit('no jobs', '/jobs', 'Nothing is to be done');

  for (const username of ['barmaid', 'the one who hosts on Tuesdays']) {
    await night.call(laptop, 'post', '/api/operator/accounts', { username });
  }
  const [, barmaid] = await night.call(laptop, 'get', '/api/operator/accounts');
  await night.call(laptop, 'post', `/api/operator/accounts/${barmaid.id}/disable`);
  await visit('accounts', '/accounts', 'the one who hosts on Tuesdays', { strained: true });
  await owner.getByRole('button', { name: 'New link for the one who hosts on Tuesdays' }).click();
  await owner.getByRole('dialog').waitFor();
  await looks('link', owner);

  await visit('settings', '/settings', 'server.max_connections');
  await owner.getByText('server.max_connections').click();
  await looks('setting', owner, { strained: true });

  browser.assertQuiet();

  async function visit(name, path, text, options) {
    await owner.goto(`/host/server${path}`);
    await owner.getByText(text).first().waitFor();
    await looks(name, owner, options);
  }
});
