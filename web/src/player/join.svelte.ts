import { api, ApiError } from '../shared/api';
import type { Answer, Request } from '../shared/api-schema';
import { cleanCode, deviceId, lastName, saveSeat } from './seat';
import type { Seat } from './seat';
import { t } from './join-texts';

/** The schema has a plain string for the reason. */
type FoundGame = Omit<Answer<'Joinable'>, 'reason'> & { reason?: 'locked' | 'ended' | 'full' };
type Joined = Answer<'Joined'>;

type Where = 'code' | 'name' | 'form';

const pollEvery = 2_000;

/** The way into a game: a code, a name, and where the name is taken, the word of somebody who is in already. */
export class Join {
  code = $state.raw('');
  name = $state.raw('');
  busy = $state.raw(false);
  /** The code came with the address, so it is not asked for. */
  codeGiven = $state.raw(false);
  game: FoundGame | undefined = $state.raw();
  /** What is wrong. Found by looking a code up, it was not `sent` for, and leaves the focus where it is. */
  problem: { where: Where; text: string; sent: boolean } | undefined = $state.raw();
  /** Free names like the one that is taken. */
  suggestions: readonly string[] = $state.raw([]);
  claimable = $state.raw(false);
  /** The name asked for, while somebody is to say whether this phone may have it. */
  claiming: string | undefined = $state.raw();

  #onSeat: (seat: Seat) => void;
  #poll: ReturnType<typeof setTimeout> | undefined;

  constructor(onSeat: (seat: Seat) => void, code = '', name = lastName()) {
    this.#onSeat = onSeat;
    this.code = code;
    this.name = name;
    this.codeGiven = code !== '';
    if (code) void this.find();
  }

  /** Looks the game up, to say its name and whether it lets anybody in before a name is typed. */
  async find(typed = this.code): Promise<void> {
    const code = cleanCode(typed);
    const typedOn = () => code !== cleanCode(this.code);
    if (typedOn()) this.#forgetProblem();
    this.code = typed;
    this.game = undefined;
    if (code.length !== 6) return;
    try {
      const game = await api.get<FoundGame>(`/games/by-code/${code}`);
      if (typedOn()) return;
      this.game = game;
      if (this.problem?.where === 'code') this.problem = undefined;
      if (!game.joinable && game.reason) this.#fail('form', t(game.reason), false);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404 && !typedOn()) this.#unknownCode(false);
    }
  }

  typeName(typed: string): void {
    this.name = typed;
  }

  otherGame(): void {
    this.codeGiven = false;
    void this.find('');
  }

  async join(name = this.name): Promise<void> {
    if (this.busy) return;
    this.name = name;
    this.#forgetProblem();
    const code = cleanCode(this.code);
    if (code === '') return this.#fail('code', t('code_missing'));
    if (name.trim() === '') return this.#fail('name', t('name_missing'));
    const body: Request<'Join'> = { code, display_name: name.trim(), device: deviceId() };
    return this.#enter('/join', body);
  }

  /** Goes on with the seat of another phone, whose secret came with the link. */
  move(secret: string): Promise<void> {
    const body: Request<'MoveSeat'> = { code: this.code, session_token: secret, device: deviceId() };
    return this.#enter('/join/moves', body);
  }

  async #enter(path: string, body: unknown): Promise<void> {
    this.busy = true;
    try {
      this.#sit(await api.post<Joined>(path, body));
    } catch (error) {
      this.#explain(error);
    } finally {
      this.busy = false;
    }
  }

  /** Asks whoever plays under the name, or the host, to let this phone in. */
  async claim(name = this.name.trim()): Promise<void> {
    this.problem = undefined;
    try {
      const body: Request<'Join'> = {
        code: cleanCode(this.code),
        display_name: name,
        device: deviceId(),
      };
      const { claim_token } = await api.post<Answer<'Claimed'>>('/join/claims', body);
      this.claiming = name;
      this.#await(claim_token);
    } catch (error) {
      this.#explain(error);
    }
  }

  cancelClaim(): void {
    clearTimeout(this.#poll);
    this.claiming = undefined;
  }

  #await(claimToken: string): void {
    this.#poll = setTimeout(async () => {
      try {
        const answer = await api.post<Answer<'ClaimStatus'>>('/join/claims/poll', {
          claim_token: claimToken,
        });
        if (this.claiming === undefined) return;
        if (answer.status === 'approved') return this.#sit(answer);
        if (answer.status === 'refused') return this.#endClaim(t('claim_refused'));
      } catch (error) {
        const gone = error instanceof ApiError && [404, 410].includes(error.status);
        if (gone) return this.#endClaim(t('claim_failed'));
      }
      if (this.claiming !== undefined) this.#await(claimToken);
    }, pollEvery);
  }

  #endClaim(text: string): void {
    this.cancelClaim();
    this.#fail('name', text);
  }

  #sit(joined: Joined): void {
    this.cancelClaim();
    const { game_code: code, session_token, player_id, display_name } = joined;
    const seat = { code, session_token, player_id, display_name };
    saveSeat(seat);
    this.#onSeat(seat);
  }

  #explain(error: unknown): void {
    if (!(error instanceof ApiError)) throw error;
    switch (error.code) {
      case 'offline':
        return this.#fail('form', t('unreachable'));
      case 'name_taken':
        this.suggestions = names(error.problem['suggestions']);
        this.claimable = error.problem['claimable'] === true;
        return this.#fail('name', t('name_taken'));
      case 'bad_name':
        return this.#fail('name', error.field('display_name') ?? error.message);
      case 'no_such_seat':
      case 'seat_moved':
        return this.#fail('form', t('link_used'));
      case 'locked':
      case 'removed':
      case 'full':
        return this.#fail('form', t(error.code));
      default:
    }
    if (error.status === 404) return this.#unknownCode();
    if (error.status === 429) return this.#fail('form', t('too_fast', { n: error.retryAfter ?? 5 }));
    this.#fail('form', error.message);
  }

  #unknownCode(sent = true): void {
    this.codeGiven = false;
    this.#fail('code', t('code_unknown'), sent);
  }

  #fail(where: Where, text: string, sent = true): void {
    this.problem = { where, text, sent };
  }

  #forgetProblem(): void {
    this.problem = undefined;
    this.suggestions = [];
    this.claimable = false;
  }
}

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((name): name is string => typeof name === 'string') : [];
}
