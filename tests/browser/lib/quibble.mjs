// The server under test: the real binary, on a free port of this machine, with a data folder of its own.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const BINARY = process.env.QUIBBLE ?? fileURLToPath(new URL('../../../target/debug/quibble', import.meta.url));
const PATIENCE_MS = 20_000;

export const OWNER = { username: 'landlord', password: 'mild and bitter' };

/** Servers that run now, and their data. Neither outlives the tests, however these end. */
const running = new Set();
const dirs = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

export async function freePort() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

export class Quibble {
  #child;
  #dir;
  #env;
  #printed = '';
  /** Where it is: `http://127.0.0.1:PORT`, the same after a restart. */
  url;
  /** The set-up link of the first start. */
  setupLink;

  /** Starts with an empty data folder, and with settings in the environment. */
  static async start(settings = {}) {
    if (!existsSync(BINARY)) throw new Error(`There is no binary at ${BINARY}: build it, or name it in QUIBBLE.`);
    const quibble = new Quibble();
    quibble.#env = { PATH: process.env.PATH, ...settings };
    quibble.#dir = await mkdtemp(join(tmpdir(), 'quibble-browser-'));
    dirs.add(quibble.#dir);
    quibble.url = `http://127.0.0.1:${await freePort()}`;
    await quibble.run();
    quibble.setupLink = /https?:\S+\/setup#\S+/.exec(quibble.#printed)?.[0];
    if (!quibble.setupLink) throw new Error(`The first start printed no set-up link:\n${quibble.#printed}`);
    return quibble;
  }

  /** Starts on the same port and the same data, and waits until it is ready. */
  async run() {
    const args = ['serve', '--data-dir', this.#dir, '--listen', new URL(this.url).host, '--log-level', 'warn'];
    const child = spawn(BINARY, args, { env: this.#env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (this.#printed += text));
    }
    const ready = async () => (await fetch(`${this.url}/readyz`)).ok;
    await until('the server is ready', () => {
      if (child.exitCode !== null) throw new Error(`The server ended at its start:\n${this.#printed}`);
      return ready().catch(() => false);
    });
    await until('the server has printed where it is', () => /https?:\/\//.test(this.#printed));
  }

  /** The link that `quibble user setup-link` prints beside the running server. */
  async anotherLink() {
    const args = ['user', 'setup-link', '--data-dir', this.#dir];
    const { stdout } = await promisify(execFile)(BINARY, args, { env: this.#env });
    return new URL(/http:\S+\/setup#\S+/.exec(stdout)[0]);
  }

  /** Kill -9: nothing is said, nothing is put in order. */
  async kill() {
    const child = this.#child;
    if (!running.has(child)) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  /** Stops, and takes the data away. */
  async end() {
    await this.kill();
    await rm(this.#dir, { recursive: true, force: true });
    dirs.delete(this.#dir);
  }
}

/** Asks again and again until the answer is true. Only for what no browser page can wait for. */
export async function until(what, isSo, patience = PATIENCE_MS) {
  const end = Date.now() + patience;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`In ${patience / 1000} s it did not come true that ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
