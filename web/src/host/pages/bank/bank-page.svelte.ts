import { SvelteSet } from 'svelte/reactivity';
import { rightAnswers } from '../../answers';
import { ApiError, banks, questions, type Page } from '../../api';
import { limits } from '../../limits';
import { notices } from '../../notices.svelte';
import { moved } from '../../order';
import { reasonOf } from '../../reason';
import type { Bank, NamedText, Question, QuestionType, QuestionVersion } from '../../rest';
import { newSaves, noteIncomplete, savesSettled } from '../../saves';
import { t } from '../../text';
import { newUuid } from '../../uuid';
import { bodyOf, differences, draftOf, emptyDraft, problemsOf, splitTags, type Draft } from './draft';

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

  get tags(): string[] {
    return this.draft ? splitTags(this.draft.tags) : (this.stored?.tags ?? []);
  }

  hasTag(tag: string): boolean {
    return includesTag(this.tags, tag);
  }

  matches(words: readonly string[]): boolean {
    const text = `${this.prompt} ${this.answers} ${this.tags.join(' ')}`.toLowerCase();
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
  /** Only questions with this tag are shown. */
  tag = $state('');
  /** The keys of questions that are ticked. */
  readonly ticked = new SvelteSet<string>();
  /** Which page of the list is shown, from 0. */
  page = $state(0);
  /** The key of the question whose editor is open. */
  open = $state<string>();
  readonly #id: string;
  readonly #stop = new AbortController();

  readonly found = $derived.by(() => {
    const words = this.query.toLowerCase().split(/\s+/).filter(Boolean);
    const { tag } = this;
    if (words.length === 0 && tag === '') return this.items;
    return this.items.filter((item) => item.matches(words) && (tag === '' || item.hasTag(tag)));
  });
  /** The tags of the bank, each in one spelling, by name. */
  readonly tags = $derived.by(() => {
    const tags = new Map<string, string>();
    for (const tag of this.items.flatMap((item) => item.tags)) {
      if (!tags.has(tag.toLowerCase())) tags.set(tag.toLowerCase(), tag);
    }
    return [...tags.values()].sort((one, other) => one.localeCompare(other));
  });
  readonly chosen = $derived(this.items.filter((item) => item.stored && this.ticked.has(item.key)));
  readonly pages = $derived(Math.max(Math.ceil(this.found.length / PAGE_SIZE), 1));
  readonly shownPage = $derived(Math.min(this.page, this.pages - 1));
  readonly shown = $derived(this.found.slice(this.shownPage * PAGE_SIZE, (this.shownPage + 1) * PAGE_SIZE));
  /** Order means something only in the whole list. */
  readonly sortable = $derived(this.complete && this.query === '' && this.tag === '');

  constructor(id: string) {
    this.#id = id;
  }

  async load(): Promise<void> {
    this.failed = '';
    this.complete = false;
    this.#keepUnsaved();
    try {
      await savesSettled();
      const [bank, first] = await Promise.all([banks.get(this.#id), this.#page()]);
      this.bank = bank;
      this.items = [];
      let cursor = this.#append(first);
      while (cursor !== undefined) cursor = this.#append(await this.#page(cursor));
      this.#takeUp();
      this.edit(this.items.find((item) => item.key === this.open));
      this.complete = true;
    } catch (error) {
      if (!this.#stop.signal.aborted) this.failed = reasonOf(error);
    }
  }

  #page(cursor?: string): Promise<Page<Question>> {
    return questions.page(this.#id, cursor, this.#stop.signal);
  }

  /** Adds a page to the list, and says where the next one begins. */
  #append({ items, next }: Page<Question>): string | undefined {
    this.items = [...this.items, ...items.map((question) => new Item(question.id, question))];
    return next;
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

  filter(tag: string): void {
    this.tag = tag;
    this.page = 0;
  }

  /** Ticks a question, or no longer. */
  tick(item: Item, is: boolean): void {
    if (!is) this.ticked.delete(item.key);
    else if (this.ticked.size < limits.batch) this.ticked.add(item.key);
    else notices.tell(t('ticked_most', { n: limits.batch }));
  }

  /** Ticks everything that is found, as far as it goes. */
  tickFound(): void {
    for (const item of this.found) {
      if (item.stored === undefined || this.ticked.has(item.key)) continue;
      this.tick(item, true);
      if (!this.ticked.has(item.key)) return;
    }
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
    this.tag = '';
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
    this.ticked.delete(item.key);
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

  /** Deletes the ticked questions together. */
  async removeChosen(): Promise<void> {
    const ids = idsOf(this.chosen);
    await this.#together(async (chosen) => {
      await questions.batch(this.#id, ids, { act: 'delete' });
      const back = this.#takeOut(chosen);
      notices.offerUndo(t('questions_deleted', { n: ids.length }), () =>
        this.#retract(async () => back(await questions.batch(this.#id, ids, { act: 'restore' }))),
      );
    });
  }

  /** Moves the ticked questions to the end of another bank. */
  async moveChosen(to: Bank): Promise<void> {
    const ids = idsOf(this.chosen);
    await this.#together(async (chosen) => {
      await questions.batch(this.#id, ids, { act: 'move', to: to.id });
      const back = this.#takeOut(chosen);
      notices.offerUndo(t('questions_moved', { n: ids.length, bank: to.name }), () =>
        this.#retract(async () => {
          back(await questions.batch(to.id, ids, { act: 'move', to: this.#id }));
          this.#saveOrder();
        }),
      );
    });
  }

  /** Puts tags on the ticked questions, and takes others off. */
  async tagChosen(add: string[], remove: string[]): Promise<void> {
    await this.#together(async (chosen) => {
      const had = new Map(chosen.map((item) => [item, item.stored?.tags ?? []]));
      this.#renew(await questions.batch(this.#id, idsOf(chosen), { act: 'tag', add, remove }));
      notices.offerUndo(t('questions_tagged', { n: chosen.length }), () =>
        this.#retract(async () => {
          for (const [tag, is] of [
            ...add.map((tag) => [tag, true]),
            ...remove.map((tag) => [tag, false]),
          ] as [string, boolean][]) {
            const changed = chosen.filter((item) => includesTag(had.get(item) ?? [], tag) !== is);
            if (changed.length === 0) continue;
            const undo = is ? { add: [], remove: [tag] } : { add: [tag], remove: [] };
            this.#renew(await questions.batch(this.#id, idsOf(changed), { act: 'tag', ...undo }));
          }
        }),
      );
    });
  }

  /** Does something with the ticked questions, once what was typed is saved. */
  async #together(act: (chosen: Item[]) => Promise<void>): Promise<void> {
    await savesSettled();
    try {
      await act(this.chosen);
      this.ticked.clear();
    } catch (error) {
      notices.tell(reasonOf(error));
    }
  }

  async #retract(act: () => Promise<void>): Promise<void> {
    try {
      await act();
      notices.say(t('change_undone'));
    } catch (error) {
      notices.tell(reasonOf(error));
    }
  }

  /** Takes questions out of the list; what it gives puts them back into their places, as they are stored then. */
  #takeOut(gone: readonly Item[]): (stored: Question[]) => void {
    const before = this.items.map((item) => item.key);
    for (const item of gone) {
      this.saves.drop(item.key);
      noteIncomplete(this.#mark(item), false);
      if (this.open === item.key) this.open = undefined;
    }
    this.items = this.items.filter((item) => !gone.includes(item));
    return (stored) => {
      this.items = inOrder([...this.items, ...gone], before);
      this.#renew(stored);
    };
  }

  /** Questions as they are stored by now. */
  #renew(stored: readonly Question[]): void {
    const byId = new Map(stored.map((question) => [question.id, question]));
    for (const item of this.items) {
      const question = byId.get(item.id);
      if (question === undefined) continue;
      item.stored = question;
      if (item.draft) item.draft.tags = (question.tags ?? []).join(', ');
    }
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
      this.items = inOrder(this.items, keys);
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

/** Items in the order of `keys`, those without a key there at the end. */
function inOrder(items: readonly Item[], keys: readonly string[]): Item[] {
  const places = new Map(keys.map((key, index) => [key, index]));
  const placeOf = (item: Item) => places.get(item.key) ?? keys.length;
  return [...items].sort((one, other) => placeOf(one) - placeOf(other));
}

function idsOf(items: readonly Item[]): string[] {
  return items.map((item) => item.id);
}

function includesTag(tags: readonly string[], tag: string): boolean {
  return tags.some((other) => other.toLowerCase() === tag.toLowerCase());
}
