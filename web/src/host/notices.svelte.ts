import { untrack } from 'svelte';

/** A line at the edge of the page, with something to take back where there is. */
export interface Notice {
  id: number;
  text: string;
  undo?: () => void | Promise<void>;
}

const SHOWN_MAX = 3;
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

  dismiss(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  async undo(notice: Notice): Promise<void> {
    this.dismiss(notice.id);
    await notice.undo?.();
  }

  /** Takes back the newest act that can be; false when there is none. */
  undoLatest(): boolean {
    const latest = [...this.list].reverse().find((notice) => notice.undo);
    if (latest === undefined) return false;
    void this.undo(latest);
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
