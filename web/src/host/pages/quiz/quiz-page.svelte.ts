import { quizzes, rounds as roundCalls } from '../../api';
import { limits } from '../../limits';
import { notices } from '../../notices.svelte';
import { moved } from '../../order';
import { reasonOf } from '../../reason';
import type { Difficulty, Fill, NamedText, Question, Quiz, Round, RoundBody } from '../../rest';
import { newSaves, savesSettled } from '../../saves';
import { t } from '../../text';
import { templateRounds } from '../../template';
import { relocated, stepFrom, type Place } from './places';

/** A round as its editor holds it. */
export class RoundItem {
  readonly id: string;
  title = $state('');
  timeLimit = $state<number | null>(null);
  /** How many questions it is to have. */
  planned = $state<number | null>(null);
  questions = $state.raw<Question[]>([]);
  /** Its words as they are stored. */
  saved: RoundBody;

  constructor(round: Round) {
    this.id = round.id;
    this.title = round.title ?? '';
    this.timeLimit = round.time_limit_seconds ?? null;
    this.planned = round.planned_questions ?? null;
    this.questions = round.questions;
    this.saved = this.body;
  }

  /** Why the time limit cannot be saved. */
  get timeLimitProblem(): string | undefined {
    const limit = this.timeLimit;
    if (limit === null) return undefined;
    const good =
      Number.isInteger(limit) && limit >= limits.timeLimitMinSeconds && limit <= limits.timeLimitMaxSeconds;
    return good ? undefined : t('time_limit_wrong');
  }

  /** Why the plan cannot be saved. */
  get planProblem(): string | undefined {
    if (this.planned === null) return undefined;
    const good =
      Number.isInteger(this.planned) && this.planned >= 0 && this.planned <= limits.questionsPerRound;
    return good ? undefined : t('planned_wrong', { n: limits.questionsPerRound });
  }

  /** How many questions of the plan are still to be picked. */
  get missing(): number {
    return this.planProblem === undefined ? Math.max((this.planned ?? 0) - this.questions.length, 0) : 0;
  }

  get body(): RoundBody {
    const body: RoundBody = { planned_questions: this.planned ?? 0 };
    if (this.title.trim() !== '') body.title = this.title.trim();
    if (this.timeLimit !== null) body.time_limit_seconds = this.timeLimit;
    return body;
  }
}

/** A quiz, its rounds and their questions. Every change saves itself, in order. */
export class QuizPage {
  readonly saves = newSaves();
  quiz = $state.raw<Quiz>();
  rounds = $state.raw<RoundItem[]>([]);
  failed = $state('');
  /** How questions went in past games, by id; those of which nothing is known are not there. */
  known = $state.raw<ReadonlyMap<string, Difficulty>>(new Map());
  readonly #id: string;

  readonly taken = $derived(
    new Set(this.rounds.flatMap((round) => round.questions.map((question) => question.id))),
  );
  /** Why no game can start from it yet. */
  readonly obstacle = $derived.by(() => {
    if (this.rounds.length === 0) return t('no_rounds');
    const empty = this.rounds.findIndex((round) => round.questions.length === 0);
    return empty < 0 ? undefined : t('round_empty_obstacle', { n: empty + 1 });
  });

  constructor(id: string) {
    this.#id = id;
  }

  async load(): Promise<void> {
    this.failed = '';
    try {
      await savesSettled();
      this.quiz = await quizzes.get(this.#id);
      this.rounds = this.quiz.rounds.map((round) => new RoundItem(round));
      void this.lookBack();
    } catch (error) {
      this.failed = reasonOf(error);
    }
  }

  /** Asks how the questions went. Without an answer nothing is said about it. */
  async lookBack(): Promise<void> {
    const found = await quizzes.difficulty(this.#id).catch(() => undefined);
    if (found) this.known = new Map(found.map((one) => [one.question_id, one]));
  }

  leave(): void {
    notices.forget(this);
    this.saves.hurry();
  }

  describe(changes: NamedText): void {
    if (!this.quiz) return;
    const { description: _, ...rest } = this.quiz;
    this.quiz = { ...rest, ...changes };
    const id = this.#id;
    if (changes.name.trim() === '') return;
    this.saves.put('quiz', () => quizzes.update(id, changes));
  }

  async addRound(body: RoundBody = {}): Promise<RoundItem | undefined> {
    try {
      const round = new RoundItem(await roundCalls.create(this.#id, body));
      this.rounds = [...this.rounds, round];
      notices.say(t('round_added', { n: this.rounds.length }));
      return round;
    } catch (error) {
      notices.tell(reasonOf(error));
      return undefined;
    }
  }

  /** Makes the rounds of the template, as far as the server takes them. */
  async addTemplate(): Promise<void> {
    for (const body of templateRounds()) if ((await this.addRound(body)) === undefined) return;
  }

  /** Fills a round at random. Gives how many questions came, or why none did. */
  async fill(round: RoundItem, body: Fill): Promise<number> {
    this.saves.hurry();
    await savesSettled();
    const filled = await roundCalls.fill(this.#id, round.id, body);
    if (filled.added > 0) this.#rememberQuestions();
    round.questions = filled.round.questions;
    void this.lookBack();
    return filled.added;
  }

  /** A round's title, time limit or plan changed. */
  touchRound(round: RoundItem): void {
    const key = `round:${round.id}`;
    if (round.timeLimitProblem !== undefined || round.planProblem !== undefined) this.saves.drop(key);
    else this.saves.put(key, () => this.#saveRound(round));
  }

  async #saveRound(round: RoundItem): Promise<void> {
    const [before, body] = [round.saved, round.body];
    await roundCalls.update(this.#id, round.id, body);
    round.saved = body;
    if (JSON.stringify(before) === JSON.stringify(body)) return;
    notices.remember(this, () => {
      if (!this.rounds.includes(round)) return;
      round.title = before.title ?? '';
      round.timeLimit = before.time_limit_seconds ?? null;
      round.planned = before.planned_questions || null;
      round.saved = before;
      this.saves.put(`round:${round.id}`, () => roundCalls.update(this.#id, round.id, before), 0);
      notices.tell(t('change_undone'));
    });
  }

  moveRound(round: RoundItem, to: number): void {
    this.setRounds(moved(this.rounds, this.rounds.indexOf(round), to));
    notices.say(t('moved_to', { n: this.rounds.indexOf(round) + 1, total: this.rounds.length }));
  }

  setRounds(rounds: RoundItem[]): void {
    const before = this.rounds;
    notices.remember(this, () => {
      const added = this.rounds.filter((round) => !before.includes(round));
      this.#orderRounds([...before.filter((round) => this.rounds.includes(round)), ...added]);
      notices.tell(t('order_undone'));
    });
    this.#orderRounds(rounds);
  }

  #orderRounds(rounds: RoundItem[]): void {
    this.rounds = rounds;
    this.saves.put('rounds', () =>
      roundCalls.reorder(
        this.#id,
        this.rounds.map((round) => round.id),
      ),
    );
  }

  async removeRound(round: RoundItem): Promise<void> {
    const index = this.rounds.indexOf(round);
    this.saves.hurry();
    await savesSettled();
    try {
      await roundCalls.remove(this.#id, round.id);
    } catch (error) {
      notices.tell(reasonOf(error));
      return;
    }
    this.saves.drop(`round:${round.id}`);
    this.saves.drop(`questions:${round.id}`);
    this.rounds = this.rounds.filter((other) => other !== round);
    notices.offerUndo(t('round_deleted', { n: index + 1 }), () => this.#restoreRound(round, index));
  }

  /** Gives a round its questions, which Ctrl+Z takes back. */
  setQuestions(round: RoundItem, questions: Question[]): void {
    if (sameOrder(round.questions, questions)) return;
    this.#rememberQuestions();
    this.#setQuestions(round, questions);
  }

  #rememberQuestions(): void {
    const before = this.rounds.map((round) => ({ round, questions: round.questions }));
    notices.remember(this, () => {
      // Those that only lose questions come first: no question may stand in two rounds.
      const gains = ({ round, questions }: (typeof before)[number]) => {
        const has = new Set(round.questions.map((question) => question.id));
        return questions.some((question) => !has.has(question.id)) ? 1 : 0;
      };
      const there = before.filter(({ round }) => this.rounds.includes(round));
      for (const { round, questions } of there.sort((one, other) => gains(one) - gains(other))) {
        this.#setQuestions(round, questions);
      }
      notices.tell(t('change_undone'));
    });
  }

  /** A round that loses a question to this one is saved first, so that none is in two. */
  #setQuestions(round: RoundItem, questions: Question[]): void {
    const ids = new Set(questions.map((question) => question.id));
    for (const other of this.rounds) {
      if (other === round || !other.questions.some((question) => ids.has(question.id))) continue;
      other.questions = other.questions.filter((question) => !ids.has(question.id));
      this.#saveQuestions(other);
    }
    if (sameOrder(round.questions, questions)) return;
    round.questions = questions;
    this.#saveQuestions(round);
  }

  addQuestions(round: RoundItem, added: readonly Question[]): void {
    this.setQuestions(round, [...round.questions, ...added]);
    notices.say(t('questions_added', { n: added.length }));
  }

  /** Whether a question can go one step further. */
  canStep(from: Place, by: -1 | 1): boolean {
    return stepFrom(this.#lengths(), from, by) !== null;
  }

  /** Moves a question one step up or down, into the neighbouring round at a round's edge. */
  step(from: Place, by: -1 | 1): void {
    const to = stepFrom(this.#lengths(), from, by);
    if (to !== null) this.relocate(from, to);
  }

  relocate(from: Place, to: Place): void {
    const result = relocated(
      this.rounds.map((round) => round.questions),
      from,
      to,
    );
    const round = this.rounds[to.round];
    const questions = result[to.round];
    if (!round || !questions) return;
    this.setQuestions(round, questions);
    notices.say(t('question_moved', { round: to.round + 1, n: to.index + 1 }));
  }

  removeQuestion(round: RoundItem, index: number): void {
    const question = round.questions[index];
    if (question === undefined) return;
    this.#setQuestions(
      round,
      round.questions.filter((other) => other !== question),
    );
    notices.offerUndo(t('question_taken_out'), () => {
      if (!this.rounds.includes(round) || this.taken.has(question.id)) return;
      this.#setQuestions(round, [
        ...round.questions.slice(0, index),
        question,
        ...round.questions.slice(index),
      ]);
    });
  }

  async #restoreRound(round: RoundItem, index: number): Promise<void> {
    try {
      const restored = new RoundItem(await roundCalls.restore(this.#id, round.id));
      this.rounds = [...this.rounds.slice(0, index), restored, ...this.rounds.slice(index)];
      notices.say(t('round_restored', { n: index + 1 }));
    } catch (error) {
      notices.tell(reasonOf(error));
    }
  }

  #saveQuestions(round: RoundItem): void {
    this.saves.put(`questions:${round.id}`, () =>
      roundCalls.setQuestions(
        this.#id,
        round.id,
        round.questions.map((question) => question.id),
      ),
    );
  }

  #lengths(): number[] {
    return this.rounds.map((round) => round.questions.length);
  }
}

function sameOrder(one: readonly Question[], other: readonly Question[]): boolean {
  return one.length === other.length && one.every((question, index) => question.id === other[index]?.id);
}
