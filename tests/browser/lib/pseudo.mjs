// Two languages that nobody speaks, to see what a translation would do to the pages. Both put every text of the
// dictionaries in brackets, which shows what is in none; what a text takes in (names, numbers, times) stays as it is.

import assert from 'node:assert/strict';

/** English with accents, its words two fifths longer: what German or Finnish makes of a page. */
export const LONG = { name: 'long', lang: 'en-GB', dir: 'ltr', of: long };
/** English in Hebrew letters, from right to left. */
export const MIRRORED = { name: 'mirrored', lang: 'he', dir: 'rtl', of: mirrored };

function long(text) {
  const plain = 'aceinouyACEINOUY';
  const accented = 'áçéîñóûýÁÇÉÎÑÓÛÝ';
  const words = text.replaceAll(/\p{L}+/gu, (word) =>
    [...word]
      .map((letter, index) => (index % 5 === 0 || index % 5 === 2 ? letter + letter.toLowerCase() : letter))
      .join(''),
  );
  return words.replaceAll(/\w/g, (letter) => accented[plain.indexOf(letter)] ?? letter);
}

function mirrored(text) {
  const letters = 'אבצדעפגהיכקלמנוזחרסתשטםךץף';
  return text.toLowerCase().replaceAll(/[a-z]/g, (letter) => letters[letter.charCodeAt(0) - 97]);
}

/** A text of a dictionary as a language has it: `Round {n}` keeps its `{n}`. */
export function said(language, text) {
  return `[${text.replaceAll(/[^{}]+(?![^{]*\})/g, language.of)}]`;
}

/** Has a page that is still to be loaded speak a language. */
export async function speaks(page, language) {
  const { of, lang, dir } = language;
  await page.addInitScript(`(${install})(${of}, ${said}, ${JSON.stringify({ lang, dir })})`);
}

/** In the page. Every text goes through the one `replace` that fills its placeholders in: see i18n/t.ts. */
function install(of, said, root) {
  const { replace } = String.prototype;
  String.prototype.replace = function (pattern, by) {
    const isText = pattern instanceof RegExp && pattern.source === String.raw`\{(\w+)\}`;
    return replace.call(isText ? said({ of }, String(this)) : this, pattern, by);
  };
  document.addEventListener('readystatechange', () => Object.assign(document.documentElement, root), { once: true });
}

/** Everything that a page says is in brackets, but for what is nobody's to translate. */
export async function isTranslated(page, untranslatable) {
  const shown = await page.evaluate(() => {
    const named = [...document.querySelectorAll('[aria-label], [alt], [title], [placeholder]')];
    const names = named.flatMap((element) =>
      ['aria-label', 'alt', 'title', 'placeholder'].map((name) => element.getAttribute(name) ?? ''),
    );
    return [document.body.innerText, ...names];
  });
  const left = shown.flatMap((text) => {
    let rest = text;
    for (let before; before !== rest;) [before, rest] = [rest, rest.replaceAll(/\[[^[\]]*\]/g, ' ')];
    for (const own of untranslatable) rest = rest.replaceAll(own, ' ');
    return rest.match(/[^\n]*\p{L}{2}[^\n]*|[[\]]/gu) ?? [];
  });
  assert.deepEqual(left, [], 'in no dictionary');
  assert.ok(shown[0].includes('['), 'nothing is translated');
}
