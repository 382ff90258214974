import { base } from './base';
import { ServerClock } from './clock';
import { newId } from './ids';
import type { Hello, ServerMessage } from './protocol';

/** A server message as it arrives: with the game's event number and the id of what it answers, where it has them. */
export type Received = ServerMessage & { seq?: number; id?: string };

export interface Outgoing {
  type: string;
  payload: unknown;
  id: string;
}

export type SocketStatus =
  /** A first connection, or one after a break, is being made. */
  | { state: 'connecting' }
  | { state: 'open' }
  /** The connection broke; the next try is at `retryAt` (local milliseconds). */
  | { state: 'waiting'; retryAt: number; tries: number }
  /** The server said not to come back (see `terminalCodes`), or `close` was called. */
  | { state: 'closed'; code: number; reason: string };

export interface SocketOptions {
  /** The join code of the game. */
  code: string;
  /** Who is calling; asked at every connection. */
  hello: () => Hello;
  onMessage: (message: Received) => void;
  onStatus: (status: SocketStatus) => void;
  /** True while a quick return matters: then no pause is longer than 3 s instead of 10 s. */
  urgent?: () => boolean;
}

/** Not signed in, removed, no such game, game over, protocol too old. */
export const terminalCodes: readonly number[] = [4401, 4403, 4404, 4410, 4426];

/** Refusals that pass: a kept message is sent again after them. */
const passing: readonly string[] = ['not_saved', 'too_fast'];

const firstPause = 300;
const urgentPause = 3_000;
const longestPause = 10_000;
const pingEvery = 15_000;
const deadAfter = 25_000;
const checkAfter = 5_000;
const openWithin = 10_000;
/** A connection that takes longer may hang in a network that has gone. */
const patience = 2_000;
/** A line that broke sooner was no success, and the next pause is longer than the last. */
const steadyAfter = 5_000;
const retryRefusedAfter = 2_000;

/** One try's pause: "full jitter" between nothing and a doubling bound, so that a room does not return as one. */
export function pauseBefore(tries: number, cap: number, random = Math.random): number {
  return random() * Math.min(cap, firstPause * 2 ** tries);
}

/**
 * A game's socket that stays: it says hello, notices a dead line, comes back, moves to another server when told
 * to, and keeps what was sent with `keep` until the server has answered it.
 */
export class GameSocket {
  readonly clock = new ServerClock();
  /** The game's event number that this client has seen. */
  seq = 0;

  #options: SocketOptions;
  #current: WebSocket | undefined;
  /** A second connection, made while the current one still works. */
  #next: WebSocket | undefined;
  #nextSince = 0;
  #welcomed = false;
  #welcomedAt = 0;
  #closed = false;
  #tries = 0;
  #kept = new Map<string, Outgoing>();
  #pings = new Map<string, number>();
  #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #stopListening: () => void = () => undefined;

  constructor(options: SocketOptions) {
    this.#options = options;
  }

  open(): void {
    this.#stopListening = this.#listen();
    this.#connect();
  }

  /** Ends for good. */
  close(): void {
    this.#finish(1000, '');
  }

  /**
   * Skips the rest of a pause or replaces a connection that hangs ("Try now"), or checks a line that may have died
   * while the device slept.
   */
  kick(): void {
    if (this.#closed) return;
    if (this.#welcomed && this.#current?.readyState === WebSocket.OPEN) {
      this.#ping();
      this.#expectSignOfLife(checkAfter);
    } else if (!this.#next || Date.now() - this.#nextSince >= patience) {
      this.#connect();
    }
  }

  /**
   * Sends now if the line is open. With `keep`, the message is kept and sent again on every new connection until
   * the server answers its id. Returns the message's id, or undefined when it was neither sent nor kept.
   */
  send(type: string, payload: unknown, options: { id?: string; keep?: boolean } = {}): string | undefined {
    const message: Outgoing = { type, payload, id: options.id ?? newId() };
    if (options.keep) this.#kept.set(message.id, message);
    const sent = this.#transmit(message);
    // What is kept is waited for: a line that does not answer is looked at sooner than a quiet one.
    if (sent && options.keep) this.#after('check', checkAfter, () => this.#kept.size > 0 && this.kick());
    return sent || options.keep ? message.id : undefined;
  }

  /** Stops keeping a message, because a newer one replaces it. */
  drop(id: string): void {
    this.#kept.delete(id);
  }

  isKept(id: string): boolean {
    return this.#kept.has(id);
  }

  #transmit(message: Outgoing): boolean {
    if (!this.#welcomed || this.#current?.readyState !== WebSocket.OPEN) return false;
    this.#current.send(JSON.stringify(message));
    return true;
  }

  #connect(): void {
    this.#cancel('retry');
    if (this.#next) discard(this.#next);
    if (!this.#current) this.#options.onStatus({ state: 'connecting' });
    const { protocol, host } = window.location;
    const address = `${protocol === 'https:' ? 'wss' : 'ws'}://${host}${base}/ws/${encodeURIComponent(this.#options.code)}`;
    const socket = new WebSocket(address);
    this.#next = socket;
    this.#nextSince = Date.now();
    let helloAt = 0;
    this.#after('open', openWithin, () => socket === this.#next && this.#lost(socket, 1006, ''));
    socket.onopen = () => {
      helloAt = Date.now();
      const hello = this.#options.hello();
      // Another replica may answer that knows less yet: it is not to tell us what was before.
      socket.send(JSON.stringify({ type: 'hello', payload: { ...hello, since: this.seq } }));
    };
    socket.onmessage = (event: MessageEvent<string>) => this.#receive(socket, event.data, helloAt);
    socket.onclose = (event) => this.#lost(socket, event.code, event.reason);
  }

  #receive(socket: WebSocket, text: string, helloAt: number): void {
    if (socket !== this.#current && socket !== this.#next) return;
    const message = parse(text);
    if (!message) return;
    if (message.type === 'welcome') {
      this.#adopt(socket);
      this.clock.learn(message.payload.server_time, helloAt, Date.now());
      this.seq = message.payload.seq;
    }
    if (message.type === 'reconnect') {
      this.#after('retry', message.payload.after_ms, () => this.#connect());
    }
    if (message.type === 'pong') this.#pong(message.payload.server_time, message.id);
    if (message.seq !== undefined && message.seq > this.seq) this.seq = message.seq;
    this.#settle(message);
    if (socket === this.#current) this.#expectSignOfLife(deadAfter);
    this.#options.onMessage(message);
    if (message.type === 'welcome') {
      for (const kept of [...this.#kept.values()]) this.#transmit(kept);
      this.#ping();
    }
  }

  /** Makes a welcomed connection the current one, and only then lets go of the one before. */
  #adopt(socket: WebSocket): void {
    const before = this.#current;
    this.#cancel('open');
    this.#current = socket;
    this.#next = undefined;
    this.#welcomed = true;
    this.#welcomedAt = Date.now();
    if (before && before !== socket) discard(before);
    this.#options.onStatus({ state: 'open' });
  }

  #settle(message: Received): void {
    const kept = message.id === undefined ? undefined : this.#kept.get(message.id);
    if (!kept) return;
    if (message.type === 'refused' && passing.includes(message.payload.code)) {
      this.#after(`again ${kept.id}`, retryRefusedAfter * (1 + Math.random()), () => {
        if (this.#kept.has(kept.id)) this.#transmit(kept);
      });
    } else if (message.type === 'refused' || message.type === 'done' || message.type === 'answer_accepted') {
      this.#kept.delete(kept.id);
    }
  }

  #lost(socket: WebSocket, code: number, reason: string): void {
    if (this.#closed || (socket !== this.#current && socket !== this.#next)) return;
    discard(socket);
    if (socket === this.#next) {
      this.#next = undefined;
      this.#cancel('open');
    } else {
      this.#current = undefined;
      this.#welcomed = false;
      if (Date.now() - this.#welcomedAt >= steadyAfter) this.#tries = 0;
      this.#cancel('ping');
      this.#cancel('silence');
    }
    if (terminalCodes.includes(code)) return this.#finish(code, reason);
    if (this.#next) return this.#options.onStatus({ state: 'connecting' });
    const cap = this.#options.urgent?.() ? urgentPause : longestPause;
    const pause = pauseBefore(this.#tries, cap);
    this.#tries += 1;
    this.#after('retry', pause, () => this.#connect());
    if (!this.#current) {
      this.#options.onStatus({ state: 'waiting', retryAt: Date.now() + pause, tries: this.#tries });
    }
  }

  #finish(code: number, reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopListening();
    for (const name of [...this.#timers.keys()]) this.#cancel(name);
    if (this.#current) discard(this.#current);
    if (this.#next) discard(this.#next);
    this.#current = undefined;
    this.#next = undefined;
    this.#welcomed = false;
    this.#options.onStatus({ state: 'closed', code, reason });
  }

  #ping(): void {
    const id = newId();
    this.#pings.clear();
    this.#pings.set(id, Date.now());
    this.#transmit({ type: 'ping', payload: {}, id });
    this.#after('ping', pingEvery, () => this.#ping());
  }

  #pong(serverTime: number, id: string | undefined): void {
    // A pong without the id is the answer to the only ping on its way.
    const sent = id === undefined ? [...this.#pings.values()][0] : this.#pings.get(id);
    if (sent !== undefined) this.clock.learn(serverTime, sent, Date.now());
    this.#pings.clear();
  }

  #expectSignOfLife(within: number): void {
    this.#after('silence', within, () => {
      const [asked] = this.#pings.values();
      // The timers of a hidden page run late and together, so its silence counts only after a question.
      if (document.hidden && (asked === undefined || Date.now() - asked < checkAfter)) {
        this.#ping();
        this.#expectSignOfLife(checkAfter);
      } else if (this.#current) {
        this.#lost(this.#current, 1006, '');
      }
    });
  }

  #after(name: string, delay: number, act: () => void): void {
    this.#cancel(name);
    this.#timers.set(
      name,
      setTimeout(() => {
        this.#timers.delete(name);
        act();
      }, delay),
    );
  }

  #cancel(name: string): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  /** A device that wakes up or comes online again need not wait for the end of a pause; one that is cut off looks. */
  #listen(): () => void {
    const kick = () => this.kick();
    const seen = () => document.visibilityState === 'visible' && this.kick();
    const moments = ['online', 'offline', 'pageshow'];
    for (const moment of moments) window.addEventListener(moment, kick);
    document.addEventListener('visibilitychange', seen);
    return () => {
      for (const moment of moments) window.removeEventListener(moment, kick);
      document.removeEventListener('visibilitychange', seen);
    };
  }
}

function parse(text: string): Received | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('type' in value)) return undefined;
    return { payload: {}, ...value } as Received;
  } catch {
    return undefined;
  }
}

/** Closes a socket, and hears no more of it. */
function discard(socket: WebSocket): void {
  socket.onopen = null;
  socket.onmessage = null;
  socket.onclose = null;
  socket.close(1000);
}
