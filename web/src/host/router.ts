import { base, withoutBase } from '../shared/base.ts';

/** Every page of the host app, with what its address carries. */
export type Route =
  | { page: 'setup' }
  | { page: 'link' }
  | { page: 'home' }
  | { page: 'banks' }
  | { page: 'bank'; id: string }
  | { page: 'import'; id: string }
  | { page: 'quizzes' }
  | { page: 'quiz'; id: string }
  | { page: 'games' }
  | { page: 'results'; id: string }
  | { page: 'live'; id: string }
  | { page: 'repeats' }
  | { page: 'bin' }
  | { page: 'print-quiz'; id: string }
  | { page: 'print-bank'; id: string }
  | { page: 'print-game'; id: string }
  | { page: 'account' }
  | { page: 'tonight' }
  | { page: 'health' }
  | { page: 'backups' }
  | { page: 'jobs' }
  | { page: 'accounts' }
  | { page: 'settings' }
  | { page: 'not-found' };

export type Page = Route['page'];

type ItemPage = Extract<Route, { id: string }>['page'];
type PlainPage = Exclude<Page, ItemPage>;

/** The paths of the pages; a star stands for the id. */
const plainPages: [path: string, page: PlainPage][] = [
  ['/setup', 'setup'],
  ['/host/link', 'link'],
  ['/host', 'home'],
  ['/host/banks', 'banks'],
  ['/host/quizzes', 'quizzes'],
  ['/host/games', 'games'],
  ['/host/repeats', 'repeats'],
  ['/host/bin', 'bin'],
  ['/host/account', 'account'],
  ['/host/server', 'tonight'],
  ['/host/server/health', 'health'],
  ['/host/server/backups', 'backups'],
  ['/host/server/jobs', 'jobs'],
  ['/host/server/accounts', 'accounts'],
  ['/host/server/settings', 'settings'],
];

const itemPages: [path: string, page: ItemPage][] = [
  ['/host/banks/*', 'bank'],
  ['/host/banks/*/import', 'import'],
  ['/host/quizzes/*', 'quiz'],
  ['/host/games/*', 'results'],
  ['/host/games/*/live', 'live'],
  ['/host/quizzes/*/print', 'print-quiz'],
  ['/host/banks/*/print', 'print-bank'],
  ['/host/games/*/print', 'print-game'],
];

export const pathPatterns: readonly [path: string, page: Page][] = [...plainPages, ...itemPages];

/** Pages that are there for somebody who is not signed in. */
export const openPages: readonly Page[] = ['setup', 'link'];

/**
 * What a page asks the server for as soon as it runs, with a star for its id. The server lets a browser fetch it at once;
 * what is named here and not asked for in the same words is fetched in vain.
 */
export function firstRequests(page: Page): string[] {
  const own: Partial<Record<Page, string[]>> = {
    bank: ['/api/banks/*', '/api/banks/*/questions?limit=200'],
    quiz: ['/api/quizzes/*'],
    live: ['/api/games/*'],
  };
  return openPages.includes(page) ? [] : ['/api/me', ...(own[page] ?? [])];
}

/** Which page a path names. A trailing slash does not matter; an unknown path is "not-found". */
export function matchRoute(path: string): Route {
  const below = withoutBase(path);
  const trimmed = below.length > 1 ? below.replace(/\/+$/, '') : below;
  const plain = plainPages.find(([plainPath]) => plainPath === trimmed);
  if (plain) return { page: plain[1] };
  for (const [pattern, page] of itemPages) {
    const id = idOf(trimmed, pattern);
    if (id !== undefined) return decodedItem(page, id);
  }
  return { page: 'not-found' };
}

/** True when this app, and not the server, shows the path. */
export function isOurs(path: string): boolean {
  const below = withoutBase(path);
  return below === '/setup' || below === '/host' || below.startsWith('/host/');
}

/** What stands in a path for the star of a pattern. */
function idOf(path: string, pattern: string): string | undefined {
  const parts = path.split('/');
  const wanted = pattern.split('/');
  const isLike =
    parts.length === wanted.length && wanted.every((part, index) => part === '*' || part === parts[index]);
  return isLike ? parts[wanted.indexOf('*')] || undefined : undefined;
}

function decodedItem(page: ItemPage, id: string): Route {
  try {
    return { page, id: decodeURIComponent(id) };
  } catch {
    return { page: 'not-found' };
  }
}

/** The path of a page, the one place where paths are put together. */
export const paths = {
  home: `${base}/host`,
  banks: `${base}/host/banks`,
  bank: (id: string) => `${base}/host/banks/${encodeURIComponent(id)}`,
  import: (id: string) => `${base}/host/banks/${encodeURIComponent(id)}/import`,
  quizzes: `${base}/host/quizzes`,
  quiz: (id: string) => `${base}/host/quizzes/${encodeURIComponent(id)}`,
  games: `${base}/host/games`,
  results: (id: string) => `${base}/host/games/${encodeURIComponent(id)}`,
  live: (id: string) => `${base}/host/games/${encodeURIComponent(id)}/live`,
  repeats: `${base}/host/repeats`,
  bin: `${base}/host/bin`,
  printQuiz: (id: string) => `${base}/host/quizzes/${encodeURIComponent(id)}/print`,
  printBank: (id: string) => `${base}/host/banks/${encodeURIComponent(id)}/print`,
  printGame: (id: string) => `${base}/host/games/${encodeURIComponent(id)}/print`,
  account: `${base}/host/account`,
  tonight: `${base}/host/server`,
  health: `${base}/host/server/health`,
  backups: `${base}/host/server/backups`,
  jobs: `${base}/host/server/jobs`,
  accounts: `${base}/host/server/accounts`,
  settings: `${base}/host/server/settings`,
} as const;
