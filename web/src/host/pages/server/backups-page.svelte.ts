import { notices } from '../../notices.svelte';
import { reasonOf } from '../../reason';
import type { Backup, Backups, BackupWork } from '../../rest';
import { operator } from './operator';
import { t } from './text';

const WAIT_MS = 1_000;
/** The doctor warns of one that is older. */
const OLD_AFTER_MS = 48 * 3_600_000;

/** The backups of the server: taking one, checking one, and how that goes. */
export class BackupsPage {
  backups = $state.raw<Backups>();
  failed = $state('');
  /** What began while this page was open; what was done before is no news. */
  work = $state.raw<BackupWork>();
  readonly busy = $derived(this.work?.state === 'running');
  /** How old the newest is that can be used, in milliseconds, where that is too old. */
  readonly tooOld = $derived.by(() => {
    const newest = this.backups?.backups.find(({ about }) => about !== undefined)?.about;
    const age = newest && Date.now() - Date.parse(newest.created_at);
    return age !== undefined && age > OLD_AFTER_MS ? age : undefined;
  });
  #timer: ReturnType<typeof setTimeout> | undefined;

  async load(): Promise<void> {
    this.failed = '';
    try {
      this.#take(await operator.backups());
    } catch (error) {
      this.failed = reasonOf(error);
    }
  }

  leave(): void {
    clearTimeout(this.#timer);
  }

  create(): Promise<void> {
    return this.#begin(() => operator.backUp());
  }

  check(backup: Backup): Promise<void> {
    return this.#begin(() => operator.checkBackup(backup.name));
  }

  async #begin(asked: () => Promise<BackupWork>): Promise<void> {
    if (this.busy) return;
    try {
      this.work = await asked();
      notices.say(describe(this.work));
      this.#follow();
    } catch (error) {
      notices.tell(reasonOf(error));
    }
  }

  #take(backups: Backups): void {
    this.backups = backups;
    const { work } = backups;
    if (work?.state === 'running') {
      this.work = work;
      this.#follow();
    } else if (this.busy && work) {
      this.work = work;
      notices.say(describe(work));
    }
  }

  #follow(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.load(), WAIT_MS);
  }
}

/** What is done with a backup, or was done, as a sentence. */
export function describe({ act, state, name, problem }: BackupWork): string {
  if (state === 'running') return t(`working_${act}`);
  if (state === 'failed') return t(`failed_${act}`, { problem: problem ?? '' });
  return act === 'create' ? t('done_create') : t('done_check', { name: name ?? '' });
}
