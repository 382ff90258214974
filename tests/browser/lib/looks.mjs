// Looks at pages as they are, in light and dark, narrow and wide: nothing that axe objects to, nothing that scrolls
// sideways. The pictures are left in `out`.

import { mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { axe } from './axe.mjs';
import { noSidewaysScroll } from './browser.mjs';

const OUT = fileURLToPath(new URL('../out/', import.meta.url));
const SCHEMES = ['light', 'dark'];
const WIDTHS = [320, 390, 1280, 1920, 3840];
/** axe looks at these widths: all layouts come up at one of them. */
const AXE_WIDTHS = [390, 1280];
const PICTURE_WIDTHS = [390, 1280];
const SCREEN_PICTURE_WIDTHS = [1920];
/** What moves for longer is not waited for. */
const LONGEST_MOVE_MS = 5_000;
const NARROW = { width: 390, height: 844 };

/** For the devices that are looked at: nothing moves. */
export const STILL = { reducedMotion: 'reduce' };

/**
 * Begins to look at pages of a kind, whose pictures go into a folder of their own. Gives a function that looks at a
 * page as it is then; every finding is a failed test of its own.
 */
export async function looker(t, kind) {
  const out = `${OUT}${kind}/`;
  const isScreen = kind === 'screen';
  const pictured = isScreen ? SCREEN_PICTURE_WIDTHS : PICTURE_WIDTHS;
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });

  /** With `strained`, also in forced colours and with large text. */
  return async function looks(name, page, { strained = false } = {}) {
    const before = page.viewportSize();
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: heightFor(width) });
      await t.test(`${name} ${width}`, async () => {
        await drawn(page);
        await noSidewaysScroll(page);
      });
      for (const colorScheme of SCHEMES) {
        if (!AXE_WIDTHS.includes(width) && !pictured.includes(width)) continue;
        await page.emulateMedia({ colorScheme });
        const what = `${name} ${colorScheme} ${width}`;
        await t.test(what, async () => {
          await drawn(page);
          if (pictured.includes(width)) await picture(page, what);
          if (AXE_WIDTHS.includes(width)) await axe(page, what, { isFar: isScreen });
        });
      }
      await page.emulateMedia({ colorScheme: 'light' });
    }
    if (strained) {
      await page.setViewportSize(NARROW);
      await t.test(`${name} in forced colours`, () => inForcedColours(name, page));
      await t.test(`${name} with large text`, () => withLargeText(name, page));
    }
    await page.setViewportSize(before);
  };

  function heightFor(width) {
    if (isScreen || width > 1920) return Math.round((width * 9) / 16);
    return width < 800 ? 844 : 900;
  }

  async function inForcedColours(name, page) {
    await page.emulateMedia({ forcedColors: 'active' });
    try {
      await drawn(page);
      await picture(page, `${name} forced colours`);
      await noSidewaysScroll(page);
    } finally {
      await page.emulateMedia({ forcedColors: 'none' });
    }
  }

  /** Twice the size that the reader's browser would have. */
  async function withLargeText(name, page) {
    const size = (value) => (document.documentElement.style.fontSize = value);
    await page.evaluate(size, '200%');
    try {
      await drawn(page);
      await picture(page, `${name} large text`);
      await noSidewaysScroll(page);
    } finally {
      await page.evaluate(size, '');
    }
  }

  async function picture(page, what) {
    await page.screenshot({ path: `${out}${what.replaceAll(' ', '-')}.png`, fullPage: !isScreen });
  }
}

/** What follows a change is drawn in the frame after the next, and what moves then comes to rest. */
export async function drawn(page) {
  await page.evaluate(async (longest) => {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    // A clock's rail moves for as long as the clock runs.
    const short = document.getAnimations().filter(({ effect }) => effect.getComputedTiming().endTime <= longest);
    await Promise.allSettled(short.map(({ finished }) => finished));
  }, LONGEST_MOVE_MS);
}
