// What must hold of a page's layout, whatever its texts are.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

const ICONS = await readFile(new URL('../../../web/src/shared/ui/icons.ts', import.meta.url), 'utf8');
/** The drawings that point along the line. */
const POINTING = ['left', 'right', 'undo', 'door'].map((name) => new RegExp(`const ${name} = '(.+)'`).exec(ICONS)[1]);

/** Rectangles are rounded, and letters reach a little over what they stand on. */
const SLACK_PX = 1.5;
/** Browsers give a radio button a pixel or two more on one side, whatever the direction. */
const MIRROR_SLACK_PX = 2.5;

/** No text is cut off, or reaches out of what it stands in. */
export async function nothingIsCut(page) {
  const cut = await page.evaluate((slack) => {
    const found = new Set();
    for (const { element, rect } of lines()) {
      for (let box = element; box !== document.body; box = box.parentElement) {
        const style = getComputedStyle(box);
        if (style.display === 'inline' || style.display === 'contents') continue;
        const scrolls = /auto|scroll/.test(style.overflowX + style.overflowY) || 'over' in box.dataset;
        // What people wrote may end in an ellipsis.
        const isOwn = style.textOverflow === 'ellipsis' && !/^\[.*\]$/.test(element.textContent.trim());
        if (scrolls || isOwn || style.position === 'fixed') break;
        const frame = box.getBoundingClientRect();
        const beside = Math.max(frame.left - rect.left, rect.right - frame.right);
        const isFrame = style.overflowY !== 'visible' || parseFloat(style.borderBlockStartWidth) > 0;
        const above =
          isFrame || box.matches('a, button') ? Math.max(frame.top - rect.top, rect.bottom - frame.bottom) : 0;
        if (beside > slack || above > rect.height / 4) {
          found.add(`“${element.textContent.trim().slice(0, 60)}” in ${box.outerHTML.slice(0, 100)}`);
          break;
        }
        if (style.position === 'absolute') break;
      }
    }
    return [...found];
  }, SLACK_PX);
  assert.deepEqual(cut, [], `cut off on ${page.url()}`);
}

/** No control or text lies over another one. Bars that stay in sight lie over the page on purpose. */
export async function nothingOverlaps(page) {
  const found = await page.evaluate((slack) => {
    const inside = document.querySelector('dialog[open]') ?? document.body;
    const controls = [...inside.querySelectorAll('a, button, input, select, textarea, summary, img')].filter(
      (element) => isSeen(element) && !element.closest('[inert]'),
    );
    const things = [
      ...controls.map((element) => ({ element, rect: element.getBoundingClientRect() })),
      ...lines().map(({ element, rect: { left, right, top, height } }) => {
        return { element, rect: { left, right, top: top + height / 5, bottom: top + (height * 4) / 5 } };
      }),
    ]
      .filter(({ element }) => inside.contains(element))
      .map((thing) => ({ ...thing, layer: layerOf(thing.element) }));
    const overlaps = new Set();
    for (const [index, a] of things.entries()) {
      for (const b of things.slice(index + 1)) {
        if (a.layer !== b.layer || a.element.contains(b.element) || b.element.contains(a.element)) continue;
        const across = Math.min(a.rect.right, b.rect.right) - Math.max(a.rect.left, b.rect.left);
        const down = Math.min(a.rect.bottom, b.rect.bottom) - Math.max(a.rect.top, b.rect.top);
        if (across > slack && down > slack) {
          overlaps.add(`${a.element.outerHTML.slice(0, 100)}\n  and ${b.element.outerHTML.slice(0, 100)}`);
        }
      }
    }
    return [...overlaps];

    function layerOf(element) {
      for (let box = element; box; box = box.parentElement) {
        if (/fixed|sticky|absolute/.test(getComputedStyle(box).position)) return box;
      }
      return undefined;
    }
  }, SLACK_PX);
  assert.deepEqual(found, [], `over each other on ${page.url()}`);
}

/**
 * From right to left, everything stands where a mirror would show it from left to right, but for what has its own
 * direction; and what points along the line is turned round.
 */
export async function isMirrored(page) {
  const found = await page.evaluate(
    ([slack, pointing]) => {
      const root = document.documentElement;
      const { lang } = root;
      // The big screen moves its picture against burn-in.
      document.querySelector('.display')?.style.removeProperty('transform');
      const elements = [...document.body.querySelectorAll('*')].filter(
        (element) =>
          isSeen(element) &&
          !element.parentElement.closest('svg') &&
          !isInLine(element) &&
          getComputedStyle(element).direction === 'rtl',
      );
      const mirrored = elements.map((element) => element.getBoundingClientRect());
      Object.assign(root, { dir: 'ltr', lang: 'en-GB' });
      const plain = elements.map((element) => element.getBoundingClientRect());
      Object.assign(root, { dir: 'rtl', lang });
      const misplaced = elements.filter((_, index) => {
        const [is, was] = [mirrored[index], plain[index]];
        return Math.abs(is.left - (root.clientWidth - was.right)) > slack || Math.abs(is.top - was.top) > slack;
      });
      const arrows = [...document.querySelectorAll('svg:has(path)')].filter(
        (svg) => isSeen(svg) && pointing.includes(svg.querySelector('path').getAttribute('d')),
      );
      const unturned = arrows.filter((svg) => new DOMMatrix(getComputedStyle(svg).transform).a !== -1);
      return [...misplaced, ...unturned].map((element) => element.outerHTML.slice(0, 100)).slice(0, 10);

      /** Its place depends on the text around it, or that of what it is in. */
      function isInLine(element) {
        for (let box = element; box !== document.body; box = box.parentElement) {
          if (getComputedStyle(box).display.startsWith('inline')) return true;
        }
        return false;
      }
    },
    [MIRROR_SLACK_PX, POINTING],
  );
  assert.deepEqual(found, [], `not mirrored on ${page.url()}`);
}

/** What the checks above use in the page. */
export async function measures(page) {
  await page.addInitScript(() => {
    /** Whether an element is there to be seen: not for screen readers only, not under what is shut. */
    globalThis.isSeen = (element) =>
      !element.closest('.hush, .skip') &&
      element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) &&
      element.getBoundingClientRect().width > 0;

    /** Every line of text that is seen, with the element that it is in. */
    globalThis.lines = () => {
      const found = [];
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) {
        const { currentNode: node } = texts;
        const element = node.parentElement;
        if (node.data.trim() === '' || element.closest('option, svg') || !isSeen(element)) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        for (const rect of range.getClientRects()) if (rect.width > 0) found.push({ element, rect });
      }
      return found;
    };
  });
}
