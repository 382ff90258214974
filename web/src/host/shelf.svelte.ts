import { ApiError, type Page } from './api';
import { notices } from './notices.svelte';
import { PagedList } from './paged-list.svelte';
import { reasonOf } from './reason';
import type { NamedText } from './rest';
import { t } from './text';

/** The calls that a shelf needs from its kind of thing. */
export interface ShelfCalls<T> {
  page: (query: string, cursor?: string) => Promise<Page<T>>;
  create: (body: NamedText) => Promise<T>;
  update: (id: string, body: NamedText) => Promise<T>;
  remove: (id: string) => Promise<void>;
  restore: (id: string) => Promise<T>;
  importFile: (file: unknown) => Promise<T>;
}

/** The named things of a host, banks or quizzes: list, search, make, rename, delete and take that back. */
export class Shelf<T extends NamedText & { id: string }> {
  readonly list: PagedList<T>;
  /** What cannot be deleted, and why. */
  refused = $state.raw<{ name: string; reason: string }>();
  #calls: ShelfCalls<T>;

  constructor(calls: ShelfCalls<T>) {
    this.#calls = calls;
    this.list = new PagedList(calls.page);
  }

  create(name: string): Promise<T> {
    return this.#calls.create({ name });
  }

  async rename(item: T, name: string): Promise<void> {
    const body = item.description === undefined ? { name } : { name, description: item.description };
    await this.#calls.update(item.id, body);
    this.list.replace({ ...item, name });
  }

  async remove(item: T): Promise<void> {
    this.refused = undefined;
    try {
      await this.#calls.remove(item.id);
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) {
        this.refused = { name: item.name, reason: error.message };
        notices.say(t('delete_refused', this.refused));
      } else notices.tell(reasonOf(error));
      return;
    }
    const index = this.list.remove(item.id);
    notices.offerUndo(t('deleted', { name: item.name }), () => this.#restore(item, Math.max(index, 0)));
  }

  /** Makes a thing from a file that an export wrote. */
  async importFile(file: File): Promise<T> {
    let content: unknown;
    try {
      content = JSON.parse(await file.text());
    } catch {
      throw new Error(t('file_not_json', { name: file.name }));
    }
    return this.#calls.importFile(content);
  }

  async #restore(item: T, index: number): Promise<void> {
    try {
      this.list.insert(index, await this.#calls.restore(item.id));
      notices.say(t('restored', { name: item.name }));
    } catch (error) {
      notices.tell(reasonOf(error));
    }
  }
}
