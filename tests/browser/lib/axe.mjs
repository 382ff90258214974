// What a machine can check of accessibility.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const AXE_TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const axeSource = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * Where axe cannot tell the contrast of a text, and why the colours of the text and of what it stands on, as the style
 * sheets have them, can be compared all the same. Anything else that it leaves open is a finding.
 */
const COMPARABLE = {
  shortTextContent: 'a single letter has its colours, too',
  nonBmp: 'and so has an arrow',
  bgOverlap: 'what is drawn over a text, a bar that sticks or a dialog, hides it and does not mix with it',
  elmPartiallyObscured: 'the same, of a text that is hidden in part',
  elmPartiallyObscuring: 'the same, of a text of the bar',
  pseudoContent: 'the holes at both ends of a ticket do not reach its text',
  imgNode: 'the words of a chart of ours stand on the page, beside what is drawn',
};

/** What a text needs where axe does not say. */
const TEXT_CONTRAST = 4.5;
/** What every text needs that is read across a room, however large it is (WCAG 2.2, 1.4.6, for small text). */
const FAR_CONTRAST = 7;

/**
 * No violation of the rules of accessibility that a machine can check, and no contrast that it cannot. A page may be one
 * that is read from afar.
 */
export async function axe(page, what = page.url(), { isFar = false } = {}) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(await axeSource);
  const run = { values: AXE_TAGS, far: isFar ? FAR_CONTRAST : undefined };
  const { violations, open } = await page.evaluate(async ({ values, far }) => {
    if (far) {
      const contrastRatio = { normal: { expected: far }, large: { expected: far } };
      globalThis.axe.configure({ checks: [{ id: 'color-contrast-enhanced', options: { contrastRatio } }] });
    }
    const { violations, incomplete } = await globalThis.axe.run(document, {
      runOnly: { type: 'tag', values },
      rules: { 'color-contrast-enhanced': { enabled: Boolean(far) } },
      resultTypes: ['violations', 'incomplete'],
    });
    return {
      violations: violations.map(({ id, help, nodes }) => ({
        id,
        help,
        nodes: nodes.slice(0, 5).map((node) => `${node.html.slice(0, 160)} – ${node.failureSummary}`),
      })),
      open: incomplete
        .filter(({ id }) => id === (far ? 'color-contrast-enhanced' : 'color-contrast'))
        .flatMap(({ nodes }) => nodes)
        .map(({ any: [{ data }], html, target: [selector] }) => ({
          why: data.messageKey,
          wanted: parseFloat(data.expectedContrastRatio),
          selector,
          html: html.slice(0, 160),
        })),
    };
  }, run);
  assert.deepEqual(violations, [], `axe on ${what}`);
  const compared = await page.evaluate(
    contrasts,
    open.map(({ selector }) => selector),
  );
  const unclear = open
    .map((node, index) => ({ ...node, wanted: node.wanted || (isFar ? FAR_CONTRAST : TEXT_CONTRAST), found: compared[index] }))
    .filter(({ why, wanted, found }) => !(why in COMPARABLE) || !(found >= wanted));
  assert.deepEqual(unclear, [], `contrast on ${what}`);
}

/** In the page: the contrast of each element's text with what it stands on; none where something mixes in. */
function contrasts(selectors) {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  return selectors.map(contrast);

  function contrast(selector) {
    const element = document.querySelector(selector);
    const { color, fill } = getComputedStyle(element);
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const { backgroundColor, backgroundImage, opacity } = getComputedStyle(at);
      if (backgroundImage !== 'none' || opacity !== '1' || at instanceof HTMLImageElement) return undefined;
      layers.unshift(backgroundColor);
    }
    if (element instanceof SVGElement) layers.push(...drawnBehind(element));
    const behind = layers.reduce(over, [255, 255, 255]);
    const text = over(behind, element instanceof SVGElement ? fill : color);
    const [lighter, darker] = [luminance(behind), luminance(text)].sort((a, b) => b - a);
    return (lighter + 0.05) / (darker + 0.05);
  }

  /** The shape of a drawing on which a text of it stands, if any. */
  function drawnBehind(text) {
    text.scrollIntoView({ block: 'center' });
    const { left, top, width, height } = text.getBoundingClientRect();
    return document
      .elementsFromPoint(left + width / 2, top + height / 2)
      .filter((at) => at instanceof SVGGeometryElement && at.ownerSVGElement === text.ownerSVGElement)
      .map((shape) => getComputedStyle(shape).fill)
      .filter((fill) => fill !== 'none')
      .slice(0, 1);
  }

  function over(below, colour) {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = context.getImageData(0, 0, 1, 1).data;
    return [red, green, blue].map((value, index) => (value * alpha + below[index] * (255 - alpha)) / 255);
  }

  function luminance(colour) {
    const [red, green, blue] = colour.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }
}
