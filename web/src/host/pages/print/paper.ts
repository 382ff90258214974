import type { Attachment } from 'svelte/attachments';

export type Paper = 'a4' | 'letter';

/** Where people write dates with the month first, their paper is Letter. */
const LETTER_REGIONS = ['US', 'CA', 'MX', 'PH', 'CL', 'CO', 'VE'];

/** The paper that is likely in the printer, by the reader's languages. */
export function likelyPaper(languages: readonly string[]): Paper {
  const region = languages.map((language) => /-([A-Z]{2})\b/.exec(language)?.[1]).find(Boolean);
  return region !== undefined && LETTER_REGIONS.includes(region) ? 'letter' : 'a4';
}

/** The CSS of the sheets (CSS Paged Media): their size, and a margin that every printer can keep. */
export function pageRule(paper: Paper): string {
  return `@page { size: ${paper === 'a4' ? 'A4' : 'letter'} portrait; margin: 12mm; }`;
}

/** While an element is there, what is printed goes on this paper. */
export function printsOn(paper: Paper): Attachment {
  return () => {
    const rule = new CSSStyleSheet();
    rule.replaceSync(pageRule(paper));
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, rule];
    return () => {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== rule);
    };
  };
}
