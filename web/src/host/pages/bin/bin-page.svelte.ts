import { banks, bin, questions, quizzes, rounds } from '../../api';
import { notices } from '../../notices.svelte';
import { reasonOf } from '../../reason';
import type { Binned } from '../../rest';
import { savesSettled } from '../../saves';
import { t } from '../../text';

/** How many days the server keeps what is in the bin. */
export const BIN_DAYS = 30;

const LABEL_CHARS = 60;

/** What was deleted: bringing it back, or letting it go for good. */
export class BinPage {
  /** `undefined` until the first page is there. */
  items = $state.raw<Binned[]>();
  failed = $state('');
  more = $state(false);
  /** True while something is on its way. */
  busy = $state(false);

  async load(): Promise<void> {
    this.failed = '';
    try {
      await savesSettled();
      const page = await bin.page();
      this.items = page.items;
      this.more = page.next !== undefined;
    } catch (error) {
      this.failed = reasonOf(error);
    }
  }

  /** Continues behind the last thing that is shown: one that was restored is no place in the bin any more. */
  async loadMore(): Promise<void> {
    const shown = this.items ?? [];
    await this.#act(async () => {
      const page = await bin.page(shown[shown.length - 1]?.id);
      this.items = [...shown, ...page.items];
      this.more = page.next !== undefined;
    });
  }

  /** Brings a thing back to where it was deleted from. */
  restore(item: Binned): Promise<boolean> {
    return this.#act(async () => {
      const parent = item.parent_id ?? '';
      if (item.kind === 'bank') await banks.restore(item.id);
      else if (item.kind === 'quiz') await quizzes.restore(item.id);
      else if (item.kind === 'question') await questions.restore(parent, item.id);
      else await rounds.restore(parent, item.id);
      notices.tell(t('restored', { name: labelOf(item) }));
      await this.#takeOut(item);
    });
  }

  purge(item: Binned): Promise<boolean> {
    return this.#act(async () => {
      await bin.purge(item.kind, item.id);
      notices.tell(t('purged', { name: labelOf(item) }));
      await this.#takeOut(item);
    });
  }

  empty(): Promise<boolean> {
    return this.#act(async () => {
      await bin.empty();
      this.items = [];
      this.more = false;
      notices.tell(t('bin_emptied'));
    });
  }

  /** A restored bank may bring what was deleted from it into the list, so the list is read again. */
  async #takeOut(item: Binned): Promise<void> {
    this.items = this.items?.filter((other) => other !== item);
    if (item.kind === 'bank' || item.kind === 'quiz' || this.items?.length === 0) await this.load();
  }

  async #act(act: () => Promise<void>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    try {
      await act();
      return true;
    } catch (error) {
      notices.tell(reasonOf(error));
      return false;
    } finally {
      this.busy = false;
    }
  }
}

/** What a thing is called in a sentence: short, whatever its length. */
export function labelOf(item: Binned): string {
  const name = item.name ?? t('bin_untitled');
  const characters = [...name];
  return characters.length > LABEL_CHARS ? `${characters.slice(0, LABEL_CHARS).join('').trimEnd()}…` : name;
}
