import type { Page } from './api';
import { reasonOf } from './reason';

/** A list that arrives page by page and can be searched; answers to an older question are ignored. */
export class PagedList<T extends { id: string }> {
  /** `undefined` until the first page is there. */
  items = $state.raw<T[]>();
  failed = $state('');
  query = $state('');
  /** True while a page is on its way. */
  busy = $state(false);
  #next = $state<string>();
  #asked = 0;
  #fetch: (query: string, cursor?: string) => Promise<Page<T>>;

  constructor(fetch: (query: string, cursor?: string) => Promise<Page<T>>) {
    this.#fetch = fetch;
  }

  get more(): boolean {
    return this.#next !== undefined;
  }

  /** Loads the list from its start, for another search if one is given. */
  async load(query = this.query): Promise<void> {
    this.query = query;
    await this.#ask(undefined);
  }

  async loadMore(): Promise<void> {
    if (this.#next !== undefined && !this.busy) await this.#ask(this.#next);
  }

  replace(item: T): void {
    this.items = this.items?.map((old) => (old.id === item.id ? item : old));
  }

  insert(index: number, item: T): void {
    const items = this.items ?? [];
    this.items = [...items.slice(0, index), item, ...items.slice(index)];
  }

  /** Takes an item out; its index, or −1 when it is not there. */
  remove(id: string): number {
    const index = this.items?.findIndex((item) => item.id === id) ?? -1;
    if (index >= 0) this.items = this.items?.filter((item) => item.id !== id);
    return index;
  }

  async #ask(cursor: string | undefined): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    this.busy = true;
    this.failed = '';
    try {
      const page = await this.#fetch(this.query, cursor);
      if (asked !== this.#asked) return;
      this.items = cursor === undefined ? page.items : [...(this.items ?? []), ...page.items];
      this.#next = page.next;
    } catch (error) {
      if (asked === this.#asked) this.failed = reasonOf(error);
    } finally {
      if (asked === this.#asked) this.busy = false;
    }
  }
}
