// Writing questions: what was deleted comes back, what was changed is taken back, and of two texts none is lost.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LAPTOP } from './lib/browser.mjs';
import * as night from './lib/night.mjs';

const CAPITAL = { type: 'text', prompt: 'What is the capital of Peru?', accepted_answers: ['Lima'] };
const RIVER = { type: 'text', prompt: 'Which river runs through Vienna?', accepted_answers: ['Danube'] };
const COLOUR = {
  type: 'multiple_choice',
  prompt: 'Which colour is the sky?',
  choices: [
    { text: 'Blue', correct: true },
    { text: 'Green', correct: false },
  ],
};

test('the bin', { timeout: 90_000 }, async (t) => {
  const { quibble, browser } = await night.open(t, { QUIBBLE_DATA__SAMPLES: 'false' });
  const laptop = await browser.device(LAPTOP);
  await night.signedIn(laptop, quibble);
  const { bank } = await bankOf(laptop, CAPITAL, RIVER);
  const page = await laptop.newPage();
  const listed = page.getByRole('region', { name: 'What was deleted' }).getByRole('listitem');

  await t.test('a deleted question comes back from it to its place', async () => {
    await page.goto(`/host/banks/${bank.id}`);
    await page.getByRole('button', { name: 'Delete question 1', exact: true }).click();
    await page.getByRole('heading', { name: '1 question', exact: true }).waitFor();
    await page.getByRole('link', { name: 'Bin' }).click();
    await listed.filter({ hasText: CAPITAL.prompt }).filter({ hasText: 'from Geography' }).waitFor();
    await page.getByRole('button', { name: `Restore ${CAPITAL.prompt}` }).click();
    await page.getByText('The bin is empty').waitFor();
    await page.goto(`/host/banks/${bank.id}`);
    await page.getByRole('heading', { name: '2 questions' }).waitFor();
    assert.deepEqual(await prompts(page), [CAPITAL.prompt, RIVER.prompt]);
  });

  await t.test('a bank comes back with what is in it', async () => {
    await page.goto('/host/banks');
    await page.getByRole('button', { name: 'Delete Geography' }).click();
    await page.getByText('No banks yet').waitFor();
    await page.getByRole('main').getByRole('link', { name: 'Bin' }).click();
    await listed.filter({ hasText: 'Geography' }).filter({ hasText: 'Bank · 2 questions' }).waitFor();
    await page.getByRole('button', { name: 'Restore Geography' }).click();
    await page.getByText('The bin is empty').waitFor();
    const [back] = await night.call(laptop, 'get', '/api/banks');
    assert.equal(back.question_count, 2);
  });

  await t.test('what goes for good is asked about first', async () => {
    const quiz = await night.call(laptop, 'post', '/api/quizzes', { name: 'Thursday' });
    await night.call(laptop, 'delete', `/api/quizzes/${quiz.id}`);
    const [{ id }] = await night.call(laptop, 'get', `/api/banks/${bank.id}/questions`);
    await night.call(laptop, 'delete', `/api/banks/${bank.id}/questions/${id}`);
    await page.reload();
    await page.getByRole('button', { name: 'Delete Thursday for good' }).click();
    await page.getByRole('button', { name: 'Keep it' }).click();
    assert.equal(await listed.count(), 2);
    await page.getByRole('button', { name: 'Delete Thursday for good' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click();
    await page.getByText('“Thursday” is gone.').first().waitFor();
    assert.equal(await listed.count(), 1);
    await page.getByRole('button', { name: 'Empty the bin' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Empty the bin' }).click();
    await page.getByText('Banks, questions, quizzes and rounds that you delete come here first.').waitFor();
    assert.deepEqual(await night.call(laptop, 'get', '/api/bin'), []);
  });

  browser.assertQuiet();
});

test('two people at one question', { timeout: 90_000 }, async (t) => {
  const { quibble, browser } = await night.open(t, { QUIBBLE_DATA__SAMPLES: 'false' });
  const laptop = await browser.device(LAPTOP);
  await night.signedIn(laptop, quibble);
  const { bank, ids } = await bankOf(laptop, CAPITAL);
  const path = `/api/banks/${bank.id}/questions/${ids[0]}`;
  browser.refusals.push(`409 ${path}`);
  const [ann, bob] = [await editor(laptop, bank), await editor(laptop, bank)];

  await t.test('the second text is not saved over the first, and both are there', async () => {
    await ann.prompt.fill('What does Ann ask?');
    await saved(ann.page);
    await bob.prompt.fill('What does Bob ask?');
    const both = bob.page.getByRole('region', { name: 'Someone else changed this question' });
    await both.getByRole('cell', { name: 'What does Ann ask?' }).waitFor();
    await both.getByRole('cell', { name: 'What does Bob ask?' }).waitFor();
    assert.equal((await night.call(laptop, 'get', path)).prompt, 'What does Ann ask?');
    await both.getByRole('button', { name: 'Keep mine' }).click();
    await saved(bob.page);
    assert.equal((await night.call(laptop, 'get', path)).prompt, 'What does Bob ask?');
  });

  await t.test('the first one then meets the second, and may take it', async () => {
    await ann.page.getByLabel('Notes for the host').fill('Ann’s note');
    await ann.page.getByRole('button', { name: 'Take theirs' }).click();
    assert.equal(await ann.prompt.inputValue(), 'What does Bob ask?');
    assert.equal(await ann.page.getByLabel('Notes for the host').inputValue(), '');
  });

  await t.test('what either of them wrote is among the earlier versions', async () => {
    await ann.page.getByText('Earlier versions').click();
    const versions = ann.page.locator('details', { hasText: 'Earlier versions' }).getByRole('listitem');
    await versions.nth(1).waitFor();
    const texts = await versions.locator('dd').allTextContents();
    assert.deepEqual(texts, ['What does Ann ask?', CAPITAL.prompt]);
    await versions.nth(1).getByRole('button', { name: 'Bring back' }).click();
    assert.equal(await ann.prompt.inputValue(), CAPITAL.prompt);
    await versions.nth(2).waitFor();
    assert.equal((await night.call(laptop, 'get', path)).prompt, CAPITAL.prompt);
  });

  browser.assertQuiet();
});

test('writing by keys', { timeout: 90_000 }, async (t) => {
  const { quibble, browser } = await night.open(t, { QUIBBLE_DATA__SAMPLES: 'false' });
  const laptop = await browser.device(LAPTOP);
  await night.signedIn(laptop, quibble);
  const { bank, ids } = await bankOf(laptop, CAPITAL, COLOUR);
  const page = await laptop.newPage();
  await page.goto(`/host/banks/${bank.id}`);
  const prompt = page.getByRole('textbox', { name: 'Question', exact: true });
  const focused = (locator) => locator.evaluate((element) => element === document.activeElement);

  await t.test('the page says which keys there are', async () => {
    await page.getByText('Keys', { exact: true }).click();
    for (const text of ['A new question of the same kind', 'The next option, or spelling']) {
      await page.getByText(text).waitFor();
    }
  });

  await t.test('Enter goes on to the next option, and makes one at the end', async () => {
    await page.getByRole('button', { name: 'Edit question 2', exact: true }).click();
    await page.getByLabel('Option A', { exact: true }).focus();
    await page.keyboard.press('Enter');
    assert.ok(await focused(page.getByLabel('Option B', { exact: true })));
    await page.keyboard.press('Enter');
    const third = page.getByLabel('Option C', { exact: true });
    await third.waitFor();
    assert.ok(await focused(third));
    await page.keyboard.type('Grey');
    await saved(page);
  });

  await t.test('Ctrl+Enter makes a new question, a comma the next spelling', async () => {
    await page.getByRole('button', { name: 'Edit question 1', exact: true }).click();
    await page.keyboard.press('Control+Enter');
    await page.getByRole('heading', { name: '3 questions' }).waitFor();
    assert.ok(await focused(prompt));
    await page.keyboard.type('Which city has the Prater?');
    await page.getByLabel('Add a spelling that counts').focus();
    await page.keyboard.type('Vienna,Wien,');
    for (const spelling of ['Vienna', 'Wien']) {
      await page.getByRole('button', { name: `Edit ${spelling}`, exact: true }).waitFor();
    }
    await saved(page);
    const stored = await night.call(laptop, 'get', `/api/banks/${bank.id}/questions`);
    assert.deepEqual(stored[2].accepted_answers, ['Vienna', 'Wien']);
  });

  await t.test('Alt and an arrow move the question, and the focus stays in it', async () => {
    await prompt.focus();
    await page.keyboard.press('Alt+ArrowUp');
    await page.getByText('Now 2 of 3.').waitFor({ state: 'attached' });
    assert.ok(await focused(prompt));
    await page.keyboard.press('Alt+ArrowUp');
    await page.getByText('Now 1 of 3.').waitFor({ state: 'attached' });
    await page.keyboard.press('Alt+ArrowDown');
    await page.getByText('Now 2 of 3.').waitFor({ state: 'attached' });
    await saved(page);
    assert.deepEqual((await prompts(page))[1], 'Which city has the Prater?');
  });

  await t.test('Ctrl+Z outside a field takes the last saved changes back, one by one', async () => {
    await page.getByRole('button', { name: 'Edit question 1', exact: true }).click();
    await prompt.fill('What is the capital of Chile?');
    await saved(page);
    // In the field it is the browser's own.
    await prompt.press('Control+z');
    assert.equal(await prompt.inputValue(), CAPITAL.prompt);
    await prompt.fill('What is the capital of Chile?');
    await saved(page);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+z');
    await page.getByText('Change to question 1 taken back.').first().waitFor();
    await saved(page);
    const path = `/api/banks/${bank.id}/questions/${ids[0]}`;
    assert.equal((await night.call(laptop, 'get', path)).prompt, CAPITAL.prompt);
  });

  browser.assertQuiet();
});

test('keeping many questions in order', { timeout: 90_000 }, async (t) => {
  const { quibble, browser } = await night.open(t, { QUIBBLE_DATA__SAMPLES: 'false' });
  const laptop = await browser.device(LAPTOP);
  await night.signedIn(laptop, quibble);
  const { bank } = await bankOf(laptop, CAPITAL, RIVER, COLOUR, {
    ...RIVER,
    prompt: 'WHICH river runs through Vienna?',
  });
  const other = await night.call(laptop, 'post', '/api/banks', { name: 'Other' });
  const page = await laptop.newPage();
  await page.goto(`/host/banks/${bank.id}`);
  const ticked = page.getByRole('region', { name: 'Ticked questions' });

  await t.test('a tag for several, and the list by tag', async () => {
    await tickOf(1).check();
    await tickOf(3).check();
    await ticked.getByText('2 questions ticked').waitFor();
    await ticked.getByRole('button', { name: 'Tag…' }).click();
    await page.getByLabel('Put on').fill('Easy, 80s');
    await page.getByRole('button', { name: 'Change the tags' }).click();
    await ticked.waitFor({ state: 'detached' });
    await page.getByLabel('Only with the tag').selectOption('80s');
    await page.getByRole('heading', { name: '2 of 4 questions' }).waitFor();
    assert.deepEqual(await prompts(page), [CAPITAL.prompt, COLOUR.prompt]);
    await page.getByLabel('Only with the tag').selectOption('All tags');
  });

  await t.test('several move to another bank, and back by undo', async () => {
    await tickOf(2).check();
    await tickOf(3).check();
    await ticked.getByRole('button', { name: 'Move…' }).click();
    await page.getByLabel('Question bank').selectOption('Other');
    await page.getByRole('button', { name: 'Move', exact: true }).click();
    await page.getByText('2 questions moved to “Other”.').first().waitFor();
    assert.equal((await night.call(laptop, 'get', `/api/banks/${other.id}`)).question_count, 2);
    await page.getByRole('button', { name: 'Undo' }).last().click();
    await page.getByRole('heading', { name: '4 questions' }).waitFor();
    await saved(page);
    const stored = await night.call(laptop, 'get', `/api/banks/${bank.id}/questions`);
    assert.deepEqual(
      stored.slice(0, 3).map(({ prompt }) => prompt),
      [CAPITAL.prompt, RIVER.prompt, COLOUR.prompt],
    );
  });

  await t.test('several are deleted, and back by Ctrl+Z', async () => {
    await page.getByRole('button', { name: 'Tick all' }).click();
    await ticked.getByText('4 questions ticked').waitFor();
    await ticked.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('An empty bank').waitFor();
    await page.keyboard.press('Control+z');
    await page.getByRole('heading', { name: '4 questions' }).waitFor();
    assert.equal((await prompts(page))[2], COLOUR.prompt);
  });

  await t.test('what is there twice is found, and the one too many deleted', async () => {
    await page.goto('/host/banks');
    await page.getByRole('link', { name: 'Find repeats' }).click();
    await page.getByRole('heading', { name: '1 possible repeat' }).waitFor();
    await page.getByRole('heading', { name: 'The same question' }).waitFor();
    await page.getByRole('button', { name: 'Delete number 2, from Geography' }).click();
    await page.getByText('No repeats').waitFor();
    await page.getByRole('button', { name: 'Undo' }).last().click();
    await page.getByRole('heading', { name: '1 possible repeat' }).waitFor();
  });

  browser.assertQuiet();

  function tickOf(number) {
    return page.getByRole('checkbox', { name: `Tick question ${number}`, exact: true });
  }
});

test('a quiz from a template', { timeout: 90_000 }, async (t) => {
  const { quibble, browser } = await night.open(t, { QUIBBLE_DATA__SAMPLES: 'false' });
  const laptop = await browser.device(LAPTOP);
  await night.signedIn(laptop, quibble);
  const page = await laptop.newPage();

  await t.test('the samples come by a button', async () => {
    await page.goto('/host/banks');
    await page.getByRole('button', { name: 'Load the sample questions' }).click();
    await page.getByRole('heading', { name: night.SAMPLE_QUIZ }).waitFor();
  });

  await t.test('five rounds are there, and say how many questions they want', async () => {
    const quiz = await night.call(laptop, 'post', '/api/quizzes', { name: 'Thursday' });
    await page.goto(`/host/quizzes/${quiz.id}`);
    await page.getByRole('button', { name: 'Start from a 5-round template' }).click();
    await page.getByRole('region', { name: 'Round 5' }).getByText('8 still to pick').waitFor();
    assert.equal(await page.getByRole('region', { name: 'Round 2' }).getByLabel('Title').inputValue(), 'Music');
  });

  await t.test('a round is filled at random, and emptied again by Ctrl+Z', async () => {
    const round = page.getByRole('region', { name: 'Round 2' });
    await round.getByRole('button', { name: 'Fill at random' }).click();
    assert.equal(await page.getByLabel('How many').inputValue(), '8');
    await page.getByRole('button', { name: 'Fill the round' }).click();
    await page.getByText('8 questions added.').first().waitFor();
    assert.equal(await round.locator('[data-question]').count(), 8);
    await round.getByText(/^about \d+ minutes$/).waitFor();
    await page.getByRole('heading', { name: 'Thursday' }).focus();
    await page.keyboard.press('Control+z');
    await round.getByText('8 still to pick').waitFor();
  });

  browser.assertQuiet();
});

/** A bank with these questions. */
async function bankOf(context, ...questions) {
  const bank = await night.call(context, 'post', '/api/banks', { name: 'Geography' });
  const ids = [];
  for (const question of questions) {
    ids.push((await night.call(context, 'post', `/api/banks/${bank.id}/questions`, question)).id);
  }
  return { bank, ids };
}

/** A window of its own with the first question of a bank open. */
async function editor(context, bank) {
  const page = await context.newPage();
  await page.goto(`/host/banks/${bank.id}`);
  await page.getByRole('button', { name: 'Edit question 1', exact: true }).click();
  return { page, prompt: page.getByRole('textbox', { name: 'Question', exact: true }) };
}

/** Everything is on the server: the line says so, and nothing waits. */
async function saved(page) {
  await page.getByText('Saving…').first().waitFor({ state: 'detached' });
  await page
    .getByText(/^Saved \d/)
    .first()
    .waitFor();
}

function prompts(page) {
  return page.locator('[data-open] .prompt').allTextContents();
}
