// Prints what Lighthouse says of the pages, and fails under the gates. Not a test: a busy machine is slow.
// With QUIBBLE naming a release binary: `tests/run lighthouse`.

import { LEAST_SCORE, openPages, score, shortfalls } from './lib/lighthouse.mjs';

const RUNS = 3;
const CATEGORIES = ['performance', 'accessibility', 'best-practices'];
/** What a phone's page has to keep: the median of an audit's value. */
const PLAYER_LIMITS = {
  'largest-contentful-paint': { label: 'LCP', most: 1_500, unit: 'ms' },
  'total-blocking-time': { label: 'TBT', most: 50, unit: 'ms' },
  'cumulative-layout-shift': { label: 'CLS', most: 0, unit: '' },
};

const missed = [];
const { pages, audit, close } = await openPages();
try {
  const head = ['page', ...CATEGORIES, ...Object.values(PLAYER_LIMITS).map(({ label }) => label)];
  console.log(row(head));
  for (const page of pages) {
    const results = [];
    for (let run = 0; run < RUNS; run += 1) results.push(await audit(page, { onlyCategories: CATEGORIES }));
    const cells = [...CATEGORIES.map(categoryCell), ...Object.entries(PLAYER_LIMITS).map(metricCell)];
    console.log(row([page.name, ...cells]));

    function categoryCell(category) {
      const median = middle(results.map((lhr) => score(lhr, category)));
      if (median < LEAST_SCORE) {
        const lost = new Set(results.flatMap((lhr) => shortfalls(lhr, category)));
        missed.push(`${page.name}: ${median} for ${category}, not ${LEAST_SCORE}\n${[...lost].join('\n')}`);
      }
      return `${median}`;
    }

    function metricCell([id, { label, most, unit }]) {
      const median = middle(results.map(({ audits }) => audits[id].numericValue));
      const shown = unit ? `${Math.round(median)} ${unit}` : median.toFixed(3);
      if (page.isPlayer && median > most) missed.push(`${page.name}: ${label} ${shown}, not ${most} ${unit}`);
      return shown;
    }
  }
} finally {
  await close();
}
console.log(`(median of ${RUNS} runs; every score at least ${LEAST_SCORE}; join pages: ${limits()})`);
if (missed.length > 0) {
  console.error(missed.join('\n'));
  process.exit(1);
}

function row([name, ...cells]) {
  return name.padEnd(14) + cells.map((cell) => cell.padStart(16)).join('');
}

function limits() {
  return Object.values(PLAYER_LIMITS)
    .map(({ label, most, unit }) => `${label} ${most} ${unit}`.trim())
    .join(', ');
}

function middle(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
