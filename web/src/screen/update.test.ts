import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { isOutdated } from './update';

const page = (name: string) => `<script type="module" crossorigin src="/assets/${name}.js"></script>`;

function serves(html: string, ok = true) {
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => ({ ok, text: async () => html })),
  );
}

beforeEach(() => {
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
