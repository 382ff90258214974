import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FakeSocket } from '../shared/testing/fake-socket';
import { Game } from './game.svelte';
import type { Question } from './reducer';
import { loadSeat, saveSeat } from './seat';

const seat = { code: 'ABC234', session_token: 't', player_id: 'p1', display_name: 'Ada' };
const stored = 'quibble.pending.ABC234.p1';
const line = FakeSocket.made;

const reload = vi.hoisted(() => vi.fn());
vi.mock('../shared/upgrade', () => ({
  isOlderThan: (protocol: number | undefined) => protocol === 2,
  reloadOnce: reload,
}));

/** Lets a connection get as far as the replay of a round with two open questions, on a server with its own clock. */
function replay(socket: FakeSocket, saved: Record<string, string> = {}, ahead = 0, protocol = 1) {
  const server_time = Date.now() + ahead;
  socket.accept();
  const you = { player_id: 'p1', display_name: 'Ada', devices: 1 };
  socket.deliver({
    type: 'welcome',
    payload: { phase: 'question', seq: 3, server_time, protocol, quiz_name: 'Tuesday', teams: false, you },
  });
  socket.deliver({ type: 'game_started', payload: { round: 1, total_rounds: 1, questions_in_round: 2 } });
  release(socket, 1, { your_answer: saved['q1'] });
  release(socket, 2, { your_answer: saved['q2'] });
  socket.deliver({ type: 'pong', payload: { server_time } });
}

function release(socket: FakeSocket, position: number, more: object = {}) {
  const question = { id: `q${position}`, type: 'text', prompt: '?', points: 1000 };
  socket.deliver({
    type: 'question_released',
    payload: { pos_in_round: position, total_in_round: 2, round: 1, total_rounds: 1, question, ...more },
  });
}

function accept(socket: FakeSocket, message: { id: string; payload: unknown } | undefined) {
  if (!message) throw new Error('nothing was sent');
  const { question_id, answer } = message.payload as { question_id: string; answer: string };
  socket.deliver({
    type: 'answer_accepted',
    id: message.id,
    payload: { question_id, answer_id: 'a', answer },
  });
}

function submitted(socket: FakeSocket) {
  return socket.ofType('submit_answer');
}

function question(game: Game, id: string): Question {
  const found = game.view.questions.find((candidate) => candidate.id === id);
  if (!found) throw new Error(`${id} is not released`);
  return found;
}

let game: Game;

function start() {
  game = new Game(seat);
  game.start();
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', FakeSocket);
  FakeSocket.all = [];
  reload.mockReset();
  localStorage.clear();
});

afterEach(() => {
  game.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('an answer', () => {
  test('goes from this phone over sending to saved', () => {
    start();
    replay(line(0));
    expect(game.stateOf(question(game, 'q1'))).toBe('none');
    game.type(question(game, 'q1'), 'Par');
    expect(game.stateOf(question(game, 'q1'))).toBe('phone');
    expect(game.answerTo(question(game, 'q1'))).toBe('Par');
    vi.advanceTimersByTime(600);
    expect(game.stateOf(question(game, 'q1'))).toBe('sending');
    accept(line(0), submitted(line(0))[0]);
    expect(game.stateOf(question(game, 'q1'))).toBe('saved');
    expect(game.spoken).toBe('Question 1: saved.');
    expect(localStorage.getItem(stored)).toBeNull();
  });

  test('is sent once per pause in the typing, and at once when the field is left', () => {
    start();
    replay(line(0));
    game.type(question(game, 'q1'), 'P');
    vi.advanceTimersByTime(500);
    game.type(question(game, 'q1'), 'Paris ');
    vi.advanceTimersByTime(500);
    expect(submitted(line(0))).toEqual([]);
    game.sendTyped('q1');
    expect(submitted(line(0)).map(({ payload }) => payload)).toEqual([
      { question_id: 'q1', answer: 'Paris' },
    ]);
    vi.advanceTimersByTime(2_000);
    expect(submitted(line(0))).toHaveLength(1);
  });

  test('is sent also when only a space follows it', () => {
    start();
    replay(line(0));
    game.type(question(game, 'q1'), 'Paris');
    vi.advanceTimersByTime(400);
    game.type(question(game, 'q1'), 'Paris ');
    vi.advanceTimersByTime(200);
    expect(submitted(line(0)).map(({ payload }) => payload)).toEqual([
      { question_id: 'q1', answer: 'Paris' },
    ]);
  });

  test('that is typed without a pause is sent every two seconds', () => {
    start();
    replay(line(0));
    for (let n = 1; n <= 15; n += 1) {
      game.type(question(game, 'q1'), 'x'.repeat(n));
      vi.advanceTimersByTime(300);
    }
    const lengths = submitted(line(0)).map(({ payload }) => (payload as { answer: string }).answer.length);
    expect(lengths).toEqual([7, 14]);
  });

  test('that is still being typed is sent half a second before the time is up on the server', () => {
    start();
    replay(line(0), {}, 60_000);
    release(line(0), 1, { closes_at: Date.now() + 60_000 + 900 });
    game.type(question(game, 'q1'), 'Par');
    vi.advanceTimersByTime(300);
    game.type(question(game, 'q1'), 'Pari');
    vi.advanceTimersByTime(99);
    expect(submitted(line(0))).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(submitted(line(0)).map(({ payload }) => payload)).toEqual([{ question_id: 'q1', answer: 'Pari' }]);
    game.type(question(game, 'q1'), 'Paris');
    vi.advanceTimersByTime(1);
    expect(submitted(line(0))).toHaveLength(2);
  });

  test('that is tapped goes at once, and only its latest version is kept', () => {
    start();
    replay(line(0));
    game.choose(question(game, 'q1'), 'A');
    game.choose(question(game, 'q1'), 'B');
    game.choose(question(game, 'q1'), 'B');
    expect(submitted(line(0)).map(({ payload }) => payload)).toEqual([
      { question_id: 'q1', answer: 'A' },
      { question_id: 'q1', answer: 'B' },
    ]);
    accept(line(0), submitted(line(0))[0]);
    expect(game.stateOf(question(game, 'q1'))).toBe('sending');
    expect(game.answerTo(question(game, 'q1'))).toBe('B');
  });

  test('given while the server is away survives a reload and is saved under the same id', () => {
    start();
    replay(line(0));
    line(0).drop();
    expect(game.offline).toBe(true);
    game.choose(question(game, 'q1'), 'A');
    expect(game.stateOf(question(game, 'q1'))).toBe('phone');
    const id = (JSON.parse(localStorage.getItem(stored) ?? '{}') as { q1: { id: string } }).q1.id;
    game.stop();

    FakeSocket.all = [];
    start();
    replay(line(0));
    expect(game.answerTo(question(game, 'q1'))).toBe('A');
    expect(submitted(line(0)).map((message) => message.id)).toEqual([id]);
    line(0).drop();
    vi.advanceTimersByTime(3_000);
    replay(line(1));
    expect(submitted(line(1)).map((message) => message.id)).toEqual([id]);
    accept(line(1), submitted(line(1))[0]);
    expect(localStorage.getItem(stored)).toBeNull();
    expect(game.notices.map(({ text }) => text)).toEqual(['You are back. Your answer was saved.']);
  });

  test('half typed when the page closed is sent on the next visit', () => {
    start();
    replay(line(0));
    game.type(question(game, 'q2'), 'Whis');
    FakeSocket.all = [];
    start();
    replay(line(0));
    expect(submitted(line(0)).map(({ payload }) => payload)).toEqual([{ question_id: 'q2', answer: 'Whis' }]);
  });

  test('that came too late is dropped with a sentence', () => {
    start();
    replay(line(0), { q1: 'A' });
    game.choose(question(game, 'q1'), 'B');
    const id = submitted(line(0))[0]?.id;
    line(0).deliver({ type: 'refused', id, payload: { code: 'question_closed', message: 'Closed.' } });
    expect(game.answerTo(question(game, 'q1'))).toBe('A');
    expect(game.stateOf(question(game, 'q1'))).toBe('saved');
    expect(localStorage.getItem(stored)).toBeNull();
    expect(game.notices[0]?.text).toContain('closed before your answer got through: B');
    game.dismiss(game.notices[0]?.id ?? '');
    expect(game.notices).toEqual([]);
  });

  test('that could not be written to disk stays, says so once, and is tried again', () => {
    start();
    replay(line(0));
    game.choose(question(game, 'q1'), 'A');
    const id = submitted(line(0))[0]?.id;
    const refuse = () =>
      line(0).deliver({ type: 'refused', id, payload: { code: 'not_saved', message: 'Disk.' } });
    refuse();
    expect(game.stateOf(question(game, 'q1'))).toBe('retrying');
    expect(game.spoken).toBe('Question 1: not saved, trying again.');
    expect(game.notices).toEqual([]);
    expect(localStorage.getItem(stored)).not.toBeNull();
    vi.advanceTimersByTime(4_000);
    expect(submitted(line(0)).map((message) => message.id)).toEqual([id, id]);
    refuse();
    expect(game.spoken).toBe('Question 1: not saved, trying again.');
    accept(line(0), submitted(line(0))[0]);
    expect(game.stateOf(question(game, 'q1'))).toBe('saved');
  });

  test('by a team mate shows here', () => {
    start();
    replay(line(0));
    const payload = { question_id: 'q1', answer_id: 'a', answer: 'Theirs' };
    line(0).deliver({ type: 'answer_accepted', payload });
    expect(game.answerTo(question(game, 'q1'))).toBe('Theirs');
    expect(game.spoken).toBe('');
  });

  test('wiped from a field falls back to what the server has', () => {
    start();
    replay(line(0), { q1: 'A' });
    game.type(question(game, 'q1'), 'B');
    game.type(question(game, 'q1'), '  ');
    vi.advanceTimersByTime(1_000);
    expect(submitted(line(0))).toEqual([]);
    expect(game.answerTo(question(game, 'q1'))).toBe('A');
  });
});

describe('the sheet', () => {
  test('counts answers and finds the first one missing', () => {
    start();
    replay(line(0), { q1: 'A' });
    expect(game.answeredCount).toBe(1);
    expect(game.firstUnanswered?.id).toBe('q2');
  });

  test('brings a new question forward only when the others are answered', () => {
    start();
    replay(line(0), { q1: 'A', q2: 'B' });
    expect(game.fresh).toBeUndefined();
    release(line(0), 3);
    expect(game.fresh?.id).toBe('q3');
    expect(game.spoken).toBe('Question 3 is here.');
    release(line(0), 4);
    expect(game.fresh?.id).toBe('q3');
    game.choose(question(game, 'q3'), 'C');
    expect(game.fresh).toBeUndefined();
  });
});

describe('the end of a game', () => {
  const ended = { type: 'game_ended', payload: { entries: [], round: 1, total_rounds: 1 } };

  /** The longest pause before a try, after many of them. */
  function longestPause() {
    vi.spyOn(Math, 'random').mockReturnValue(1);
    for (let n = 0; n < 8; n += 1) {
      line(n).drop();
      vi.advanceTimersByTime(10_000);
    }
    line(8).drop();
    return game.status.state === 'waiting' ? game.status.retryAt - Date.now() : undefined;
  }

  test('leaves "/" to the next game, and keeps the seat for the link', () => {
    saveSeat(seat);
    start();
    replay(line(0));
    expect(loadSeat()).toEqual(seat);
    line(0).deliver(ended);
    expect(loadSeat()).toBeUndefined();
    expect(loadSeat('ABC234')).toEqual(seat);
  });

  test.each(['before the first welcome', 'in the lobby', 'in a round'])('is yet to come %s', (when) => {
    start();
    if (when === 'in the lobby') line(0).welcome();
    if (when === 'in a round') replay(line(0));
    expect(longestPause()).toBe(3_000);
  });

  test('ends the hurry to come back, unless an answer waits', () => {
    start();
    replay(line(0));
    const asked = question(game, 'q1');
    line(0).deliver(ended);
    expect(longestPause()).toBe(10_000);
    game.choose(asked, 'A');
    vi.advanceTimersByTime(10_000);
    line(9).drop();
    expect(game.status).toMatchObject({ state: 'waiting', retryAt: Date.now() + 3_000 });
  });
});

describe('what is said aloud', () => {
  test.each([
    ['claim', { claim_id: 'c', display_name: 'Bea' }, 'A phone wants to play as Bea. Is it one of yours?'],
    ['paused', { paused_at: 0 }, 'Paused. The clock stands still.'],
  ])('a %s', (type, payload, words) => {
    start();
    replay(line(0));
    line(0).deliver({ type, payload });
    expect(game.spoken).toBe(words);
  });

  test('the end of a pause', () => {
    start();
    replay(line(0));
    line(0).deliver({ type: 'paused', payload: { paused_at: 0 } });
    line(0).deliver({ type: 'resumed', payload: {} });
    expect(game.spoken).toBe('On we go. The clock runs again.');
  });

  test('a break, and its end', () => {
    start();
    replay(line(0));
    line(0).drop();
    expect(game.spoken).toContain('No connection.');
    vi.advanceTimersByTime(3_000);
    replay(line(1));
    expect(game.spoken).toBe('You are back.');
  });

  test('nothing of a board that changes during a break, which goes on', () => {
    start();
    replay(line(0));
    line(0).deliver({ type: 'break', payload: { on: true } });
    const board = { entries: [], round: 1, total_rounds: 1 };
    line(0).deliver({ type: 'round_leaderboard', payload: board });
    expect(game.view.interval).toBeDefined();
    line(0).deliver({ type: 'game_started', payload: { round: 1, total_rounds: 1, questions_in_round: 2 } });
    expect(game.view.interval).toBeUndefined();
  });

  test('nothing about a game that was paused already when the page came to it', () => {
    start();
    line(0).welcome();
    line(0).deliver({ type: 'paused', payload: { paused_at: 0 } });
    line(0).deliver({ type: 'pong', payload: { server_time: Date.now() } });
    expect(game.view.pausedAt).toBe(0);
    expect(game.spoken).toBe('');
  });
});

describe('a reconnection', () => {
  test('shows the replay only when it is whole', () => {
    start();
    replay(line(0));
    line(0).drop();
    vi.advanceTimersByTime(3_000);
    line(1).accept();
    const you = { player_id: 'p1', display_name: 'Ada', devices: 1 };
    const payload = { phase: 'lobby', seq: 9, server_time: Date.now(), quiz_name: 'T', teams: false, you };
    line(1).deliver({ type: 'welcome', payload });
    expect(game.view.questions).toHaveLength(2);
    line(1).deliver({ type: 'pong', payload: { server_time: Date.now() } });
    expect(game.view.phase).toBe('lobby');
    expect(game.notices[0]?.text).toBe('You are back.');
    vi.advanceTimersByTime(6_000);
    expect(game.notices).toEqual([]);
  });

  test('without an answer to the ping shows what came after a moment', () => {
    start();
    replay(line(0));
    line(0).drop();
    vi.advanceTimersByTime(3_000);
    line(1).accept();
    line(1).deliver({ type: 'welcome', payload: { phase: 'lobby', seq: 9, server_time: 0, quiz_name: 'T' } });
    vi.advanceTimersByTime(800);
    expect(game.view.phase).toBe('lobby');
  });

  test('during the review brings what was handed in, and a reopened round opens it again', () => {
    const place = { round: 1, total_rounds: 1 };
    start();
    line(0).welcome();
    line(0).deliver({ type: 'game_started', payload: { ...place, questions_in_round: 2 } });
    release(line(0), 1, { your_answer: 'Gin', closed: true });
    release(line(0), 2, { closed: true });
    line(0).deliver({ type: 'round_ended', payload: place });
    line(0).deliver({ type: 'pong', payload: { server_time: Date.now() } });
    expect(game.view.phase).toBe('round_review');
    expect(game.view.questions.map((question) => game.answerTo(question))).toEqual(['Gin', undefined]);
    line(0).deliver({ type: 'round_reopened', payload: place });
    release(line(0), 1, { your_answer: 'Gin' });
    release(line(0), 2);
    expect(game.view.phase).toBe('question');
    expect(game.open).toHaveLength(2);
    expect(game.spoken).toBe('');
  });

  test('that never succeeds asks whether there is such a game', async () => {
    vi.stubGlobal(
      'fetch',
      vi.fn(async () => new Response('{"code":"not_found"}', { status: 404 })),
    );
    start();
    for (let n = 0; n < 3; n += 1) {
      line(n).drop();
      await vi.advanceTimersByTimeAsync(2_000);
    }
    expect(game.status).toMatchObject({ state: 'closed', code: 4404 });
  });
});

describe('requests', () => {
  test('a refused name is explained, an accepted one is kept', () => {
    start();
    replay(line(0));
    game.rename('Bob');
    const [sent] = line(0).ofType('rename');
    line(0).deliver({ type: 'refused', id: sent?.id, payload: { code: 'name_taken', message: 'Taken.' } });
    expect(game.renameProblem).toBe('Taken.');
    expect(game.notices).toEqual([]);
    game.rename('Bea');
    line(0).deliver({ type: 'done', id: line(0).ofType('rename')[1]?.id, payload: {} });
    expect(game.spoken).toBe('You play as Bea now.');
    line(0).deliver({ type: 'you', payload: { player_id: 'p1', display_name: 'Bea', devices: 1 } });
    expect(localStorage.getItem('quibble.seat.ABC234')).toContain('Bea');
  });

  test('a challenge is marked when the server has taken it', () => {
    start();
    replay(line(0));
    const scored = { question_id: 'q1', prompt: '?', correct_answers: [], correct: false, points_earned: 0 };
    const scores = { round: 1, total_rounds: 1, round_score: 0, questions: [scored] };
    line(0).deliver({ type: 'round_scores', payload: scores });
    game.challenge('q1');
    expect(game.view.scores[0]?.questions[0]?.challenged).toBeUndefined();
    line(0).deliver({ type: 'done', id: line(0).ofType('challenge')[0]?.id, payload: {} });
    expect(game.view.scores[0]?.questions[0]?.challenged).toBe(true);
  });

  test('a decision on a claim takes its question off the page', () => {
    start();
    replay(line(0));
    line(0).deliver({ type: 'claim', payload: { claim_id: 'c', display_name: 'Ada' } });
    game.decide('c', true);
    expect(game.view.claims).toEqual([]);
    expect(line(0).ofType('decide_claim')[0]?.payload).toEqual({ claim_id: 'c', approve: true });
  });
});

describe('an answer that is to be locked in', () => {
  function options(lock_in: boolean) {
    line(0).deliver({ type: 'options', payload: { lock_in, secret_board: false } });
  }

  function sent() {
    return submitted(line(0)).map(({ payload }) => (payload as { answer: string }).answer);
  }

  beforeEach(() => {
    start();
    replay(line(0));
    options(true);
  });

  test('stays on this phone until it is', () => {
    game.type(question(game, 'q1'), 'Paris ');
    vi.advanceTimersByTime(10_000);
    game.sendTyped('q1');
    expect(sent()).toEqual([]);
    expect(game.stateOf(question(game, 'q1'))).toBe('draft');
    expect(game.answeredCount).toBe(0);
    expect(game.firstUnanswered?.id).toBe('q1');
    expect(game.isLocked(question(game, 'q1'))).toBe(false);
    game.lockIn(question(game, 'q1'));
    expect(sent()).toEqual(['Paris']);
    expect(game.isLocked(question(game, 'q1'))).toBe(true);
    accept(line(0), submitted(line(0))[0]);
    expect(game.stateOf(question(game, 'q1'))).toBe('saved');
    expect(game.answeredCount).toBe(1);
  });

  test('changes only after it was unlocked, and is sent only when it did', () => {
    game.choose(question(game, 'q1'), 'Paris');
    game.lockIn(question(game, 'q1'));
    game.unlock(question(game, 'q1'));
    expect(game.isLocked(question(game, 'q1'))).toBe(false);
    game.lockIn(question(game, 'q1'));
    expect(sent()).toEqual(['Paris']);
    game.unlock(question(game, 'q1'));
    game.choose(question(game, 'q1'), 'Lyon');
    expect(game.answerTo(question(game, 'q1'))).toBe('Lyon');
    expect(game.handedIn(question(game, 'q1'))).toBe('Paris');
    game.lockIn(question(game, 'q1'));
    expect(sent()).toEqual(['Paris', 'Lyon']);
  });

  test('does not count when the question closes before', () => {
    game.choose(question(game, 'q1'), 'Paris');
    line(0).deliver({ type: 'question_closed', payload: { question_id: 'q1', by: 'time' } });
    expect(game.answerTo(question(game, 'q1'))).toBeUndefined();
    expect(game.stateOf(question(game, 'q1'))).toBe('none');
    expect(sent()).toEqual([]);
  });

  test('cannot be nothing', () => {
    game.type(question(game, 'q1'), 'P');
    game.type(question(game, 'q1'), ' ');
    expect(game.answerTo(question(game, 'q1'))).toBeUndefined();
    game.choose(question(game, 'q1'), 'Paris');
    game.lockIn(question(game, 'q1'));
    game.unlock(question(game, 'q1'));
    game.type(question(game, 'q1'), '');
    game.lockIn(question(game, 'q1'));
    expect(game.answerTo(question(game, 'q1'))).toBe('Paris');
    expect(sent()).toEqual(['Paris']);
  });

  test('is sent when the host does away with the button', () => {
    game.choose(question(game, 'q1'), 'Paris');
    options(false);
    expect(sent()).toEqual(['Paris']);
    game.type(question(game, 'q2'), 'Lima');
    options(true);
    expect(sent()).toEqual(['Paris', 'Lima']);
  });
});

describe('a server that speaks a newer protocol', () => {
  test('has the page load again at once where nothing is open', () => {
    start();
    replay(line(0), {}, 0, 2);
    expect(reload).toHaveBeenCalledOnce();
  });

  test('has it wait while something can be answered', () => {
    start();
    replay(line(0));
    line(0).drop();
    vi.advanceTimersByTime(3_000);
    replay(line(1), {}, 0, 2);
    line(1).deliver({ type: 'question_closed', payload: { question_id: 'q1', by: 'host' } });
    expect(reload).not.toHaveBeenCalled();
    line(1).deliver({ type: 'round_ended', payload: { round: 1, total_rounds: 1 } });
    expect(reload).toHaveBeenCalledOnce();
  });
});
