// The whole page and its larger parts, with the test as the server.
import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FakeSocket } from '../shared/testing/fake-socket';
import App from './App.svelte';
import { Game } from './game.svelte';
import { Join } from './join.svelte';
import JoinForm from './JoinForm.svelte';
import Leaderboard from './Leaderboard.svelte';
import Menu from './Menu.svelte';
import { saveSeat } from './seat';
import Sheet from './Sheet.svelte';

const seat = { code: 'ABC234', session_token: 't', player_id: 'p1', display_name: 'Ada' };
const place = { round: 1, total_rounds: 1 };

function say(type: string, payload: object = {}) {
  FakeSocket.made(0).deliver({ type, payload });
}

function welcome(phase: string) {
  FakeSocket.made(0).accept();
  const you = { player_id: 'p1', display_name: 'Ada', devices: 1 };
  say('welcome', { phase, seq: 1, server_time: Date.now(), quiz_name: 'Tuesday', teams: false, you });
}

function release(position: number, more: object = {}) {
  const question = { id: `q${position}`, type: 'text', prompt: `Prompt ${position}`, points: 1000 };
  say('question_released', { ...place, pos_in_round: position, total_in_round: 3, question, ...more });
}

function end() {
  const entry = { rank: 1, player_id: 'p1', display_name: 'Ada', score: 1000 };
  say('game_ended', { ...place, entries: [entry] });
}

/** A game in its first round, with nothing released yet. */
function inRound(): Game {
  const game = new Game(seat);
  game.start();
  welcome('question');
  say('game_started', { ...place, questions_in_round: 3 });
  say('pong', { server_time: Date.now() });
  return game;
}

function heading() {
  return screen.getByRole('heading', { level: 1 }).textContent;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', FakeSocket);
  vi.stubGlobal('scrollTo', vi.fn());
  Element.prototype.scrollIntoView = vi.fn();
  FakeSocket.all = [];
  localStorage.clear();
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the page', () => {
  const props = { code: '', name: '', send: false };

  beforeEach(() => saveSeat(seat));

  test('at "/" goes back to a game that is going on', async () => {
    history.replaceState(null, '', '/');
    render(App, props);
    welcome('lobby');
    await tick();
    expect(heading()).toBe('You are in.');
    expect(location.pathname).toBe('/j/ABC234');
    say('game_started', { ...place, questions_in_round: 3 });
    end();
    await tick();
    expect(heading()).toBe('That was the quiz.');
  });

  test('shows the answers that wait on this phone before the server is there', async () => {
    const pending = {
      q3: { id: 'm3', answer: 'Paris', position: 3 },
      q1: { id: 'm1', answer: 'Lima', position: 1 },
    };
    localStorage.setItem('quibble.pending.ABC234.p1', JSON.stringify(pending));
    history.replaceState(null, '', '/j/ABC234');
    render(App, props);
    await tick();
    expect(heading()).toBe('Connecting…');
    const waiting = screen.getAllByText(/^Question/).map((line) => line.textContent.trim());
    expect(waiting).toEqual([
      expect.stringMatching(/^Question 1: Lima\s*On this phone, not sent yet$/),
      expect.stringMatching(/^Question 3: Paris\s*On this phone, not sent yet$/),
    ]);
  });

  test('at "/" is the form when the last game is over', async () => {
    history.replaceState(null, '', '/');
    render(App, props);
    welcome('ended');
    await tick();
    expect(heading()).toBe('Join the quiz');
    expect(location.pathname).toBe('/');
    expect(screen.getByLabelText<HTMLInputElement>(/Your name/).value).toBe('Ada');
    expect(FakeSocket.made(0).closedWith).toBe(1000);
  });

  test('at "/" is the form when there is no such game any more', async () => {
    history.replaceState(null, '', '/');
    render(App, props);
    FakeSocket.made(0).drop(4404);
    await tick();
    expect(heading()).toBe('Join the quiz');
    expect(localStorage.getItem('quibble.game')).toBeNull();
  });

  describe('at a link with the secret of a seat', () => {
    const joined = { game_code: 'ABC234', session_token: 'new', display_name: 'Ada', player_id: 'p1' };

    function answers(status: number, body: object) {
      const fetch = vi.fn(async (path: string, _init?: RequestInit) =>
        path.endsWith('/join/moves') ? new Response(JSON.stringify(body), { status }) : new Response('{}'),
      );
      vi.stubGlobal('fetch', fetch);
      return () => fetch.mock.calls.filter(([path]) => path.endsWith('/join/moves'));
    }

    test('takes the seat over, and the secret out of the address', async () => {
      localStorage.clear();
      const moves = answers(201, joined);
      history.replaceState(null, '', '/j/ABC234#old');
      render(App, props);
      expect(location.hash).toBe('');
      await vi.advanceTimersByTimeAsync(0);
      expect(JSON.parse(String(moves()[0]?.[1]?.body))).toMatchObject({
        code: 'ABC234',
        session_token: 'old',
      });
      FakeSocket.made(0).accept();
      expect(FakeSocket.made(0).sent[0]).toMatchObject({ payload: { session: 'new' } });
    });

    test('asks nothing when it is the seat of this phone', async () => {
      const moves = answers(201, joined);
      history.replaceState(null, '', '/j/ABC234#t');
      render(App, props);
      welcome('lobby');
      await tick();
      expect(heading()).toBe('You are in.');
      expect(location.hash).toBe('');
      expect(moves()).toEqual([]);
    });

    test('says when the link has been used', async () => {
      answers(410, { code: 'seat_moved' });
      history.replaceState(null, '', '/j/ABC234#old');
      render(App, props);
      await vi.advanceTimersByTimeAsync(0);
      expect(screen.getByText(/^This link has been used\./)).toBeTruthy();
    });
  });

  test('at the link of a game that is over is its board', async () => {
    history.replaceState(null, '', '/j/ABC234');
    render(App, props);
    welcome('ended');
    end();
    await tick();
    expect(heading()).toBe('That was the quiz.');
  });
});

describe('the form', () => {
  test('takes the focus to the code only when it was sent', async () => {
    const unknown = vi.fn(async () => new Response('{}', { status: 404 }));
    vi.stubGlobal('fetch', unknown);
    const join = new Join(vi.fn(), '', '');
    render(JoinForm, { join });
    const code = screen.getByLabelText<HTMLInputElement>('Game code');
    const name = screen.getByLabelText<HTMLInputElement>(/Your name/);
    await fireEvent.input(code, { target: { value: 'ABC234' } });
    name.focus();
    await vi.advanceTimersByTimeAsync(0);
    expect(screen.getByText(/No game has this code/)).toBeTruthy();
    expect(document.activeElement).toBe(name);
    await fireEvent.input(name, { target: { value: 'Ada' } });
    await fireEvent.submit(name);
    await vi.advanceTimersByTimeAsync(0);
    expect(document.activeElement).toBe(code);
  });
});

describe('the round', () => {
  test('moves on to the next question once the answer was sent with Enter', async () => {
    const game = inRound();
    render(Sheet, { game });
    release(1);
    await tick();
    const answer = screen.getByLabelText<HTMLInputElement>('Your answer');
    answer.focus();
    await fireEvent.input(answer, { target: { value: 'Paris' } });
    await fireEvent.submit(answer);
    release(2);
    await tick();
    expect(document.activeElement).toBe(screen.getByText('Prompt 2'));
    game.stop();
  });

  test('has only the nearest of its clocks speak', async () => {
    const game = inRound();
    render(Sheet, { game });
    const spoken = vi.spyOn(game, 'say');
    release(1, { closes_at: Date.now() + 32_000 });
    release(2, { closes_at: Date.now() + 12_000 });
    release(3, { closes_at: Date.now() + 12_100 });
    await vi.advanceTimersByTimeAsync(12_000);
    say('question_closed', { question_id: 'q2', by: 'time' });
    say('question_closed', { question_id: 'q3', by: 'time' });
    await vi.advanceTimersByTimeAsync(12_000);
    const marks = spoken.mock.calls.map(([text]) => text).filter((text) => text.includes('seconds'));
    expect(marks).toEqual(['10 seconds left.', '5 seconds left.', '10 seconds left.']);
    game.stop();
  });
});

describe('after the round', () => {
  const scores = { ...place, questions: [], round_score: 1499 };

  test('a board that is secret is said to be so, beside the own scores', async () => {
    const game = inRound();
    say('round_scores', scores);
    say('round_leaderboard', { ...place, entries: [], hidden: true });
    render(Leaderboard, { game });
    expect(heading()).toBe('Round 1');
    expect(screen.getByText('1,499 points')).toBeTruthy();
    expect(screen.getByText('The board stays secret until the end.')).toBeTruthy();
    game.stop();
  });

  test('what the host gave and took is said with its reason', async () => {
    const game = inRound();
    const adjustments = [
      { points: 500, reason: 'Best team name' },
      { points: -1, reason: 'A phone under the table' },
    ];
    say('round_scores', { ...scores, adjustments });
    say('round_leaderboard', { ...place, entries: [] });
    render(Leaderboard, { game });
    expect(screen.getByText('+500 points: Best team name')).toBeTruthy();
    expect(screen.getByText('−1 point: A phone under the table')).toBeTruthy();
    game.stop();
  });
});

test('an answer is locked in by a button or Enter, and changed by the same button', async () => {
  const game = inRound();
  say('options', { lock_in: true, secret_board: false });
  render(Sheet, { game });
  release(1);
  const choices = ['Mars', 'Venus'];
  const question = { id: 'q2', type: 'multiple_choice', prompt: 'Prompt 2', points: 1000, choices };
  release(2, { question });
  await tick();
  expect(screen.queryByText('Lock in')).toBeNull();
  const written = screen.getByLabelText<HTMLInputElement>('Your answer');
  await fireEvent.focus(written);
  await fireEvent.input(written, { target: { value: 'Paris' } });
  await fireEvent.submit(written);
  expect(written.readOnly).toBe(true);
  await fireEvent.click(screen.getByText('Change'));
  expect(written.readOnly).toBe(false);
  await fireEvent.input(written, { target: { value: 'Lyon' } });
  await fireEvent.click(screen.getByText('Lock in'));
  await fireEvent.click(screen.getByLabelText(/Venus/));
  const button = screen.getByText('Lock in');
  button.focus();
  await fireEvent.click(button);
  expect(screen.getByRole<HTMLFieldSetElement>('group').disabled).toBe(true);
  expect(document.activeElement?.textContent.trim()).toBe('Change');
  const sent = FakeSocket.made(0).ofType('submit_answer');
  expect(sent.map(({ payload }) => (payload as { answer: string }).answer)).toEqual([
    'Paris',
    'Lyon',
    'Venus',
  ]);
  game.stop();
});

test('the menu has a link for another phone, to copy or to select', async () => {
  const game = inRound();
  HTMLDialogElement.prototype.showModal = vi.fn();
  const copy = vi.fn(() => true);
  Object.assign(document, { execCommand: copy });
  render(Menu, { game, onclose: vi.fn() });
  const link = screen.getByLabelText<HTMLInputElement>('Your link');
  expect(link.value).toBe(`${location.origin}/j/ABC234#t`);
  expect(screen.queryByText('Share')).toBeNull();
  await fireEvent.focus(link);
  expect([link.selectionStart, link.selectionEnd]).toEqual([0, link.value.length]);
  await fireEvent.click(screen.getByText('Copy'));
  expect(copy).toHaveBeenCalledWith('copy');
  await vi.advanceTimersByTimeAsync(0);
  expect(screen.getByText('Copied', { selector: 'button' })).toBeTruthy();
  game.stop();
});

test('the menu closes before it goes, so that the focus returns', async () => {
  const onclose = vi.fn();
  const game = inRound();
  HTMLDialogElement.prototype.showModal = vi.fn();
  HTMLDialogElement.prototype.close = vi.fn();
  render(Menu, { game, onclose });
  await fireEvent.click(screen.getByLabelText('Close'));
  expect(HTMLDialogElement.prototype.close).toHaveBeenCalledOnce();
  expect(onclose).not.toHaveBeenCalled();
  await fireEvent(screen.getByRole('dialog', { hidden: true }), new Event('close'));
  expect(onclose).toHaveBeenCalledOnce();
  game.stop();
});
