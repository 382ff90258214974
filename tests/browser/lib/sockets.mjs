// Players without a page: a socket each, for a room that is fuller than browsers could make it.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import WebSocket from 'ws';

/** A player who keeps an answer until the server has acknowledged it, and sends it again after a break. */
export class Player {
  #url;
  #hello;
  #socket;
  /** Every message is an event. */
  #events = new EventEmitter();
  #waiting = new Map();
  /** The last message of each type. */
  heard = {};
  /** By question: the answer that the server acknowledged last, and under which ids. */
  saved = new Map();

  /** Takes a seat in a game and connects. */
  static async join(quibble, code, display_name) {
    const response = await fetch(`${quibble.url}/api/join`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code, display_name }),
    });
    assert.equal(response.status, 201, `${display_name} joins: ${response.status}`);
    const { session_token } = await response.json();
    const player = new Player();
    player.#url = `${quibble.url.replace('http', 'ws')}/ws/${code}`;
    player.#hello = { type: 'hello', payload: { session: session_token } };
    await player.connect();
    return player;
  }

  /** Connects, again after `cut` or when the server was away, and sends what was not acknowledged. */
  async connect() {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.on('message', (text) => this.#receive(JSON.parse(text)));
    // A connection that breaks is closed, too.
    socket.on('error', () => undefined);
    await once(socket, 'open');
    socket.send(JSON.stringify(this.#hello));
    await once(this.#events, 'welcome');
    for (const message of this.#waiting.values()) this.#transmit(message);
  }

  /** Breaks the connection without a word to the server. */
  cut() {
    this.#socket.terminate();
  }

  /** Waits until the connection is gone, whoever ended it. */
  async gone() {
    if (this.#socket.readyState !== WebSocket.CLOSED) await once(this.#socket, 'close');
  }

  /** Sends an answer. A newer one takes its place. */
  answer(question_id, answer) {
    this.#submit(randomUUID(), question_id, answer);
  }

  /** Sends an acknowledged answer once more under the same id, as a client does that missed the acknowledgement. */
  repeat(question_id) {
    const { id, answer } = this.saved.get(question_id);
    this.#submit(id, question_id, answer);
  }

  /** Waits until all answers are acknowledged. */
  async allSaved() {
    while (this.#waiting.size > 0) await once(this.#events, 'answer_accepted');
  }

  /** Waits until the last message of a type is as it should be, and gives its payload. */
  async hears(type, isIt) {
    while (!(this.heard[type] && isIt(this.heard[type]))) await once(this.#events, type);
    return this.heard[type];
  }

  #submit(id, question_id, answer) {
    const message = { id, type: 'submit_answer', payload: { question_id, answer } };
    this.#waiting.set(question_id, message);
    this.#transmit(message);
  }

  /** What is sent while there is no line is sent by `connect`. */
  #transmit(message) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #receive({ type, payload, id }) {
    assert.notEqual(type, 'refused', `refused: ${payload.code}`);
    this.heard[type] = payload;
    if (type === 'answer_accepted') {
      const { question_id, answer_id, answer } = payload;
      if (this.#waiting.get(question_id)?.id === id) this.#waiting.delete(question_id);
      this.saved.set(question_id, { id, answer_id, answer });
    }
    this.#events.emit(type, payload);
  }
}
