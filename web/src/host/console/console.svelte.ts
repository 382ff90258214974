import { SvelteMap } from 'svelte/reactivity';
import type { Credit, HostMessage, ReviewQuestion, RoundReview } from '../../shared/protocol';
import { modelOf, type ScreenModel } from '../../screen/model';
import { GameSocket, type Received, type SocketStatus } from '../../shared/socket';
import { load, save } from '../../shared/storage';
import { groupKey, undecidedIn, type Undecided } from './marking';
import { emptyConsole, fold, screenStateOf, type ConsoleData } from './reducer';
import {
  answerStep,
  backStep,
  moreTimeStep,
  pauseStep,
  primaryStep,
  toggleView,
  undoStep,
  type Step,
} from './steps';
import { refusalText, t } from './texts';

const keysSetting = 'quibble.console.keys';
/** A second press within this time is taken for a bounce of the same one, in milliseconds. */
const bounceMs = 400;

export interface Mark {
  question: ReviewQuestion;
  credit: Credit | 'auto';
  group?: string;
  player?: string;
  remember?: boolean;
}

/** The state of a live console, and the steps that it can send. */
export class LiveConsole {
  data: ConsoleData = $state.raw(emptyConsole);
  status: SocketStatus = $state.raw({ state: 'connecting' });
  /** A sentence for the host: what was refused, or what happened. */
  notice = $state('');
  /** How often a step was refused here. */
  refusals = $state(0);
  /** The step that waits for the server's word. */
  waiting: { id: string } | undefined = $state.raw();
  keysOn = $state(load(keysSetting) !== 'off');
  notesOpen = $state(true);
  helpOpen = $state(false);
  /** Where phones reach this server, without a trailing slash. */
  joinBase = $state(location.origin);
  /** The round being marked, from 1; undefined follows the game. */
  chosenRound: number | undefined = $state();

  readonly #passed = new SvelteMap<string, number>();
  readonly #socket: GameSocket;
  #lastStepAt = 0;

  constructor(readonly code: string) {
    this.#socket = new GameSocket({
      code,
      hello: () => ({}),
      onMessage: (message) => this.#receive(message),
      onStatus: (status) => this.#follow(status),
      urgent: () => true,
    });
  }

  readonly now = (): number => this.#socket.clock.now();

  get host() {
    return this.data.host;
  }

  readonly joinUrl: string = $derived.by(() => `${this.joinBase}/j/${this.code}`);

  readonly screen: ScreenModel | undefined = $derived.by(() => {
    const state = screenStateOf(this.data, this.joinUrl);
    return state && modelOf({ ...this.data.screen, state, phase: state.phase });
  });

  readonly review: RoundReview | undefined = $derived.by(() => {
    const round = this.chosenRound ?? this.data.host?.round;
    return round === undefined ? undefined : this.data.reviews[round];
  });

  readonly undecided: Undecided[] = $derived.by(() => {
    if (!this.review) return [];
    return undecidedIn(this.review, (id) => this.placeOf(id), this.#passed);
  });

  readonly primary: Step | undefined = $derived.by(() => primaryStep(this.data, this.undecided.length));
  readonly back: Step | undefined = $derived.by(() => backStep(this.data));
  readonly undoing: Step | undefined = $derived.by(() => undoStep(this.data));
  readonly pausing: Step | undefined = $derived.by(() => this.data.host && pauseStep(this.data.host));
  readonly moreTime: Step | undefined = $derived.by(() => this.data.host && moreTimeStep(this.data.host));
  readonly nextAnswer: Step | undefined = $derived.by(() => answerStep(this.data));
  readonly blank: Step | undefined = $derived.by(
    () => this.data.host && toggleView(this.data.host, 'blank', t('present_blank')),
  );
  readonly join: Step | undefined = $derived.by(
    () => this.data.host && toggleView(this.data.host, 'join', t('present_join')),
  );
  readonly board: Step | undefined = $derived.by(() => {
    const { host } = this.data;
    const isOut = host?.phase === 'leaderboard' || host?.phase === 'ended';
    return host && isOut ? toggleView(host, 'board', t('present_board')) : undefined;
  });

  /** True while steps can be sent. */
  readonly ready: boolean = $derived.by(() => this.status.state === 'open' && this.data.host !== undefined);

  start(): void {
    this.#socket.open();
  }

  stop(): void {
    this.#socket.close();
  }

  retry(): void {
    this.#socket.kick();
  }

  /** A question's place in its round, from 1. */
  placeOf(questionId: string): number {
    for (const round of this.data.quiz?.rounds ?? []) {
      const index = round.questions.findIndex((question) => question.id === questionId);
      if (index >= 0) return index + 1;
    }
    return 0;
  }

  /** Sends a step once: a refusal is told, never tried again. */
  act(message: HostMessage): void {
    const now = performance.now();
    if (this.waiting && now - this.#lastStepAt < 10_000) return;
    const isClaim = message.type === 'decide_claim';
    const payload = isClaim ? message.payload : { ...message.payload, expected_seq: this.#socket.seq };
    const id = this.#socket.send(message.type, payload);
    this.notice = id === undefined ? t('not_sent') : '';
    this.waiting = id === undefined ? undefined : { id };
    this.#lastStepAt = now;
  }

  /** Takes a step of the night; presses that follow too fast count as one. */
  take(step: Step | undefined): void {
    if (!step || performance.now() - this.#lastStepAt < bounceMs) return;
    this.act(step.message);
  }

  mark({ question, credit, group, player, remember }: Mark): void {
    if (group !== undefined) this.#pass(`${question.question_id} ${group}`);
    this.act({
      type: 'override_answer',
      payload: {
        question_id: question.question_id,
        credit,
        ...(group !== undefined && { answer_group: group }),
        ...(player !== undefined && { player_id: player }),
        ...(remember && { remember }),
      },
    });
  }

  /** Decides the answer that is first in the queue. */
  decide(credit: Credit, remember = false): void {
    const first = this.undecided[0];
    if (!first || this.waiting) return;
    this.mark({ question: first.question, credit, group: first.group.answer_group, remember });
  }

  skip(): void {
    const first = this.undecided[0];
    if (first) this.#pass(groupKey(first.question, first.group));
  }

  useKeys(on: boolean): void {
    this.keysOn = on;
    save(keysSetting, on ? 'on' : 'off');
  }

  #pass(key: string): void {
    this.#passed.set(key, (this.#passed.get(key) ?? 0) + 1);
  }

  #receive(message: Received): void {
    this.data = fold(this.data, message, this.now());
    if (message.type === 'refused') {
      this.notice = refusalText(message.payload.code, message.payload.message);
      this.refusals += 1;
    }
    if (message.type === 'game_started') this.chosenRound = undefined;
    if (message.id !== undefined && message.id === this.waiting?.id) this.waiting = undefined;
  }

  #follow(status: SocketStatus): void {
    this.status = status;
    if (status.state !== 'open') this.waiting = undefined;
    if (status.state === 'waiting') this.notice = '';
  }
}
