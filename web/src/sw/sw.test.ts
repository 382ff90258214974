import { beforeAll, beforeEach, expect, test, vi } from 'vitest';

const script = '/assets/player-1.js';
const stores = new Map<string, Map<string, Response>>();
const network = vi.fn<(request: string | Request) => Promise<Response>>();

const pathOf = (request: string | { url: string }) =>
  typeof request === 'string' ? request : new URL(request.url).pathname;

const caches = {
  keys: async () => [...stores.keys()],
  delete: async (name: string) => stores.delete(name),
  match: async (request: string | Request) =>
    [...stores.values()]
      .map((store) => store.get(pathOf(request)))
      .find((kept) => kept)
      ?.clone(),
  open: async (name: string) => {
    const store = stores.get(name) ?? new Map<string, Response>();
    stores.set(name, store);
    return {
      addAll: async (paths: string[]) => {
        for (const path of paths) store.set(path, await network(path));
      },
      match: async (path: string) => store.get(path)?.clone(),
    };
  },
};

/** Lets the worker hear an event. What it makes of it, or undefined when it leaves it to the browser. */
function hear(type: string, request: object = {}): Promise<unknown> | undefined {
  let made: Promise<unknown> | undefined;
  const take = (promise: Promise<unknown>) => (made = promise);
  dispatchEvent(Object.assign(new Event(type), { request, waitUntil: take, respondWith: take }));
  return made;
}

function ask(path: string, more: object = {}) {
  const answer = hear('fetch', { method: 'GET', mode: 'cors', url: location.origin + path, ...more });
  return answer as Promise<Response> | undefined;
}

const open = (path: string) => ask(path, { mode: 'navigate' });

beforeAll(async () => {
  vi.stubGlobal('VERSION', '1');
  vi.stubGlobal('FILES', [script]);
  vi.stubGlobal('caches', caches);
  vi.stubGlobal('fetch', network);
  await import('./sw');
});

beforeEach(async () => {
  stores.clear();
  network.mockImplementation(async (request) => new Response(`${pathOf(request)} names ${script}`));
  await hear('install');
  network.mockReset();
});

test('keeps the page and its files', () => {
  expect([...(stores.get('quibble-1')?.keys() ?? [])]).toEqual(['/', script]);
});

test('does not keep a page of another version', async () => {
  network.mockImplementation(async () => new Response('names /assets/player-2.js'));
  await expect(hear('install')).rejects.toThrow('another version');
});

test('forgets older versions, and nothing of others', async () => {
  await caches.open('quibble-0');
  await caches.open('other');
  await hear('activate');
  expect([...stores.keys()]).toEqual(['quibble-1', 'other']);
});

test.each(['/', '/j/ABC234', '/J/abc234'])('opens %s from the network', async (path) => {
  network.mockResolvedValue(new Response('new'));
  expect(await (await open(path))?.text()).toBe('new');
});

test.each([
  ['is away', () => network.mockRejectedValue(new TypeError('no network'))],
  ['is being replaced', () => network.mockResolvedValue(new Response('', { status: 502 }))],
])('opens the page that it kept while the server %s', async (_how, happens) => {
  happens();
  expect(await (await open('/j/ABC234'))?.text()).toContain('/ names');
});

test('waits three seconds for the network', async () => {
  vi.useFakeTimers();
  network.mockReturnValue(new Promise(() => undefined));
  const answered = vi.fn();
  void open('/')?.then(answered);
  await vi.advanceTimersByTimeAsync(2_999);
  expect(answered).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(answered).toHaveBeenCalledOnce();
  vi.useRealTimers();
});

test('without a page kept waits for as long as it takes', async () => {
  stores.clear();
  network.mockRejectedValue(new TypeError('no network'));
  await expect(open('/')).rejects.toThrow('no network');
});

test('takes a file that it kept without asking', async () => {
  expect(await (await ask(script))?.text()).toContain(script);
  expect(network).not.toHaveBeenCalled();
});

test.each([
  ['the API', () => ask('/api/games/by-code/ABC234')],
  ['a socket', () => ask('/ws/ABC234')],
  ['a page of the host', () => open('/host/')],
  ['another file', () => ask('/assets/host-1.js')],
  ['what is sent', () => ask('/', { method: 'POST', mode: 'navigate' })],
  ['another site', () => hear('fetch', { method: 'GET', mode: 'navigate', url: 'https://example.org/' })],
])('leaves %s alone', (_what, request) => {
  expect(request()).toBeUndefined();
});
