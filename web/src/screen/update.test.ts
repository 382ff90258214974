import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { isOutdated, reloadOnce } from './update';

const page = (name: string) => `<script type="module" crossorigin src="/assets/${name}.js"></script>`;

function serves(html: string, ok = true) {
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => ({ ok, text: async () => html })),
  );
}

beforeEach(() => {
  sessionStorage.clear();
  document.head.innerHTML = '';
  const script = document.createElement('script');
  script.type = 'text/plain';
  script.setAttribute('src', '/assets/screen-a1.js');
  document.head.append(script);
});
afterEach(() => vi.unstubAllGlobals());

describe('a page is outdated', () => {
  test('when the server speaks a newer protocol', async () => {
    serves(page('screen-a1'));
    expect(await isOutdated(2)).toBe(true);
  });

  test.each<[string, string, boolean, boolean]>([
    ['the same script', page('screen-a1'), true, false],
    ['another script', page('screen-b2'), true, true],
    ['a page that is not ours', '<p>Accept the terms of this network</p>', true, false],
    ['an error', page('screen-b2'), false, false],
  ])('or not, when the server has %s', async (_, html, ok, outdated) => {
    serves(html, ok);
    expect(await isOutdated(1)).toBe(outdated);
  });

  test('but not when the server cannot be asked', async () => {
    vi.stubGlobal('fetch', vi.fn().mockRejectedValue(new TypeError()));
    expect(await isOutdated(1)).toBe(false);
  });
});

describe('loading again', () => {
  const reload = vi.fn();
  const now = 1_700_000_000_000;

  beforeEach(() => {
    reload.mockClear();
    vi.stubGlobal('location', { reload });
  });

  test('happens once, and again only after a while', () => {
    expect([0, 1_000, 240_000, 300_000].map((later) => reloadOnce(now + later))).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect(reload).toHaveBeenCalledTimes(2);
  });

  test('does not happen where it could not be remembered', () => {
    vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
      throw new Error('refused');
    });
    expect(reloadOnce(now)).toBe(false);
    expect(reload).not.toHaveBeenCalled();
  });
});
