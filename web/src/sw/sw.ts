// The service worker: a player's page opens also while the server cannot be reached. It keeps the page and the files
// that the page names, and nothing else: no answer of the server, and no page of the host.
// A new version waits until the last page of the old one is closed, so nothing changes during a game.

/** Filled in by scripts/build.mjs: what the page was built to, and the files that it names. */
declare const VERSION: string;
declare const FILES: readonly string[];

/** What the worker's events have besides an `Event`: the DOM's types know no workers. */
interface WorkerEvent extends Event {
  readonly request: Request;
  waitUntil(done: Promise<unknown>): void;
  respondWith(response: Promise<Response>): void;
}

/** What all paths begin with. The page names its files with it. */
const base = location.pathname.replace(/\/[^/]*$/, '');
const page = `${base}/`;
/** Another Quibble of this host keeps pages of its own. */
const ours = `quibble${base}-`;
const kept = ours + VERSION;
const shell: readonly string[] = [page, ...FILES.map((file) => base + file)];
/** Longer than this no page waits for the network. */
const patience = 3_000;

on('install', (event) => event.waitUntil(keep()));
on('activate', (event) => event.waitUntil(forgetOthers()));
on('fetch', (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== 'GET' || origin !== location.origin) return;
  if (mode === 'navigate' && isPage(pathname)) event.respondWith(fresh(event.request));
  else if (shell.includes(pathname)) event.respondWith(cached(event.request));
});

function isPage(path: string): boolean {
  return path.startsWith(page) && /^(j\/.*)?$/i.test(path.slice(page.length));
}

function on(type: string, act: (event: WorkerEvent) => void) {
  addEventListener(type, (event) => act(event as WorkerEvent));
}

async function keep() {
  const cache = await caches.open(kept);
  await cache.addAll([...shell]);
  const html = await (await cache.match(page))?.text();
  // While servers are replaced, the page may come from another version than this script.
  if (!shell.every((file) => html?.includes(file))) throw new Error('the page is of another version');
}

async function forgetOthers() {
  for (const name of await caches.keys()) {
    if (name.startsWith(ours) && name !== kept) await caches.delete(name);
  }
}

/** From the network, unless it fails or takes too long. */
async function fresh(request: Request): Promise<Response> {
  const answer = fetch(request);
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, patience));
  const response = await Promise.race([answer.catch(() => undefined), late]);
  if (response && response.status < 500) return response;
  return (await caches.match(page)) ?? answer;
}

async function cached(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request);
}

// A module, so that its names are its own.
export {};
