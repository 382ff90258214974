// A host without a mouse: a round from the lobby to the scores, and the things beside it, by keys alone.

import { test } from 'node:test';
import * as night from './lib/night.mjs';

const CAPITAL = { type: 'text', prompt: 'What is the capital of Peru?', accepted_answers: ['Lima'] };
const RIVER = { type: 'text', prompt: 'Which river runs through Vienna?', accepted_answers: ['Danube'] };

test('a round by keys alone', { timeout: 90_000 }, async (t) => {
  const { quibble, browser } = await night.open(t);
  const { host, game } = await night.openGame(browser, quibble, [[CAPITAL, RIVER]]);
  const screen = await night.openScreen(browser, host, game);
  const phone = await night.joinedPhone(browser, game.code, 'Amy');
  await host.getByText('1 player is in. Start when you are ready.').waitFor();

  await t.test('the sign-in and the way to the console work by keys', async () => {
    const page = await browser.page({ viewport: { width: 1280, height: 800 } });
    await page.goto('/host');
    await page.getByLabel('User name').focus();
    await page.keyboard.type('landlord');
    await page.keyboard.press('Tab');
    await page.keyboard.type('mild and bitter');
    await page.keyboard.press('Enter');
    const link = page.getByRole('link', { name: 'Open the console of A short one' });
    await link.waitFor();
    while (!(await link.evaluate((element) => element === document.activeElement))) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Waiting for players' }).waitFor();
    await page.context().close();
  });

  await t.test('Space takes the next step', async () => {
    await press('Space', host.getByRole('button', { name: 'Release question 1', exact: true }));
    await press('Space', screen.getByRole('heading', { name: CAPITAL.prompt }));
    await night.answer(phone, CAPITAL, 'Lima');
    await night.isSaved(phone, CAPITAL);
  });

  await t.test('a clicker does, too', async () => {
    await press('PageDown', screen.getByRole('heading', { name: RIVER.prompt }));
  });

  await t.test('Page up takes an unanswered question back', async () => {
    await press('PageUp', host.getByRole('button', { name: 'Release question 2', exact: true }));
    await press('ArrowRight', screen.getByRole('heading', { name: RIVER.prompt }));
    // One letter off: near enough to be put before the host.
    await night.answer(phone, RIVER, 'Danubee');
    await night.isSaved(phone, RIVER);
  });

  await t.test('P pauses and goes on', async () => {
    await press('p', night.notice(phone, 'Paused. The clock stands still.'));
    await press('p', night.notice(phone, 'Paused. The clock stands still.'), 'detached');
  });

  await t.test('B blanks the big screen, B brings it back', async () => {
    await press('b', screen.getByRole('heading', { name: 'The screen is blank.' }));
    await press('b', screen.getByRole('heading', { name: RIVER.prompt }));
  });

  await t.test('a break ends by its button, and the focus stays beside it', async () => {
    await press('k', screen.getByRole('heading', { name: /^Back at/ }));
    const group = host.getByRole('group', { name: /^Break/ });
    await group.getByRole('button', { name: 'Back to the quiz' }).focus();
    await press('Enter', screen.getByRole('heading', { name: RIVER.prompt }));
    await host.locator('[aria-labelledby=break-title] button:focus').waitFor();
    await host.getByRole('main').focus();
  });

  await t.test('the host puts the pause on another key', async () => {
    await press('?', host.getByRole('dialog', { name: 'Keys that work now' }));
    await host.getByRole('button', { name: 'Change the keys' }).press('Enter');
    const dialog = host.getByRole('dialog', { name: 'Change the keys' });
    await dialog.getByRole('button', { name: 'Change the key: Pause', exact: true }).press('Space');
    await host.keyboard.press('u');
    await dialog.getByText('U is taken by “Undo”. Press another key, or change that one first.').waitFor();
    await host.keyboard.press('Escape');
    await dialog.getByRole('button', { name: 'Change the key: Pause', exact: true }).press('Enter');
    await host.keyboard.press('Space');
    await dialog.getByText('Space is taken by “Next step”.').waitFor();
    await host.keyboard.press('x');
    await dialog.getByText('Pause is on X now.').waitFor();
    await host.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await host.reload();
    await host.getByRole('button', { name: 'Pause' }).waitFor();
    await press('x', night.notice(phone, 'Paused. The clock stands still.'));
    await press('x', night.notice(phone, 'Paused. The clock stands still.'), 'detached');
  });

  await t.test('the keys rest while the host types', async () => {
    await press('/', host.locator('input[type=search]:focus'));
    await host.keyboard.type('b p ');
    await screen.getByRole('heading', { name: RIVER.prompt }).waitFor();
    await host.keyboard.press('ControlOrMeta+a');
    await host.keyboard.press('Delete');
    await host.getByRole('main').focus();
  });

  await t.test('? shows the keys, Escape puts them away', async () => {
    const help = host.getByRole('dialog', { name: 'Keys that work now' });
    await press('?', help);
    await press('Escape', help, 'detached');
    await host.getByRole('main').focus();
  });

  await t.test('Y marks the answer in doubt as right', async () => {
    await press('Space', host.getByRole('heading', { name: 'Marking round 1' }));
    await host.getByText('Nearly: Danube').first().waitFor();
    await press('y', host.getByText('All decided. Show the scores when you are ready.'));
  });

  await t.test('Space shows the scores, A the answers', async () => {
    await press('Space', phone.getByRole('heading', { name: 'You are 1st of 1.' }));
    await press('a', screen.getByRole('heading', { name: CAPITAL.prompt }));
    await press('a', screen.getByRole('heading', { name: RIVER.prompt }));
    await press('a', screen.getByRole('heading', { name: 'After round 1 of 1' }));
  });

  await t.test('Space ends the game', async () => {
    await press('Space', screen.getByRole('heading', { name: 'Final scores' }));
    await phone.getByRole('heading', { name: 'That was the quiz.' }).waitFor();
  });

  browser.assertQuiet();

  function press(key, result, state) {
    return night.pressUntil(() => host.keyboard.press(key), result, state);
  }
});
