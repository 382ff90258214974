// Sixty players in one game: sockets that come and go, three phones, and a server that is killed while they answer.
// What was acknowledged is in the results, once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as night from './lib/night.mjs';
import { Player } from './lib/sockets.mjs';

const ROUNDS = [
  [
    { type: 'text', points: 1_000, prompt: 'What is the capital of Peru?', accepted_answers: ['Lima'] },
    choice(500, 'Which bird flies backwards?', ['The hummingbird', 'The swift', 'The wren']),
  ],
  [
    choice(2_000, 'Which river is the longest of these?', ['The Danube', 'The Rhine', 'The Elbe']),
    { type: 'text', points: 3_000, prompt: 'Which bird lays the largest egg?', accepted_answers: ['ostrich'] },
  ],
];
const QUESTIONS = ROUNDS.flat();
const PHONES = ['Amy', 'Ben', 'Cat'];
const SOCKETS = Array.from({ length: 57 }, (_, index) => `Team ${index + 1}`);
const NAMES = [...PHONES, ...SOCKETS];
const ALL_IN = 'Everybody has answered.';

test('a full house', { timeout: 120_000 }, async (t) => {
  const { quibble, browser } = await night.open(t);
  const { host, game } = await night.openGame(browser, quibble, ROUNDS);
  const phones = [];
  /** What the questions are called in this game. */
  const ids = [];
  let players;

  await t.test('sixty players come in', async () => {
    for (const name of PHONES) phones.push(await night.joinedPhone(browser, game.code, name));
    players = await Promise.all(SOCKETS.map((name) => Player.join(quibble, game.code, name)));
    await host.getByText('60 players are in. Start when you are ready.').waitFor();
  });

  await t.test('they answer at the same time', async () => {
    await night.step(host, 'Start the game');
    await release(1, 0);
    // Every other one thinks again.
    players.forEach((player, at) => at % 2 === 0 && player.answer(ids[0], 'a first thought'));
    await allSaved();
    await allAnswer(0);
    await allSaved();
    await release(2, 1);
    await allAnswer(1);
    await allSaved();
    await host.getByText(ALL_IN).waitFor();
  });

  await t.test('an answer that comes twice is acknowledged as the one it is', async () => {
    const [player] = players;
    const before = player.saved.get(ids[0]);
    player.repeat(ids[0]);
    await player.allSaved();
    assert.deepEqual(player.saved.get(ids[0]), before);
  });

  await t.test('the board of the first round', async () => {
    await night.step(host, 'End round 1');
    await host.getByText('All decided. Show the scores when you are ready.').waitFor();
    await night.step(host, 'Show scores');
    await boardIs('round_leaderboard', ROUNDS[0].length);
  });

  await t.test('connections that break lose nothing', async () => {
    await night.step(host, 'Start round 2');
    await release(1, 2);
    await allAnswer(2);
    const broken = players.filter((_, at) => at % 3 === 0);
    for (const player of broken) player.cut();
    await Promise.all(broken.map((player) => player.gone()));
    await Promise.all(broken.map((player) => player.connect()));
    await allSaved();
    await host.getByText(ALL_IN).waitFor();
  });

  await t.test('nor does a server that is killed while they answer', async (t) => {
    await release(2, 3);
    browser.outage = true;
    for (const at of players.slice(0, 29).keys()) answers(at, 3);
    await players[0].allSaved();
    for (const at of players.slice(29).keys()) answers(29 + at, 3);
    await quibble.kill();
    await Promise.all(players.map((player) => player.gone()));
    t.diagnostic(`${players.filter(({ saved }) => saved.has(ids[3])).length} of 57 had heard that theirs is saved`);
    for (const [at, phone] of phones.entries()) {
      await night.notice(phone, 'No connection. Carry on').waitFor();
      await night.answer(phone, QUESTIONS[3], answerOf(PHONES[at], 3));
    }
    await quibble.run();
    await Promise.all(players.map((player) => player.connect()));
    await allSaved();
    for (const phone of phones) await night.isSaved(phone, QUESTIONS[3]);
    await host.getByText(ALL_IN).waitFor();
    browser.outage = false;
  });

  await t.test('every answer counts once', async () => {
    await night.step(host, 'End round 2');
    await host.getByText('All decided. Show the scores when you are ready.').waitFor();
    await night.step(host, 'Show scores');
    const { rounds } = await night.call(host.context(), 'get', `/api/games/${game.id}/results`);
    for (const [q, { prompt, answered, histogram }] of rounds.flatMap(({ questions }) => questions).entries()) {
      assert.equal(prompt, QUESTIONS[q].prompt);
      assert.equal(answered, NAMES.length);
      assert.deepEqual(countsIn(histogram), expectedCounts(q), prompt);
    }
  });

  await t.test('as it was acknowledged', async () => {
    for (const [at, player] of players.entries()) {
      const { questions } = await player.hears('round_scores', ({ round }) => round === 2);
      for (const [index, { question_id, your_answer, correct }] of questions.entries()) {
        assert.equal(your_answer, player.saved.get(question_id).answer);
        assert.equal(correct, isRight(SOCKETS[at], ROUNDS[0].length + index));
      }
    }
  });

  await t.test('the board at the end', async () => {
    await night.step(host, 'End the game');
    await boardIs('game_ended', QUESTIONS.length);
    const standings = expectedStandings(QUESTIONS.length);
    const results = await night.call(host.context(), 'get', `/api/games/${game.id}/results`);
    assert.deepEqual(ranked(results.standings), standings);
    await phones[0].getByText('You won.').waitFor();
    for (const [at, phone] of phones.entries()) {
      const { rank } = standings.find(({ name }) => name === PHONES[at]);
      if (at > 0) await phone.getByText(new RegExp(`^You came ${rank}(nd|rd|th) of 60\\.$`)).waitFor();
      await phone.getByRole('button', { name: 'Everybody' }).click();
      await phone.getByText('Team 57', { exact: true }).waitFor();
    }
  });

  browser.assertQuiet();

  /** Releases a question of the round to everybody. */
  async function release(number, q) {
    await night.step(host, `Release question ${number}`);
    const { prompt } = QUESTIONS[q];
    const [{ question }] = await Promise.all(
      players.map((player) => player.hears('question_released', ({ question }) => question.prompt === prompt)),
    );
    ids[q] = question.id;
    for (const phone of phones) await night.card(phone, QUESTIONS[q]).waitFor();
  }

  function answers(at, q) {
    players[at].answer(ids[q], answerOf(SOCKETS[at], q));
  }

  async function allAnswer(q) {
    for (const at of players.keys()) answers(at, q);
    for (const [at, phone] of phones.entries()) {
      await night.answer(phone, QUESTIONS[q], answerOf(PHONES[at], q));
      await night.isSaved(phone, QUESTIONS[q]);
    }
  }

  async function allSaved() {
    await Promise.all(players.map((player) => player.allSaved()));
  }

  /** The board that everybody has, after the first `count` questions. */
  async function boardIs(type, count) {
    for (const player of players) {
      const { entries } = await player.hears(type, () => true);
      assert.deepEqual(ranked(entries), expectedStandings(count));
    }
  }
});

function choice(points, prompt, texts) {
  const choices = texts.map((text, index) => ({ text, correct: index === 0 }));
  return { type: 'multiple_choice', points, prompt, choices };
}

/** Amy is right everywhere. Everybody else is wrong somewhere: where the binary digits of a number from 1 to 15 say. */
function isRight(name, q) {
  const at = NAMES.indexOf(name);
  return at === 0 || (((at % 15) + 1) & (1 << q)) === 0;
}

/** No two wrong answers in words are the same. */
function answerOf(name, q) {
  const question = QUESTIONS[q];
  if (isRight(name, q)) return night.rightAnswer(question);
  return question.type === 'text' ? `a guess of ${name}` : night.wrongAnswer(question);
}

function expectedCounts(q) {
  const counts = {};
  for (const name of NAMES) counts[answerOf(name, q)] = (counts[answerOf(name, q)] ?? 0) + 1;
  return counts;
}

function countsIn(histogram) {
  return Object.fromEntries(histogram.filter(({ count }) => count > 0).map(({ answer, count }) => [answer, count]));
}

/** Everybody's rank and score after the first `count` questions; ties share a rank. */
function expectedStandings(count) {
  const scoreOf = (name) =>
    QUESTIONS.slice(0, count).reduce((sum, { points }, q) => sum + (isRight(name, q) ? points : 0), 0);
  const scores = NAMES.map(scoreOf);
  return byName(
    NAMES.map((name, at) => ({
      name,
      rank: 1 + scores.filter((score) => score > scores[at]).length,
      score: scores[at],
    })),
  );
}

function ranked(entries) {
  return byName(entries.map(({ display_name: name, rank, score }) => ({ name, rank, score })));
}

function byName(entries) {
  return entries.toSorted((a, b) => a.name.localeCompare(b.name));
}
