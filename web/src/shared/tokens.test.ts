import { describe, expect, test } from 'vitest';
import slateSheet from './slate.css?raw';
import { blindness, contrast, difference, rgb } from './testing/colour';
import tokensSheet from './tokens.css?raw';

type Tokens = Readonly<Record<string, string>>;

/** The colours that a rule of a style sheet sets; the first rule with the selector. */
function colours(sheet: string, selector: string): Tokens {
  const start = sheet.indexOf(`${selector} {`);
  if (start < 0) throw new Error(`${selector} has no rule`);
  const rule = sheet.slice(start, sheet.indexOf('}', start));
  return Object.fromEntries(
    [...rule.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map((match) => [match[1], match[2]]),
  );
}

function token(tokens: Tokens, name: string): string {
  const value = tokens[name];
  if (!value) throw new Error(`--${name} is not set`);
  return value;
}

const light = colours(tokensSheet, ':root');
const dark = { ...light, ...colours(tokensSheet, ":root[data-theme='dark']") };
const slate = { ...light, ...colours(slateSheet, '.slate.slate.slate') };
const themes: [string, Tokens][] = [
  ['light', light],
  ['dark', dark],
  ['slate', slate],
];
const mats = ['mat-a', 'mat-b', 'mat-c', 'mat-d', 'mat-e', 'mat-f'];

test('the colour arithmetic agrees with published values', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
  expect(rgb('#ff8000')[1]).toBeCloseTo(0.502, 3);
  const none = blindness['none'];
  if (!none) throw new Error('no such kind');
  expect(difference('#ffffff', '#ffffff', none)).toBe(0);
  expect(difference('#000000', '#ffffff', none)).toBeCloseTo(100, 0);
});

test('the system’s dark and the chosen dark are the same', () => {
  expect(colours(tokensSheet, ":root:not([data-theme='light'])")).toEqual(
    colours(tokensSheet, ":root[data-theme='dark']"),
  );
});

describe.each(themes)('%s', (_name, tokens) => {
  test.each(['ink', 'dim', 'good', 'bad', 'info'])('%s is easy to read on every ground', (name) => {
    for (const [ground, least] of [
      ['surface', 7],
      ['bg', 6.5],
      ['raised', 4.5],
    ] as const) {
      expect(contrast(token(tokens, name), token(tokens, ground)), ground).toBeGreaterThanOrEqual(least);
    }
  });

  test('what is pressed is easy to read', () => {
    expect(contrast(token(tokens, 'on-action'), token(tokens, 'action'))).toBeGreaterThanOrEqual(7);
  });

  test.each(['line', 'focus', 'action'])('%s stands out as an edge', (name) => {
    for (const ground of ['bg', 'surface']) {
      expect(contrast(token(tokens, name), token(tokens, ground)), ground).toBeGreaterThanOrEqual(3);
    }
  });
});

test.each([...mats, 'gold', 'silver', 'bronze'])('ink on %s is easy to read', (name) => {
  expect(contrast(token(light, 'mat-ink'), token(light, name))).toBeGreaterThanOrEqual(7);
});

test.each([
  [2, 25],
  [3, 18],
  [4, 14],
  [6, 14],
])('the first %i mats differ for every eye', (count, least) => {
  for (const [kind, matrix] of Object.entries(blindness)) {
    for (const [index, one] of mats.slice(0, count).entries()) {
      for (const other of mats.slice(index + 1, count)) {
        const apart = difference(token(light, one), token(light, other), matrix);
        expect(apart, `${one} and ${other}, ${kind}`).toBeGreaterThanOrEqual(least);
      }
    }
  }
});
