import { rightAnswers } from '../../answers';
import { ApiError, banks, questions } from '../../api';
import { notices } from '../../notices.svelte';
import { moved } from '../../order';
import { reasonOf } from '../../reason';
import type { Bank, NamedText, Question, QuestionType, QuestionVersion } from '../../rest';
import { newSaves, noteIncomplete, savesSettled } from '../../saves';
import { t } from '../../text';
import { newUuid } from '../../uuid';
import { bodyOf, differences, draftOf, emptyDraft, problemsOf, type Draft } from './draft';

/** How many questions a page of the list shows. */
export const PAGE_SIZE = 50;

/** Questions that could not be saved, of banks that were left: they wait there until the window closes. */
const waiting = new Map<string, Item[]>();

/** One question of the list: as stored, and as edited once its editor was open. */
export class Item {
  /** Stays the same; the id that a new question is sent with. */
  readonly key: string;
  /** The sending of a new question, of which the server's answer may have got lost. */
  sent: Promise<Question> | undefined;
  stored = $state.raw<Question>();
  draft = $state<Draft>();
  /** What someone else saved meanwhile; the host decides whose text stays. */
  conflict = $state.raw<Question>();

  constructor(key: string, stored: Question | undefined, draft?: Draft) {
    this.key = key;
    this.stored = stored;
    this.draft = draft;
  }

  /** What the server knows it by. */
  get id(): string {
    return this.stored?.id ?? this.key;
  }

  /** True when the server has it, or may have it. */
  get isOut(): boolean {
    return this.stored !== undefined || this.sent !== undefined;
  }

  /** True while the draft says something else than what is stored. */
  get changed(): boolean {
    if (this.draft === undefined) return false;
    return this.stored === undefined || differences(bodyOf(this.draft), this.stored).length > 0;
  }

  get prompt(): string {
    return this.draft?.prompt ?? this.stored?.prompt ?? '';
  }

  get type(): QuestionType {
    return this.draft?.type ?? this.stored?.type ?? 'text';
  }

  /** The right answers, for the list. */
  get answers(): string {
    const body = this.draft ? bodyOf(this.draft) : this.stored;
    return body ? rightAnswers(body) : '';
  }

  /** True while it lacks something, so that what was typed exists in this browser only. */
  get unfinished(): boolean {
    return this.draft !== undefined && Object.keys(problemsOf(this.draft)).length > 0;
  }

  matches(words: readonly string[]): boolean {
    const text = `${this.prompt} ${this.answers}`.toLowerCase();
    return words.every((word) => text.includes(word));
  }
}

/** A bank and its questions: loading, finding, editing, ordering. */
export class BankPage {
  readonly saves = newSaves();
  bank = $state.raw<Bank>();
  items = $state.raw<Item[]>([]);
  /** True once every question is here. */
  complete = $state(false);
  failed = $state('');
  query = $state('');
  /** Which page of the list is shown, from 0. */
  page = $state(0);
  /** The key of the question whose editor is open. */
  open = $state<string>();
  readonly #id: string;
  readonly #stop = new AbortController();

  readonly found = $derived.by(() => {
    const words = this.query.toLowerCase().split(/\s+/).filter(Boolean);
    return words.length === 0 ? this.items : this.items.filter((item) => item.matches(words));
  });
  readonly pages = $derived(Math.max(Math.ceil(this.found.length / PAGE_SIZE), 1));
  readonly shownPage = $derived(Math.min(this.page, this.pages - 1));
  readonly shown = $derived(this.found.slice(this.shownPage * PAGE_SIZE, (this.shownPage + 1) * PAGE_SIZE));
  /** Order means something only in the whole list. */
  readonly sortable = $derived(this.complete && this.query === '');

  constructor(id: string) {
    this.#id = id;
  }

  async load(): Promise<void> {
    this.failed = '';
    this.complete = false;
    this.#keepUnsaved();
    try {
      await savesSettled();
      this.bank = await banks.get(this.#id);
      let cursor: string | undefined;
      this.items = [];
      do {
        const page = await questions.page(this.#id, cursor, this.#stop.signal);
        this.items = [...this.items, ...page.items.map((question) => new Item(question.id, question))];
        cursor = page.next;
      } while (cursor !== undefined);
      this.#takeUp();
      this.edit(this.items.find((item) => item.key === this.open));
      this.complete = true;
    } catch (error) {
      if (!this.#stop.signal.aborted) this.failed = reasonOf(error);
    }
  }

  /** The page is left: stop loading, save what waits. */
  leave(): void {
    this.#stop.abort();
    notices.forget(this);
    this.saves.hurry();
    const unsaved = this.#keepUnsaved();
    if (unsaved > 0) notices.tell(t('unfinished_wait', { n: unsaved }));
  }

  search(query: string): void {
    this.query = query;
    this.page = 0;
  }

  describe(changes: NamedText): void {
    if (!this.bank) return;
    const { description: _, ...rest } = this.bank;
    this.bank = { ...rest, ...changes };
    const id = this.#id;
    if (changes.name.trim() === '') return;
    this.saves.put('bank', () => banks.update(id, changes));
  }

  indexOf(item: Item): number {
    return this.items.indexOf(item);
  }

  /** Opens a question's editor, or closes all of them. */
  edit(item: Item | undefined): void {
    this.saves.hurry();
    if (item?.stored && item.draft === undefined) item.draft = draftOf(item.stored);
    this.open = item?.key;
  }

  /** Starts a new question at the end of the bank and shows it. */
  add(type: QuestionType): Item {
    const item = new Item(newUuid(), undefined, emptyDraft(type));
    this.query = '';
    this.items = [...this.items, item];
    this.page = this.pages - 1;
    this.edit(item);
    return item;
  }

  /** A field of the question changed: save it once it is quiet and whole. */
  touch(item: Item): void {
    if (item.draft === undefined || item.conflict !== undefined) return;
    noteIncomplete(this.#mark(item), item.unfinished);
    if (item.unfinished) {
      this.saves.drop(item.key);
      return;
    }
    this.saves.put(item.key, () => this.#save(item));
  }

  /** Settles a conflict: the host's text goes over the stored one, or the other way round. */
  settle(item: Item, whose: 'mine' | 'theirs'): void {
    const theirs = item.conflict;
    if (theirs === undefined) return;
    item.conflict = undefined;
    item.stored = theirs;
    if (whose === 'mine') this.touch(item);
    else {
      item.draft = draftOf(theirs);
      this.saves.drop(item.key);
      noteIncomplete(this.#mark(item), false);
    }
  }

  /** Makes an earlier text the question's again: a change like any other. */
  bringBack(item: Item, version: QuestionVersion): void {
    if (item.conflict !== undefined) return;
    item.draft = draftOf(version);
    this.touch(item);
    notices.say(t('version_restored'));
  }

  /** Moves a question to a place counted from 0, and turns to the page where it then is. */
  move(item: Item, to: number): void {
    const from = this.indexOf(item);
    const items = moved(this.items, from, to);
    const index = items.indexOf(item);
    if (index === from) return;
    this.#rememberOrder();
    this.items = items;
    this.page = Math.floor(index / PAGE_SIZE);
    notices.say(t('moved_to', { n: index + 1, total: items.length }));
    this.#saveOrder();
  }

  /** The page of the list that is shown has a new order. */
  reorderShown(keys: readonly string[]): void {
    const byKey = new Map(this.shown.map((item) => [item.key, item]));
    const order = keys.flatMap((key) => byKey.get(key) ?? []);
    const start = this.shownPage * PAGE_SIZE;
    this.#rememberOrder();
    this.items = [...this.items.slice(0, start), ...order, ...this.items.slice(start + order.length)];
    this.#saveOrder();
  }

  async remove(item: Item): Promise<void> {
    const index = this.indexOf(item);
    this.saves.drop(item.key);
    noteIncomplete(this.#mark(item), false);
    this.items = this.items.filter((other) => other !== item);
    if (this.open === item.key) this.open = undefined;
    try {
      await this.#erase(item);
    } catch (error) {
      this.#putBack(item, index);
      notices.tell(reasonOf(error));
      return;
    }
    notices.offerUndo(t('question_deleted'), () => this.#restore(item, index));
  }

  async #restore(item: Item, index: number): Promise<void> {
    try {
      if (item.isOut) item.stored = await questions.restore(this.#id, item.id);
      this.#putBack(item, index);
      notices.say(t('question_restored'));
    } catch (error) {
      notices.tell(reasonOf(error));
    }
  }

  /** Deletes a question on the server, also one that has only been sent: the answer may come late, or be lost. */
  async #erase(item: Item): Promise<void> {
    await item.sent?.catch(() => undefined);
    if (!item.isOut) return;
    try {
      await questions.remove(this.#id, item.id);
    } catch (error) {
      const never = item.stored === undefined && error instanceof ApiError && error.status === 404;
      if (!never) throw error;
      item.sent = undefined;
    }
  }

  /** Puts aside what is not saved, until the bank is loaded again. Gives how much that is. */
  #keepUnsaved(): number {
    const unsaved = this.items.filter(
      (item) => item.unfinished || item.conflict || this.saves.states.get(item.key)?.kind === 'refused',
    );
    if (unsaved.length > 0) waiting.set(this.#id, unsaved);
    return unsaved.length;
  }

  /** Brings back what was left unsaved: new questions at the end, changed ones in their place. */
  #takeUp(): void {
    for (const left of waiting.get(this.#id) ?? []) {
      const item = this.items.find((other) => other.key === left.key);
      if (item && left.draft) {
        item.draft = left.draft;
        item.conflict = left.conflict && item.stored;
      } else if (left.stored === undefined) this.items = [...this.items, left];
    }
    waiting.delete(this.#id);
  }

  #mark(item: Item): string {
    return `${this.#id}/${item.key}`;
  }

  #putBack(item: Item, index: number): void {
    this.items = [...this.items.slice(0, index), item, ...this.items.slice(index)];
    if (item.changed) this.touch(item);
  }

  #rememberOrder(): void {
    const keys = this.items.map((item) => item.key);
    notices.remember(this, () => {
      const place = new Map(keys.map((key, index) => [key, index]));
      const placeOf = (item: Item) => place.get(item.key) ?? keys.length;
      this.items = [...this.items].sort((one, other) => placeOf(one) - placeOf(other));
      this.#saveOrder();
      notices.tell(t('order_undone'));
    });
  }

  /** Takes a saved change back. What was typed since is saved first, so that it is among the earlier versions. */
  async #takeBack(item: Item, before: Question): Promise<void> {
    await savesSettled();
    if (!this.items.includes(item) || item.conflict !== undefined) return;
    item.draft = draftOf(before);
    noteIncomplete(this.#mark(item), false);
    this.saves.put(item.key, () => this.#save(item, 'undo'), 0);
    notices.tell(t('edit_undone', { n: this.indexOf(item) + 1 }));
  }

  async #save(item: Item, what: 'edit' | 'undo' = 'edit'): Promise<void> {
    if (item.draft === undefined) return;
    const body = bodyOf(item.draft);
    if (item.stored === undefined) {
      const isAgain = item.sent !== undefined;
      item.sent = questions.create(this.#id, item.key, body);
      item.stored = await item.sent;
      const index = this.indexOf(item);
      if (index < 0) return;
      if (index < this.items.length - 1) this.#saveOrder();
      // The server may have it as it was sent the first time.
      if (!isAgain || !item.changed) return;
    }
    const before = item.stored;
    try {
      item.stored = await questions.update(this.#id, before.id, { ...body, version: before.version });
      if (what === 'edit' && item.stored.version !== before.version) {
        notices.remember(this, () => this.#takeBack(item, before));
      }
    } catch (error) {
      if (error instanceof ApiError && error.code === 'conflict') {
        item.conflict = error.problem['current'] as Question | undefined;
        noteIncomplete(this.#mark(item), true);
      }
      throw error;
    }
  }

  #saveOrder(): void {
    const id = this.#id;
    this.saves.put('order', () =>
      questions.reorder(
        id,
        this.items.flatMap((item) => item.stored?.id ?? []),
      ),
    );
  }
}
