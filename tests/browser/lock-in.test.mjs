// A game in which answers are locked in, as a sheet that is handed over, and the standings stay secret until the end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PHONE } from './lib/browser.mjs';
import { looker, STILL } from './lib/looks.mjs';
import * as night from './lib/night.mjs';

const CAPITAL = { type: 'text', prompt: 'What is the capital of Peru?', accepted_answers: ['Lima'] };
const BIRD = {
  type: 'multiple_choice',
  prompt: 'Which of these birds is able to fly backwards?',
  choices: ['Hummingbird', 'Swift', 'Kestrel'].map((text, index) => ({ text, correct: index === 0 })),
};
const RIVER = { type: 'text', prompt: 'Which river runs through Vienna?', accepted_answers: ['Danube'] };

test('locked in, and secret', { timeout: 120_000 }, async (t) => {
  const looks = await looker(t, 'lock-in');
  const { quibble, browser } = await night.open(t);
  const { host, game } = await night.openGame(browser, quibble, [[CAPITAL, BIRD, RIVER]]);
  const phone = await night.joinedPhone(browser, game.code, 'Amy', { ...PHONE, ...STILL });
  await host.getByText('Options of this game').click();
  for (const name of ['Lock answers in', 'Keep the standings secret']) {
    await night.pressUntil(
      () => host.getByLabel(name).click(),
      host.getByRole('checkbox', { name, checked: true }),
    );
  }
  await night.step(host, 'Start the game');
  for (const place of [1, 2, 3]) await night.step(host, `Release question ${place}`);
  const bird = night.card(phone, BIRD);

  await t.test('an option waits on the phone for the button', async () => {
    await bird.locator('label').filter({ hasText: 'Swift' }).click();
    await bird.getByText('Not locked in yet').waitFor();
    await phone.getByText('0 of 3 answered').waitFor();
  });

  await looks('chosen', phone);

  await t.test('and goes by it', async () => {
    await bird.locator('label').filter({ hasText: 'Hummingbird' }).click();
    await bird.getByRole('button', { name: 'Lock in' }).click();
    await bird.getByText('Saved', { exact: true }).waitFor();
    await phone.getByText('1 of 3 answered').waitFor();
    assert.ok(await bird.getByRole('radio', { name: 'Swift' }).isDisabled());
  });

  await t.test('a text is handed in with Enter, and changed by the button only', async () => {
    const capital = night.card(phone, CAPITAL);
    const field = capital.getByLabel('Your answer');
    await night.answer(phone, CAPITAL, 'Quito');
    await night.isSaved(phone, CAPITAL);
    assert.equal(await field.isEditable(), false);
    await capital.getByRole('button', { name: 'Change' }).click();
    await field.fill('Lima');
    await capital.getByRole('button', { name: 'Lock in' }).click();
    await night.isSaved(phone, CAPITAL);
  });

  await looks('locked', phone, { strained: true });

  await t.test('and is locked after a reload, too', async () => {
    await phone.reload();
    await night.isSaved(phone, CAPITAL);
    const field = night.card(phone, CAPITAL).getByLabel('Your answer');
    assert.equal(await field.inputValue(), 'Lima');
    assert.equal(await field.isEditable(), false);
  });

  await t.test('what was not locked in does not count', async () => {
    await night.card(phone, RIVER).getByLabel('Your answer').fill('Danube');
    await night.card(phone, RIVER).getByText('Not locked in yet').waitFor();
    await night.step(host, 'End round 1');
    await phone.getByRole('heading', { name: 'Pens down.' }).waitFor();
    const river = phone.getByRole('listitem').filter({ hasText: RIVER.prompt });
    await river.getByText('No answer').waitFor();
  });

  await t.test('the own scores are shown, and no place', async () => {
    await night.step(host, 'Show scores');
    await phone.getByText('2,000 points', { exact: true }).waitFor();
    await phone.getByText('The board stays secret until the end.').waitFor();
    assert.equal(await phone.getByRole('heading', { level: 1 }).textContent(), 'Round 1');
  });

  await looks('secret', phone);

  await t.test('until the end', async () => {
    await night.step(host, 'End the game');
    await phone.getByRole('heading', { name: 'Final board' }).waitFor();
    await phone.getByText('Amy (you)').waitFor();
  });

  browser.assertQuiet();
});
