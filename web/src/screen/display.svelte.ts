import { api, ApiError } from '../shared/api';
import type { Answer } from '../shared/api-schema';
import { GameSocket, type Received, type SocketStatus } from '../shared/socket';
import { reloadOnce } from '../shared/upgrade';
import { modelOf, type ScreenModel } from './model';
import { emptyScreen, fold, type ScreenData } from './reducer';
import { forgetSeat, givenSeat, rememberSeat, storedSeat, type Seat } from './seat';
import { isOutdated } from './update';

interface Pairing {
  code: string | undefined;
  /** True when this display had a game before. */
  again: boolean;
}

type PairingCode = Answer<'Waiting'>;

const pollMs = 2_000;
const retryMs = 4_000;
const reloadMs = 60_000;
const tooOld = 4426;
const gameOver = 4410;

/** The state of the display page: its seat in a game, or the pairing code that gets it one. */
export class Display {
  model: ScreenModel | undefined = $state.raw();
  pairing: Pairing | undefined = $state.raw();
  offline = $state(false);
  /** True once the game has ended: its final board stays, and another pairing is offered. */
  over = $state(false);

  /** True for a seat from before this page was loaded, until its game turns out to be still on. */
  #leftover = false;
  #data: ScreenData = emptyScreen;
  #socket: GameSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Server time in milliseconds. */
  readonly now = (): number => this.#socket?.clock.now() ?? Date.now();

  start(): void {
    const given = givenSeat();
    const seat = given ?? storedSeat();
    this.#leftover = seat !== given;
    if (seat) this.#connect(seat);
    else void this.#pair(false);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  /** Lets go of the game, for a code that gets the display into another one. */
  pairAnew(again = false): void {
    this.#socket?.close();
    this.#socket = undefined;
    forgetSeat();
    this.#data = emptyScreen;
    this.model = undefined;
    this.over = false;
    this.#leftover = false;
    void this.#pair(again);
  }

  #connect(seat: Seat): void {
    this.pairing = undefined;
    this.#socket = new GameSocket({
      code: seat.code,
      hello: () => ({ screen: seat.token }),
      onMessage: (message) => this.#receive(message),
      onStatus: (status) => this.#follow(status),
      urgent: () => true,
    });
    this.#socket.open();
  }

  #receive(message: Received): void {
    if (message.type === 'welcome') void this.#keepUp(message.payload.protocol);
    this.#data = fold(this.#data, message, this.now());
    if (this.#data.replay || !this.#data.state) return;
    const over = this.#data.phase === 'ended';
    if (over && this.#leftover) return this.pairAnew();
    this.#leftover = false;
    this.over = over;
    this.model = modelOf(this.#data);
  }

  /** Follows an update of the server at once; a final board is left alone, as it would not come back. */
  async #keepUp(protocol: number): Promise<void> {
    if ((await isOutdated(protocol)) && !this.over) reloadOnce();
  }

  #follow(status: SocketStatus): void {
    if (status.state === 'open') this.offline = false;
    if (status.state === 'waiting') this.offline = true;
    if (status.state !== 'closed') return;
    if (this.over && (status.code === tooOld || status.code === gameOver)) this.offline = false;
    else if (status.code === tooOld) this.#reload();
    else if (status.code >= 4400) this.pairAnew(status.code !== gameOver);
  }

  /** Nobody touches a display, so it tries again for as long as the server will not have this page. */
  #reload(): void {
    if (!reloadOnce()) this.#after(reloadMs, () => this.#reload());
  }

  async #pair(again: boolean): Promise<void> {
    this.pairing = { code: undefined, again };
    try {
      const pairing = await api.post<PairingCode>('/screens/pairings');
      this.offline = false;
      this.pairing = { code: pairing.code, again };
      this.#after(pollMs, () => void this.#poll(pairing, again));
    } catch {
      this.offline = true;
      this.#after(retryMs, () => void this.#pair(again));
    }
  }

  async #poll(pairing: PairingCode, again: boolean): Promise<void> {
    try {
      const { secret } = pairing;
      const answer = await api.post<Answer<'PairingStatus'>>('/screens/pairings/poll', { secret });
      this.offline = false;
      if (answer.status === 'paired') {
        const seat = { token: answer.screen_token, code: answer.game_code };
        rememberSeat(seat);
        this.#connect(seat);
      } else if (answer.status === 'expired') {
        void this.#pair(again);
      } else {
        this.#after(pollMs, () => void this.#poll(pairing, again));
      }
    } catch (error) {
      if (error instanceof ApiError && (error.status === 404 || error.status === 410)) {
        void this.#pair(again);
        return;
      }
      this.offline = true;
      this.#after(retryMs, () => void this.#poll(pairing, again));
    }
  }

  #after(delay: number, act: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, delay);
  }
}
