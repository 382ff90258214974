import { cleanup, render } from '@testing-library/svelte';
import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Options } from '../../shared/protocol';
import { FakeSocket } from '../../shared/testing/fake-socket';
import { LiveConsole } from './console.svelte';
import { hostState } from './fixtures';
import GameOptions from './GameOptions.svelte';

vi.mock('../../screen/update', () => ({ isOutdated: async () => false }));

const line = FakeSocket.made;
let live: LiveConsole;
let page: ReturnType<typeof render<typeof GameOptions>>;

beforeEach(async () => {
  vi.stubGlobal('WebSocket', FakeSocket);
  FakeSocket.all = [];
  live = new LiveConsole('K7PQ4M');
  live.start();
  line(0).welcome(5);
  page = render(GameOptions, { live, options: hostState().options });
  await says({}, 5);
});
afterEach(() => {
  cleanup();
  live.stop();
  vi.unstubAllGlobals();
});

/** The server says what the options are, as of an event. */
async function says(options: Partial<Options>, seq: number): Promise<void> {
  const state = hostState();
  state.options = { ...state.options, ...options };
  line(0).deliver({ type: 'host_state', seq, payload: state });
  await page.rerender({ live, options: state.options });
}

/** The server's word on the step that was sent last. */
function answer(message: object): void {
  const last = line(0).sent[line(0).sent.length - 1];
  line(0).deliver({ ...message, id: last?.id });
  flushSync();
}
const taken = (seq: number) => answer({ type: 'done', payload: {}, seq });
const refuse = () => answer({ type: 'refused', payload: { code: 'stale', message: '' } });

const calm = () => page.getByLabelText(/^Calm big screen/) as HTMLInputElement;
const volume = () => page.getByLabelText(/^Sound of the big screen/) as HTMLInputElement;

function turn(to: number): void {
  volume().value = String(to);
  volume().dispatchEvent(new Event('input', { bubbles: true }));
  volume().dispatchEvent(new Event('change', { bubbles: true }));
  flushSync();
}

test('a switch stays where it was put while older news comes in', async () => {
  calm().click();
  await says({ sound: 10 }, 5);
  expect(calm().checked).toBe(true);
  taken(6);
  expect(calm().checked).toBe(true);
  await says({ calm: true }, 6);
  await says({ calm: false }, 7);
  expect(calm().checked).toBe(false);
});

test('a switch goes back when the server refuses', () => {
  calm().click();
  expect(calm().checked).toBe(true);
  refuse();
  expect(calm().checked).toBe(false);
});

test('a switch goes back when the line breaks', async () => {
  calm().click();
  line(0).drop();
  flushSync();
  expect(calm().checked).toBe(false);
});

test('the sound is not set back under a hand that still turns it', async () => {
  turn(10);
  turn(20);
  taken(6);
  await says({ sound: 10 }, 6);
  expect(volume().value).toBe('20');
  turn(30);
  taken(7);
  await says({ sound: 20 }, 7);
  taken(8);
  await says({ sound: 30 }, 8);
  await says({ sound: 0 }, 9);
  expect(volume().value).toBe('0');
});
