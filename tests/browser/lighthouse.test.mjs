// What Lighthouse says of accessibility and of good practice. How fast pages are depends on the machine:
// `tests/run lighthouse` measures that.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LEAST_SCORE, openPages, score, shortfalls } from './lib/lighthouse.mjs';

const CATEGORIES = ['accessibility', 'best-practices'];
/** Nothing is timed, so nothing waits for the page to be calm. */
const HASTE = { pauseAfterFcpMs: 0, pauseAfterLoadMs: 0, networkQuietThresholdMs: 250, cpuQuietThresholdMs: 0 };

test('Lighthouse', { timeout: 180_000 }, async (t) => {
  const { pages, audit, close } = await openPages();
  t.after(close);
  for (const page of pages) {
    await t.test(page.name, async () => {
      const lhr = await audit(page, { onlyCategories: CATEGORIES, ...HASTE });
      for (const category of CATEGORIES) {
        const lost = shortfalls(lhr, category).join('\n');
        assert.ok(score(lhr, category) >= LEAST_SCORE, `${score(lhr, category)} for ${category}:\n${lost}`);
      }
    });
  }
});
