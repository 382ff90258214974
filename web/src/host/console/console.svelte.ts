import { untrack } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import { base } from '../../shared/base';
import type { AnswerGroup, Credit, HostMessage, ReviewQuestion, RoundReview } from '../../shared/protocol';
import { modelOf, type ScreenModel } from '../../screen/model';
import { isOutdated } from '../../screen/update';
import { GameSocket, type Received, type SocketStatus } from '../../shared/socket';
import { Keys } from './keys.svelte';
import { challengersOf, groupKey, undecidedIn, type Passed, type Undecided } from './marking';
import { StepQueue } from './step-queue';
import { emptyConsole, fold, screenStateOf, type ConsoleData } from './reducer';
import {
  answerStep,
  backStep,
  correctStep,
  moreTimeStep,
  pauseStep,
  primaryStep,
  isBoardOut,
  toggleBreak,
  toggleFromLast,
  toggleView,
  undoStep,
  type Step,
} from './steps';
import { refusalText, t } from './texts';

/** A second press of the same button within this time is taken for a bounce of the first, in milliseconds. */
const bounceMs = 400;
/** How long the live region keeps what it said, in milliseconds. */
const hushMs = 5_000;

/** Where the host goes when the game is over. */
export interface Next {
  href: string;
  label: string;
}

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
  /** The text of the page's one live region. */
  spoken = $state('');
  /** True once the server has been updated under this page. */
  outdated = $state(false);
  readonly keys = new Keys();
  notesOpen = $state(true);
  helpOpen = $state(false);
  /** Whether the marks are unfolded below the scores. */
  marksOpen = $state(false);
  /** Where phones reach this server, without a trailing slash. */
  joinBase = $state(location.origin + base);
  /** The round being marked, from 1; undefined follows the game. */
  chosenRound: number | undefined = $state();

  /** Whether steps are on their way, or the log does not have them yet. */
  unsettled = $state(false);

  readonly #passed = new SvelteMap<string, Passed>();
  readonly #socket: GameSocket;
  readonly #steps = new StepQueue(
    (message) => this.#send(message),
    () => this.#lost(),
  );
  /** The answer that the host has before them. */
  #pinned: string | undefined = $state.raw();
  #pressed = { control: '', at: 0 };
  /** The events that the log and the marks are known up to. */
  #logSeq = 0;
  #marksSeq = 0;
  #hush: ReturnType<typeof setTimeout> | undefined;

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

  get practice(): boolean {
    return this.data.welcome?.practice ?? false;
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

  /** The answer to decide now. It stays until it is decided or skipped, whatever comes in meanwhile. */
  readonly deciding: Undecided | undefined = $derived.by(
    () => this.undecided.find((item) => item.key === this.#pinned) ?? this.undecided[0],
  );

  /** True while the host can see what there is to decide. */
  readonly isMarking: boolean = $derived.by(() => {
    const phase = this.data.host?.phase;
    return (
      this.deciding !== undefined && phase !== 'question' && (phase === 'round_review' || this.marksOpen)
    );
  });

  readonly primary: Step | undefined = $derived.by(() => primaryStep(this.data, this.undecided.length));
  readonly back: Step | undefined = $derived.by(() => backStep(this.data));
  readonly undoing: Step | undefined = $derived.by(() => undoStep(this.data));
  readonly pausing: Step | undefined = $derived.by(() => this.data.host && pauseStep(this.data.host));
  readonly moreTime: Step | undefined = $derived.by(() => this.data.host && moreTimeStep(this.data.host));
  readonly nextAnswer: Step | undefined = $derived.by(() => answerStep(this.data));
  readonly correct: Step | undefined = $derived.by(() => correctStep(this.data));
  readonly blank: Step | undefined = $derived.by(
    () => this.data.host && toggleView(this.data.host, 'blank', t('present_blank')),
  );
  readonly join: Step | undefined = $derived.by(
    () => this.data.host && toggleView(this.data.host, 'join', t('present_join')),
  );
  readonly breaking: Step | undefined = $derived.by(() => this.data.host && toggleBreak(this.data.host));
  readonly board: Step | undefined = $derived.by(() => {
    const { host } = this.data;
    return host && isBoardOut(host) ? toggleView(host, 'board', t('present_board')) : undefined;
  });
  readonly fromLast: Step | undefined = $derived.by(() => {
    const { host } = this.data;
    // Nothing comes out of a secret board.
    const isSecret = host?.options.secret_board && host.phase !== 'ended';
    return host && isBoardOut(host) && !isSecret ? toggleFromLast(host) : undefined;
  });

  /** True while steps can be sent. */
  readonly ready: boolean = $derived.by(() => this.status.state === 'open' && this.data.host !== undefined);

  start(): void {
    this.#socket.open();
  }

  stop(): void {
    clearTimeout(this.#hush);
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

  /**
   * Sends a step once, after those that wait; a refusal is told, never tried again. False when there is no connection,
   * which is told too.
   */
  act(message: HostMessage, taken: () => void = () => undefined): boolean {
    this.notice = this.ready ? '' : t('not_sent');
    if (!this.ready) return false;
    this.#steps.add(message, taken);
    this.unsettled = true;
    return true;
  }

  /** Takes a step of the night by one of its buttons or keys. */
  take(step: Step | undefined, control: string): void {
    if (step && !this.bounces(control)) this.act(step.message);
  }

  /** Undoes the last step, also one that is on its way: only when the log has it is known what undoes it. */
  undo(): void {
    if (!this.ready || this.bounces('undo')) return;
    this.notice = '';
    this.#steps.add(this.#undoing);
    this.unsettled = true;
  }

  /** Whether a press comes too soon after the last one of the same control to be meant. */
  bounces(control: string): boolean {
    const now = performance.now();
    if (this.#pressed.control === control && now - this.#pressed.at < bounceMs) return true;
    this.#pressed = { control, at: now };
    return false;
  }

  mark({ question, credit, group, player, remember }: Mark): void {
    const message: HostMessage = {
      type: 'override_answer',
      payload: {
        question_id: question.question_id,
        credit,
        ...(group !== undefined && { answer_group: group }),
        ...(player !== undefined && { player_id: player }),
        ...(remember && { remember }),
      },
    };
    const about = question.groups.find((other) => other.answer_group === group);
    this.act(message, () => about && this.#pass(question, about));
  }

  decide(credit: Credit, remember = false): void {
    const item = this.deciding;
    if (item) this.mark({ question: item.question, credit, group: item.group.answer_group, remember });
  }

  skip(): void {
    if (this.deciding) this.#pass(this.deciding.question, this.deciding.group);
  }

  /** Lets a screen reader say `text`, also when it said the same before. Whoever reads the page later finds it gone. */
  say(text: string): void {
    clearTimeout(this.#hush);
    this.#hush = setTimeout(() => (this.spoken = ''), hushMs);
    this.spoken = untrack(() => this.spoken) === text && text !== '' ? `${text}\u00a0` : text;
  }

  #send(message: HostMessage): string | undefined {
    const isClaim = message.type === 'decide_claim';
    const payload = isClaim ? message.payload : { ...message.payload, expected_seq: this.#socket.seq };
    return this.#socket.send(message.type, payload);
  }

  #lost(): void {
    this.unsettled = !this.#steps.isEmpty;
    this.notice = t('not_answered');
  }

  readonly #undoing = (): HostMessage | 'wait' | undefined => {
    if (this.#isBehind()) return 'wait';
    if (!this.undoing) this.notice = t('undo_nothing');
    return this.undoing?.message;
  };

  /** Whether the log, or a mark that it tells of, is still to come. */
  #isBehind(): boolean {
    if (this.#logSeq < this.#socket.seq) return true;
    const mark = this.data.host?.log.find(({ text_key }) => text_key.startsWith('judg'));
    return mark !== undefined && mark.seq > this.#marksSeq;
  }

  #pass(question: ReviewQuestion, group: AnswerGroup): void {
    const key = groupKey(question, group);
    const times = (this.#passed.get(key)?.times ?? 0) + 1;
    this.#passed.set(key, { times, challengers: challengersOf(question, group).length });
    this.#pinned = undefined;
  }

  #receive(message: Received): void {
    this.#pinned = this.deciding?.key;
    this.data = fold(this.data, message, this.now());
    if (message.type === 'welcome') void this.#compare(message.payload.protocol);
    if (message.type === 'refused') {
      this.notice = refusalText(message.payload.code, message.payload.message);
    }
    if (message.type === 'game_started') this.chosenRound = undefined;
    const seq = message.seq ?? this.#socket.seq;
    if (message.type === 'host_state') this.#logSeq = seq;
    if (message.type === 'round_review' || message.type === 'welcome') this.#marksSeq = seq;
    this.#steps.settle(message.id, message.type !== 'refused');
    this.#steps.nudge();
    this.unsettled = !this.#steps.isEmpty || this.#isBehind();
  }

  async #compare(protocol: number): Promise<void> {
    if (await isOutdated(protocol)) this.outdated = true;
  }

  #follow(status: SocketStatus): void {
    this.status = status;
    if (status.state === 'waiting') this.notice = '';
    this.#steps.cut();
    this.unsettled = false;
  }
}
