export interface Typed {
  /** The spellings that are complete. */
  done: string[];
  /** What stays in the field. */
  rest: string;
}

/**
 * Splits typed text into accepted answers. A comma or a line's end completes one; inside quotes a comma is part
 * of it, as in `"Paris, Texas"`.
 */
export function splitSpellings(text: string): Typed {
  const done: string[] = [];
  let rest = '';
  let quoted = false;
  for (const char of text) {
    if (char === '"' && (quoted || rest.trim() === '')) quoted = !quoted;
    if (char === '\n' || (char === ',' && !quoted)) {
      done.push(unquoted(rest));
      rest = '';
      quoted = false;
    } else {
      rest += char;
    }
  }
  return { done: done.filter((spelling) => spelling !== ''), rest };
}

/** The spellings of text that is finished, as on Enter. */
export function allSpellings(text: string): string[] {
  return splitSpellings(`${text}\n`).done;
}

/** A spelling as it has to be typed to come out the same. */
export function typedSpelling(spelling: string): string {
  return spelling.includes(',') ? `"${spelling}"` : spelling;
}

/** Adds spellings that are not there yet. */
export function withSpellings(accepted: readonly string[], added: readonly string[]): string[] {
  return [...new Set([...accepted, ...added])];
}

function unquoted(text: string): string {
  const trimmed = text.trim();
  const inner = /^"(.*)"?$/.exec(trimmed)?.[1];
  return inner === undefined ? trimmed : inner.replace(/"$/, '').trim();
}
