import type { Outgoing } from '../socket';

/** Stands in for the browser's socket; the test plays the server. */
export class FakeSocket {
  static all: FakeSocket[] = [];
  static readonly OPEN = 1;

  /** The connection made as number `index`. */
  static readonly made = (index: number): FakeSocket => {
    const socket = FakeSocket.all[index];
    if (!socket) throw new Error(`no connection ${index} was made`);
    return socket;
  };

  readyState = 0;
  sent: Outgoing[] = [];
  closedWith: number | undefined;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;

  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }

  send(text: string) {
    this.sent.push(JSON.parse(text) as Outgoing);
  }

  close(code = 1000) {
    this.closedWith = code;
    this.readyState = 3;
  }

  accept() {
    this.readyState = 1;
    this.onopen?.();
  }

  deliver(message: object) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  welcome(seq = 1) {
    this.accept();
    this.deliver({ type: 'welcome', payload: { server_time: Date.now(), seq } });
  }

  drop(code = 1006, reason = '') {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }

  ofType(type: string) {
    return this.sent.filter((message) => message.type === type);
  }
}
