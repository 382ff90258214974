import { beforeEach, describe, expect, it } from 'vitest';
import { notices } from './notices.svelte';

const page = {};
let undone: string[] = [];

const act = (name: string) => () => void undone.push(name);

beforeEach(() => {
  undone = [];
  notices.list = [];
  notices.forget(page);
});

describe('taking back', () => {
  it('goes from the latest act to the first, with a notice or without', () => {
    notices.remember(page, act('edit'));
    notices.offerUndo('Deleted.', act('delete'));
    notices.remember(page, act('move'));
    while (notices.undoLatest());
    expect(undone).toEqual(['move', 'delete', 'edit']);
    expect(notices.list).toEqual([]);
  });

  it('knows only the acts of the page that is there', () => {
    notices.remember(page, act('edit'));
    notices.remember({}, act('another page'));
    notices.forget(page);
    while (notices.undoLatest());
    expect(undone).toEqual(['another page']);
  });

  it('remembers the last hundred', () => {
    for (let n = 0; n <= 100; n += 1) notices.remember(page, act(String(n)));
    while (notices.undoLatest());
    expect(undone).toHaveLength(100);
    expect(undone).not.toContain('0');
  });
});
