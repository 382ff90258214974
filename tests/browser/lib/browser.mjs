// The browser, and what holds on every page of every test: no error in the console, no uncaught error, nothing that
// the content security policy stops, and no request to another origin.

import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { chromium } from 'playwright-core';

export const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A page that a test makes up comes from no network, and may still talk to this machine.
  '--disable-features=LocalNetworkAccessChecks',
];
const PATIENCE_MS = 15_000;
/** The big screen moves its picture by so much against burn-in, and hides what then reaches past its side. */
const SHIFT_PX = 2;

export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
export const LAPTOP = { viewport: { width: 1280, height: 800 } };
export const TV = { viewport: { width: 1920, height: 1080 } };

/** What a browser says in its console about a server that is not there, behind a proxy or without, or is only just starting. */
const OUTAGE = /net::ERR_|WebSocket connection to|responded with a status of 50[23]/;

export class Browser {
  #browser;
  #origin;
  #problems = [];
  /** True while the server is down on purpose. */
  outage = false;
  /** Refusals that a test provokes, as `STATUS /path`. */
  refusals = ['401 /api/me'];

  /**
   * Opens for one server of this machine, which pages may reach by a name that no other machine knows. `believes` is the
   * key of a certificate to believe, as the SHA-256 of its SubjectPublicKeyInfo in base64.
   */
  static async open(url, name, { believes } = {}) {
    const browser = new Browser();
    const { hostname } = new URL(url);
    browser.#origin = name ? url.replace(hostname, name) : url;
    const args = [...FLAGS];
    if (name) args.push(`--host-resolver-rules=MAP ${name} ${hostname}`);
    if (believes) args.push(`--ignore-certificate-errors-spki-list=${believes}`);
    browser.#browser = await chromium.launch({ executablePath: EXECUTABLE, headless: true, args });
    return browser;
  }

  async close() {
    await this.#browser.close();
  }

  /** A browser of its own: a phone, a laptop, a TV. */
  async device(options) {
    const context = await this.#browser.newContext({ baseURL: this.#origin, locale: 'en-GB', ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    await context.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) => {
        console.error(`Content security policy: ${event.violatedDirective} stopped ${event.blockedURI}`);
      });
    });
    context.on('console', (message) => this.#heard(message));
    context.on('weberror', (error) => this.#problems.push(`uncaught: ${error.error().stack}`));
    context.on('request', (request) => this.#asked(request.url()));
    context.on('page', (page) => page.on('websocket', (socket) => this.#asked(socket.url())));
    return context;
  }

  async page(options) {
    return (await this.device(options)).newPage();
  }

  #heard(message) {
    if (message.type() !== 'error') return;
    const { url } = message.location();
    const text = message.text();
    if (this.outage && OUTAGE.test(text)) return;
    const status = /responded with a status of (\d+)/.exec(text)?.[1];
    if (status && this.refusals.includes(`${status} ${new URL(url).pathname}`)) return;
    this.#problems.push(`console of ${message.page()?.url()}: ${text} (${url})`);
  }

  #asked(address) {
    const url = new URL(address);
    if (url.protocol === 'data:' || url.protocol === 'blob:') return;
    if (url.host !== new URL(this.#origin).host) this.#problems.push(`request to another origin: ${address}`);
  }

  /** Fails when any page had a problem. */
  assertQuiet() {
    assert.deepEqual([...this.#problems], []);
  }
}

/** Between a page, before it opens, and the server: a line whose messages can be held up on their way to the page. */
export async function heldLine(page) {
  let waiting;
  const told = new EventEmitter();
  await page.routeWebSocket(/\/ws\//, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      if (waiting) waiting.push({ socket, message });
      else socket.send(message);
      told.emit('message');
    });
  });
  return {
    hold() {
      waiting = [];
    },
    /** Waits until a message of the type has arrived and waits. */
    async heard(type) {
      while (!waiting.some(({ message }) => JSON.parse(message).type === type)) await once(told, 'message');
    },
    letGo() {
      const held = waiting;
      waiting = undefined;
      for (const { socket, message } of held) socket.send(message);
    },
  };
}

/** Nothing reaches past the side of the page or of its dialog, so nothing scrolls sideways. */
export async function noSidewaysScroll(page) {
  const { width } = page.viewportSize();
  const { reach, scrolls, culprits, inDialog } = await page.evaluate((limit) => {
    const { documentElement: root, body } = document;
    const beyond = (within, edge) => {
      const wide = [...within.querySelectorAll('*')].filter((element) => {
        return element.getBoundingClientRect().right > edge + 0.5;
      });
      return wide.slice(0, 5).map((element) => element.outerHTML.slice(0, 120));
    };
    const dialog = document.querySelector('dialog[open]');
    return {
      reach: Math.max(root.scrollWidth, body.scrollWidth),
      scrolls: [root, body].every((element) => getComputedStyle(element).overflowX === 'visible'),
      culprits: beyond(body, limit),
      inDialog:
        dialog && dialog.scrollWidth > dialog.clientWidth + 1
          ? beyond(dialog, dialog.getBoundingClientRect().right)
          : [],
    };
  }, width);
  const limit = scrolls ? width : width + SHIFT_PX;
  assert.ok(reach <= limit, `${page.url()} is ${reach} px wide on ${width} px:\n${culprits.join('\n')}`);
  assert.ok(inDialog.length === 0, `a dialog on ${page.url()} is too wide on ${width} px:\n${inDialog.join('\n')}`);
}
