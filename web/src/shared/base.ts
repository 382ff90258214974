/** As much of a browser as there is: the builds of the pages name paths where there is none. */
interface Surroundings {
  document?: { documentElement: { dataset: Readonly<Record<string, string | undefined>> } };
}

/**
 * What all paths of this Quibble begin with, as the server wrote it into the page: `/quiz` where it is reached at
 * https://example.org/quiz, and nothing where it has the host for itself.
 */
export const base = (globalThis as Surroundings).document?.documentElement.dataset['base'] ?? '';

/** A path without what all begin with. A proxy may have taken it off already. */
export function withoutBase(path: string, begin = base): string {
  if (path === begin) return '/';
  return path.startsWith(`${begin}/`) ? path.slice(begin.length) : path;
}
