import { untrack } from 'svelte';

/** A line at the edge of the page, with something to take back where there is. */
export interface Notice {
  id: number;
  text: string;
  undo?: () => void | Promise<void>;
}

/** Something that can be taken back without a line that says so. */
interface Act {
  id: number;
  /** Whose it is; it goes when that does. */
  owner: object;
  undo: () => void | Promise<void>;
}

const SHOWN_MAX = 3;
const ACTS_MAX = 100;
const PLAIN_MS = 6_000;

/**
 * What the app tells beside the page: notices, and the one live region. A notice with an undo stays until it is
 * used, dismissed or pushed out by newer ones; a plain one goes by itself.
 */
class Notices {
  list = $state.raw<Notice[]>([]);
  /** The text of the live region. */
  spoken = $state('');
  #next = 1;
  #acts: Act[] = [];

  /** Lets a screen reader say `text`, also when it is the same as before. */
  say(text: string): void {
    this.spoken = untrack(() => this.spoken) === text ? `${text}\u00a0` : text;
  }

  tell(text: string): void {
    const notice = this.#add({ text });
    setTimeout(() => this.dismiss(notice.id), PLAIN_MS);
  }

  offerUndo(text: string, undo: () => void | Promise<void>): void {
    this.#add({ text, undo });
  }

  /** Notes an act of a page that Ctrl+Z takes back, in its turn with those that have a notice. */
  remember(owner: object, undo: () => void | Promise<void>): void {
    this.#acts = [...this.#acts, { id: this.#next, owner, undo }].slice(-ACTS_MAX);
    this.#next += 1;
  }

  /** The page is left: what was done on it is no longer in sight. */
  forget(owner: object): void {
    this.#acts = this.#acts.filter((act) => act.owner !== owner);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  async undo(notice: Notice): Promise<void> {
    this.dismiss(notice.id);
    await notice.undo?.();
  }

  /** Takes back the newest act that can be; false when there is none. */
  undoLatest(): boolean {
    const notice = [...this.list].reverse().find((notice) => notice.undo);
    const act = this.#acts[this.#acts.length - 1];
    if (act !== undefined && act.id > (notice?.id ?? 0)) {
      this.#acts = this.#acts.slice(0, -1);
      void act.undo();
      return true;
    }
    if (notice === undefined) return false;
    void this.undo(notice);
    return true;
  }

  #add(notice: Omit<Notice, 'id'>): Notice {
    const added = { ...notice, id: this.#next };
    this.#next += 1;
    this.list = [...this.list, added].slice(-SHOWN_MAX);
    this.say(notice.text);
    return added;
  }
}

export const notices = new Notices();
