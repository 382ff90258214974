import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { QUIET_MS, SaveQueue } from './save-queue.svelte';

class Lost extends Error {}

const queue = () =>
  new SaveQueue((error) => ({ retry: error instanceof Lost, reason: (error as Error).message }));

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('SaveQueue', () => {
  it('waits for quiet and sends several changes of one key once', async () => {
    const saves = queue();
    let draft = '';
    const sent: string[] = [];
    for (const text of ['a', 'ab', 'abc']) {
      draft = text;
      saves.put('q1', async () => void sent.push(draft));
      await vi.advanceTimersByTimeAsync(QUIET_MS - 1);
    }
    expect(sent).toEqual([]);
    expect(saves.overall).toEqual({ kind: 'waiting' });
    await vi.advanceTimersByTimeAsync(1);
    expect(sent).toEqual(['abc']);
    expect(saves.states.get('q1')).toEqual({ kind: 'saved', at: Date.now() });
  });

  it('keeps the order in which keys were last changed, one request at a time', async () => {
    const saves = queue();
    const sent: string[] = [];
    const slow = (name: string) => async () => {
      sent.push(`${name} starts`);
      await new Promise((resolve) => setTimeout(resolve, 50));
      sent.push(`${name} ends`);
    };
    saves.put('b', slow('b'));
    saves.put('a', slow('a'));
    saves.put('b', slow('b'), 0);
    await vi.advanceTimersByTimeAsync(150);
    expect(sent).toEqual(['a starts', 'a ends', 'b starts', 'b ends']);
  });

  it('tries again when the server is away and holds back what is behind', async () => {
    const saves = queue();
    const sent: string[] = [];
    let down = true;
    saves.put('a', async () => {
      if (down) throw new Lost('no answer');
      sent.push('a');
    });
    saves.put('b', async () => void sent.push('b'), 0);
    await vi.advanceTimersByTimeAsync(0);
    expect(saves.overall).toEqual({ kind: 'retrying', reason: 'no answer' });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sent).toEqual([]);
    down = false;
    await vi.advanceTimersByTimeAsync(2_100);
    expect(sent).toEqual(['a', 'b']);
    expect(saves.unsaved).toBe(false);
  });

  it('sends the newest state after a lost request', async () => {
    const saves = queue();
    const sent: string[] = [];
    saves.put('a', () => Promise.reject(new Lost('gone')), 0);
    await vi.advanceTimersByTimeAsync(0);
    saves.put('a', async () => void sent.push('newer'));
    await vi.advanceTimersByTimeAsync(QUIET_MS);
    expect(sent).toEqual(['newer']);
  });

  it('gives up what the server refuses, goes on with the rest and takes the key up again on a change', async () => {
    const saves = queue();
    const sent: string[] = [];
    saves.put('a', () => Promise.reject(new Error('too long')), 0);
    saves.put('b', async () => void sent.push('b'), 0);
    await vi.advanceTimersByTimeAsync(10);
    expect(saves.states.get('a')).toEqual({ kind: 'refused', reason: 'too long' });
    expect(saves.overall?.kind).toBe('refused');
    expect(sent).toEqual(['b']);
    saves.put('a', async () => void sent.push('a'), 0);
    await vi.advanceTimersByTimeAsync(10);
    expect(sent).toEqual(['b', 'a']);
    expect(saves.overall?.kind).toBe('saved');
  });

  it('saves once more when a key changes while it is being saved', async () => {
    const saves = queue();
    let draft = 1;
    const sent: number[] = [];
    const send = async () => {
      sent.push(draft);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    };
    saves.put('a', send, 0);
    await vi.advanceTimersByTimeAsync(100);
    draft = 2;
    saves.put('a', send);
    await vi.advanceTimersByTimeAsync(900);
    expect(saves.states.get('a')).toEqual({ kind: 'waiting' });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sent).toEqual([1, 2]);
  });

  it('settles when the last save is through, and a dropped key leaves no trace', async () => {
    const saves = queue();
    let settled = false;
    saves.put('a', async () => {});
    saves.put('b', () => Promise.reject(new Lost('never')));
    void saves.settled().then(() => (settled = true));
    await vi.advanceTimersByTimeAsync(QUIET_MS);
    expect(settled).toBe(false);
    saves.drop('b');
    await vi.advanceTimersByTimeAsync(0);
    expect(settled).toBe(true);
    expect(saves.states.has('b')).toBe(false);
  });
});
