import { api, ApiError } from '../shared/api';
import { timeLeft } from '../shared/countdown';
import { newId } from '../shared/ids';
import type { PlayerMessage } from '../shared/protocol';
import type { Received, SocketStatus } from '../shared/socket';
import { GameSocket } from '../shared/socket';
import { isOlderThan, reloadOnce } from '../shared/upgrade';
import { tapped } from './device';
import type { Pending, PendingAnswers } from './pending';
import { loadPending, savePending } from './pending';
import type { GameView, Question } from './reducer';
import { fold, nothingYet, withoutClaim } from './reducer';
import type { Seat } from './seat';
import { endSeat, saveSeat } from './seat';
import { intervalSaid, t } from './texts';

/**
 * How far an answer has come: nowhere, chosen but not locked in, on this phone, on its way, sent but not saved, saved
 * by the server.
 */
export type AnswerState = 'none' | 'draft' | 'phone' | 'sending' | 'retrying' | 'saved';

const typingPause = 600;
/** Somebody who types without a pause is saved this often, */
const longestTyping = 2_000;
/** and once more so long before the time is up. */
const lastCall = 500;
const replayPatience = 800;

/** Everything a player's page knows and does once it has a seat. Components only render it. */
export class Game {
  readonly seat: Seat;
  view: GameView = $state.raw(nothingYet);
  status: SocketStatus = $state.raw({ state: 'connecting' });
  pending: PendingAnswers = $state.raw({});
  /** By question: what waits for being locked in, where that is how answers are handed in. */
  drafts: Readonly<Record<string, string>> = $state.raw({});
  /** What went wrong with an answer, or with a request, in words; shown until dismissed. */
  notices: readonly { id: string; text: string }[] = $state.raw([]);
  /** What a screen reader is told next. */
  spoken = $state.raw('');
  /** The last refusal of a new name. */
  renameProblem: string | undefined = $state.raw();
  /** The question that just came in and is the next to answer. */
  fresh: Question | undefined = $state.raw();

  #wasOpen = $state.raw(false);
  readonly online = $derived(this.status.state === 'open');
  /** Only a break that lasts is worth a banner; the first connection has its own screen. */
  readonly offline = $derived(this.status.state === 'waiting' || (!this.online && this.#wasOpen));
  readonly open = $derived(this.view.questions.filter((question) => !question.closed));
  readonly answeredCount = $derived(this.view.questions.filter((q) => this.handedIn(q) !== undefined).length);
  /** The open question whose time is up first: of several clocks, only its own speaks. */
  readonly nearest = $derived(
    this.open.filter(({ closesAt }) => closesAt).sort((a, b) => (a.closesAt ?? 0) - (b.closesAt ?? 0))[0],
  );
  readonly firstUnanswered = $derived(this.open.find((question) => this.handedIn(question) === undefined));

  #socket: GameSocket;
  /** True from a welcome until its replay is whole. */
  #replaying = false;
  #replayTimer: ReturnType<typeof setTimeout> | undefined;
  /** The replay after a reconnection, folded out of sight until it is whole. */
  #draft: GameView | undefined;
  /** By question: when the unsent typing began, and what will send it. */
  #typing = new Map<string, { since: number; timer: ReturnType<typeof setTimeout> }>();
  #requests = new Map<string, PlayerMessage>();
  #savedName: string;
  /** Ids of the answers that were waiting when the connection came back. */
  #returning: Set<string> | undefined;
  #returned = 0;
  /** The server speaks a newer protocol. */
  #outdated = false;

  constructor(seat: Seat) {
    this.seat = seat;
    this.#savedName = seat.display_name;
    this.#socket = new GameSocket({
      code: seat.code,
      hello: () => ({ session: seat.session_token, brief: true }),
      onMessage: (message) => this.#receive(message),
      onStatus: (status) => this.#follow(status),
      urgent: () => this.view.phase !== 'ended' || Object.keys(this.pending).length > 0,
    });
  }

  start(): void {
    this.pending = loadPending(this.seat.code, this.seat.player_id);
    for (const [questionId, { id, answer }] of Object.entries(this.pending)) {
      this.#submit(questionId, answer, id);
    }
    this.#socket.open();
    document.addEventListener('visibilitychange', this.#flushTyping);
  }

  stop(): void {
    document.removeEventListener('visibilitychange', this.#flushTyping);
    this.#flushTyping();
    this.#socket.close();
    clearTimeout(this.#replayTimer);
  }

  /** Asks for all of a board that is here in short. */
  showBoard = () => void this.#socket.send('show_board', {});

  retry = () => this.#socket.kick();

  now(): number {
    return this.#socket.clock.now();
  }

  /** The answer the player sees: what they last chose or typed, or what the server has. */
  answerTo(question: Question): string | undefined {
    return this.#unlocked(question) ?? this.handedIn(question);
  }

  /** The answer that counts, once it has come through. */
  handedIn(question: Question): string | undefined {
    return this.pending[question.id]?.answer ?? question.saved;
  }

  /** Handed in by a button, and changed only by another. */
  isLocked(question: Question): boolean {
    return (
      this.view.lockIn && this.#unlocked(question) === undefined && this.handedIn(question) !== undefined
    );
  }

  stateOf(question: Question): AnswerState {
    if (this.#unlocked(question) !== undefined) return 'draft';
    const pending = this.pending[question.id];
    if (!pending) return question.saved === undefined ? 'none' : 'saved';
    if (!this.online || !this.#socket.isKept(pending.id)) return 'phone';
    return pending.refused ? 'retrying' : 'sending';
  }

  /** Keeps a tapped option and sends it at once, unless it is to be locked in. */
  choose(question: Question, answer: string): void {
    if (this.view.lockIn) return this.#setDraft(question, answer);
    const id = this.#keep(question, answer);
    if (id) this.#submit(question.id, answer, id);
  }

  /** Keeps what is being typed, and sends it when the typing pauses, or has gone on for long, or is nearly too late. */
  type(question: Question, text: string): void {
    if (this.view.lockIn) {
      const wiped = text.trim() === '' && this.handedIn(question) === undefined;
      return this.#setDraft(question, wiped ? undefined : text);
    }
    const { id, closesAt } = question;
    const typing = this.#typing.get(id);
    const answer = text.trim();
    // Only another answer puts off the sending: a space behind it is none.
    if (answer !== '' && !this.#keep(question, answer)) return;
    clearTimeout(typing?.timer);
    this.#typing.delete(id);
    if (answer === '') return this.#unkeep(id);
    const now = Date.now();
    const since = typing?.since ?? now;
    const left = closesAt ? timeLeft(closesAt, this.view.pausedAt, this.now()) : Infinity;
    const wait = Math.min(typingPause, since + longestTyping - now, left - lastCall);
    this.#typing.set(id, { since, timer: setTimeout(() => this.sendTyped(id), wait) });
  }

  /** Sends what was typed without waiting for a pause. */
  sendTyped(questionId: string): void {
    clearTimeout(this.#typing.get(questionId)?.timer);
    if (!this.#typing.delete(questionId)) return;
    const pending = this.pending[questionId];
    if (!pending) return;
    this.#submit(questionId, pending.answer, pending.id);
    // Kept answers are not state, so tell the page that this one is on its way.
    this.pending = { ...this.pending };
  }

  /** Hands in what was chosen or typed. */
  lockIn(question: Question): void {
    const answer = this.#unlocked(question)?.trim();
    this.#setDraft(question, undefined);
    const id = answer && this.#keep(question, answer);
    if (id) this.#submit(question.id, answer, id);
  }

  /** Lets an answer be changed that is locked in. */
  unlock(question: Question): void {
    this.#setDraft(question, this.handedIn(question));
  }

  rename(displayName: string): void {
    this.renameProblem = undefined;
    this.#request({ type: 'rename', payload: { display_name: displayName } });
  }

  forgetRenameProblem(): void {
    this.renameProblem = undefined;
  }

  leave(): void {
    this.#request({ type: 'leave', payload: {} });
  }

  challenge(questionId: string): void {
    this.#request({ type: 'challenge', payload: { question_id: questionId } });
  }

  decide(claimId: string, approve: boolean): void {
    this.view = { ...this.view, claims: withoutClaim(this.view, claimId) };
    this.#request({ type: 'decide_claim', payload: { claim_id: claimId, approve } });
  }

  dismiss(id: string): void {
    this.notices = this.notices.filter((notice) => notice.id !== id);
  }

  say(text: string): void {
    // A region that says the same text twice needs a change to be heard twice.
    this.spoken = this.spoken === text ? `${text}\u00a0` : text;
  }

  #request(message: PlayerMessage): void {
    const id = this.#socket.send(message.type, message.payload, { keep: true });
    if (id) this.#requests.set(id, message);
  }

  #submit(questionId: string, answer: string, id: string): void {
    this.#socket.send('submit_answer', { question_id: questionId, answer }, { id, keep: true });
  }

  #unlocked(question: Question): string | undefined {
    return question.closed ? undefined : this.drafts[question.id];
  }

  #setDraft(question: Question, answer: string | undefined): void {
    const { [question.id]: _, ...others } = this.drafts;
    this.drafts = answer === undefined ? others : { ...others, [question.id]: answer };
  }

  /** Stores an answer on the phone under a new message id. Undefined when it is no change. */
  #keep(question: Question, answer: string): string | undefined {
    if (this.handedIn(question) === answer) return undefined;
    this.#forget(question.id);
    if (this.fresh?.id === question.id) this.fresh = undefined;
    const pending: Pending = { id: newId(), answer, position: question.position };
    this.#setPending({ ...this.pending, [question.id]: pending });
    return pending.id;
  }

  #unkeep(questionId: string): void {
    this.#forget(questionId);
    const { [questionId]: _, ...rest } = this.pending;
    this.#setPending(rest);
  }

  #forget(questionId: string): void {
    const old = this.pending[questionId];
    if (old) this.#socket.drop(old.id);
  }

  #setPending(pending: PendingAnswers): void {
    this.pending = pending;
    savePending(this.seat.code, this.seat.player_id, pending);
  }

  /** A page that is put away may not come back, so it does not wait for the typing to pause. */
  #flushTyping = () => {
    for (const questionId of [...this.#typing.keys()]) this.sendTyped(questionId);
  };

  #follow(status: SocketStatus): void {
    const back = status.state === 'open' && this.#wasOpen && this.status.state !== 'open';
    const before = this.offline;
    this.status = status;
    if (this.offline && !before) this.say(t('offline'));
    if (status.state === 'waiting' && !this.#wasOpen && status.tries === 3) void this.#checkGame();
    if (status.state !== 'open') return;
    this.#wasOpen = true;
    if (!back) return;
    this.#returning = new Set(Object.values(this.pending).map(({ id }) => id));
    this.#returned = 0;
    if (this.#returning.size === 0) this.#notice('back', t('back'));
  }

  /** A refused connection does not say why: perhaps there is no such game any more. */
  async #checkGame(): Promise<void> {
    try {
      await api.get(`/games/by-code/${this.seat.code}`);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) return;
      this.stop();
      this.status = { state: 'closed', code: 4404, reason: '' };
    }
  }

  #receive(message: Received): void {
    if (message.type === 'welcome') {
      this.#outdated = isOlderThan(message.payload.protocol);
      this.#startReplay();
    }
    const before = this.view.questions;
    if (this.#draft) this.#draft = fold(this.#draft, message);
    else this.#show(fold(this.view, message));
    if (message.type === 'pong') this.#endReplay();
    this.#react(message, before);
    // Not under somebody's hands: what is out can be answered first.
    if (!this.#outdated || (this.view.phase === 'question' && this.open.length > 0)) return;
    this.#outdated = false;
    reloadOnce();
  }

  /** A replay starts from nothing. Over a page that shows a game already, it waits until it has caught up. */
  #startReplay(): void {
    this.#replaying = true;
    if (this.view.known) this.#draft = nothingYet;
    clearTimeout(this.#replayTimer);
    this.#replayTimer = setTimeout(() => this.#endReplay(), replayPatience);
  }

  /** The answer to the ping that follows the welcome comes after the whole replay. */
  #endReplay(): void {
    clearTimeout(this.#replayTimer);
    this.#replaying = false;
    const draft = this.#draft;
    this.#draft = undefined;
    if (!draft) return;
    // Earlier rounds' scores are not replayed, and are still worth a look.
    const replayed = draft.scores.map(({ round }) => round);
    const earlier = this.view.scores.filter(({ round }) => !replayed.includes(round));
    this.#show({
      ...draft,
      scores: [...draft.scores, ...earlier],
      room: { ...this.view.room, ...draft.room },
    });
  }

  #show(view: GameView): void {
    const paused = view.pausedAt !== undefined;
    if (!this.#replaying && paused !== (this.view.pausedAt !== undefined)) {
      this.say(t(paused ? 'paused' : 'resumed'));
    }
    this.view = view;
    const name = view.you?.display_name;
    if (name && name !== this.#savedName) {
      this.#savedName = name;
      saveSeat({ ...this.seat, display_name: name });
    }
    if (view.phase === 'ended') endSeat(this.seat.code);
  }

  #react(message: Received, before: readonly Question[]): void {
    switch (message.type) {
      case 'answer_accepted':
        return this.#accepted(message.payload.question_id, message.id);
      case 'refused':
        return this.#refused(message);
      case 'done':
        return this.#done(message.id);
      case 'question_released':
        // The questions of a reopened round come again.
        if (!before.some(({ id }) => id === message.payload.question.id) && !message.payload.closed)
          this.#arrived(message.payload.question.id);
        return;
      case 'options':
        return this.#optionsSet(message.payload.lock_in);
      case 'break':
        return message.payload.on ? this.say(intervalSaid(message.payload)) : undefined;
      case 'claim':
        return this.say(t('claim_ask', { name: message.payload.display_name }));
      case 'round_scores':
        if (!message.payload.corrected) tapped(40, 80, 40);
        return;
      default:
    }
  }

  /** Nobody's answer is lost when the host changes how answers are handed in. */
  #optionsSet(lockIn: boolean): void {
    this.#flushTyping();
    if (!lockIn) for (const question of this.open) this.lockIn(question);
  }

  #arrived(questionId: string): void {
    const question = this.view.questions.find(({ id }) => id === questionId);
    if (!question || this.#replaying || this.answerTo(question) !== undefined) return;
    // Whoever is still busy with an earlier question stays with it.
    if (this.firstUnanswered === question) this.fresh = question;
    this.say(t('new_question', { n: question.position }));
  }

  #accepted(questionId: string, id: string | undefined): void {
    const pending = this.pending[questionId];
    if (id !== undefined && pending?.id === id) {
      const { [questionId]: _, ...rest } = this.pending;
      this.#setPending(rest);
      this.say(t('said_saved', { n: pending.position }));
      if (this.view.questions.find(({ id }) => id === questionId)?.type === 'multiple_choice') tapped(20);
    }
    if (id !== undefined) this.#settleReturning(id, true);
  }

  #refused(message: Received & { type: 'refused' }): void {
    const { code, message: reason } = message.payload;
    const id = message.id;
    if (id === undefined) return;
    const entry = Object.entries(this.pending).find(([, pending]) => pending.id === id);
    if (this.#socket.isKept(id)) {
      // The refusal passes: the socket will send the answer again.
      if (!entry || entry[1].refused) return;
      const [questionId, pending] = entry;
      this.#setPending({ ...this.pending, [questionId]: { ...pending, refused: true } });
      return this.say(t('said_retrying', { n: pending.position }));
    }
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    if (request?.type === 'rename') {
      this.renameProblem = reason;
      return;
    }
    if (!entry) {
      if (request && request.type !== 'decide_claim') this.#notice(id, reason);
      return;
    }
    const [questionId, { position, answer }] = entry;
    this.#unkeep(questionId);
    this.#settleReturning(id, false);
    const late = code === 'question_closed' || code === 'wrong_phase' || code === 'game_over';
    this.#notice(
      id,
      late ? t('late', { n: position, answer }) : t('refused', { n: position, message: reason }),
    );
  }

  #done(id: string | undefined): void {
    const request = id === undefined ? undefined : this.#requests.get(id);
    if (id === undefined || !request) return;
    this.#requests.delete(id);
    if (request.type === 'rename') this.say(t('renamed', { name: request.payload.display_name }));
    if (request.type !== 'challenge') return;
    const { question_id } = request.payload;
    const scores = this.view.scores.map((round) => ({
      ...round,
      questions: round.questions.map((question) =>
        question.question_id === question_id ? { ...question, challenged: true } : question,
      ),
    }));
    this.view = { ...this.view, scores };
  }

  #settleReturning(id: string, saved: boolean): void {
    if (!this.#returning?.delete(id)) return;
    if (saved) this.#returned += 1;
    if (this.#returning.size > 0) return;
    this.#returning = undefined;
    this.#notice('back', this.#returned > 0 ? t('back_saved', { n: this.#returned }) : t('back'));
  }

  #notice(id: string, text: string): void {
    this.notices = [...this.notices.filter((notice) => notice.id !== id), { id, text }];
    this.say(text);
    if (id === 'back') setTimeout(() => this.dismiss(id), 6_000);
  }
}
