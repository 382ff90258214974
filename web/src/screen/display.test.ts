import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { api } from '../shared/api';
import { FakeSocket } from '../shared/testing/fake-socket';
import { Display } from './display.svelte';
import { storedSeat } from './seat';
import { reloadOnce } from '../shared/upgrade';
import { isOutdated } from './update';

vi.mock('./update', () => ({ isOutdated: vi.fn() }));
vi.mock('../shared/upgrade', () => ({ reloadOnce: vi.fn() }));

const line = FakeSocket.made;
const board = { entries: [], round: 1, total_rounds: 1 };
let display: Display;

function open(): Display {
  display = new Display();
  display.start();
  return display;
}

/** A connection with its whole replay. */
async function replay(index: number, phase: string) {
  const socket = line(index);
  socket.welcome();
  const options = { join_strip: true, calm: false };
  const shown = { present: { view: 'auto' }, options };
  const payload = { phase, ...shown, join_url: '', code: 'K7PQ4M', quiz_name: '', round: 1 };
  socket.deliver({ type: 'screen_state', payload: { ...payload, total_rounds: 1, player_count: 0 } });
  if (phase === 'ended') socket.deliver({ type: 'game_ended', payload: board });
  socket.deliver({ type: 'pong', payload: { server_time: Date.now() } });
  await vi.advanceTimersByTimeAsync(0);
}

function remember(code: string) {
  localStorage.setItem('quibble.screen', JSON.stringify({ code, token: 't' }));
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', FakeSocket);
  FakeSocket.all = [];
  localStorage.clear();
  sessionStorage.clear();
  history.replaceState(null, '', '/screen');
  vi.mocked(isOutdated).mockResolvedValue(false);
  vi.mocked(reloadOnce).mockReset().mockReturnValue(true);
  vi.spyOn(api, 'post').mockImplementation(async (path) =>
    path.endsWith('/poll') ? { status: 'waiting' } : { code: 'WAIT', secret: 's' },
  );
});
afterEach(() => {
  display.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('a game that has ended', () => {
  test('lets go of the screen that is loaded with a seat in it', async () => {
    remember('K7PQ4M');
    open();
    await replay(0, 'ended');
    expect(display.model).toBeUndefined();
    expect(display.pairing).toEqual({ code: 'WAIT', again: false });
    expect(storedSeat()).toBeUndefined();
  });

  test('leaves its board on a screen that saw it end, also over a break', async () => {
    remember('K7PQ4M');
    open();
    await replay(0, 'leaderboard');
    expect(display.over).toBe(false);
    line(0).deliver({ type: 'game_ended', payload: board });
    expect(display.over).toBe(true);
    expect(display.model?.view.kind).toBe('podium');
    line(0).drop();
    await vi.advanceTimersByTimeAsync(4_000);
    await replay(FakeSocket.all.length - 1, 'ended');
    expect(display.model?.view.kind).toBe('podium');
  });

  test('is shown by a link that the host just made', async () => {
    history.replaceState(null, '', '/screen#K7PQ4M.token');
    open();
    await replay(0, 'ended');
    expect(display.model?.view.kind).toBe('podium');
  });

  test('can be left for another pairing', async () => {
    history.replaceState(null, '', '/screen#K7PQ4M.token');
    open();
    await replay(0, 'ended');
    display.pairAnew();
    await vi.advanceTimersByTimeAsync(0);
    expect(display.over).toBe(false);
    expect(display.pairing?.code).toBe('WAIT');
    expect(line(0).closedWith).toBe(1000);
    vi.mocked(api.post).mockResolvedValue({ status: 'paired', screen_token: 'u', game_code: 'NEXT22' });
    await vi.advanceTimersByTimeAsync(2_000);
    await replay(1, 'ended');
    expect(display.model?.view.kind).toBe('podium');
    expect(storedSeat()?.code).toBe('NEXT22');
  });
});

describe('an update of the server', () => {
  test('is followed at once', async () => {
    remember('K7PQ4M');
    open();
    vi.mocked(isOutdated).mockResolvedValue(true);
    await replay(0, 'question');
    expect(reloadOnce).toHaveBeenCalledOnce();
  });

  test('does not cost the final board', async () => {
    history.replaceState(null, '', '/screen#K7PQ4M.token');
    open();
    await replay(0, 'ended');
    vi.mocked(isOutdated).mockResolvedValue(true);
    line(0).drop();
    await vi.advanceTimersByTimeAsync(4_000);
    await replay(FakeSocket.all.length - 1, 'ended');
    expect(reloadOnce).not.toHaveBeenCalled();
  });

  test('that refuses this page is waited for', async () => {
    remember('K7PQ4M');
    open();
    vi.mocked(reloadOnce).mockReturnValue(false);
    line(0).accept();
    line(0).drop(4426);
    await vi.advanceTimersByTimeAsync(125_000);
    expect(reloadOnce).toHaveBeenCalledTimes(3);
  });
});
