import { notices } from '../../notices.svelte';
import { PagedList } from '../../paged-list.svelte';
import { reasonOf } from '../../reason';
import type { Job } from '../../rest';
import { operator } from './operator';
import { t } from './text';

/** As many as come at once. */
const PAGE = 50;

/** What is done beside the games; the search of the list is a state. */
export class JobsPage {
  readonly list = new PagedList<Job>((state, cursor) => operator.jobs(state, PAGE, cursor));
  busy = $state(false);

  /** Reads the list again, unless somebody has gone further down than its first page. */
  async refresh(): Promise<void> {
    if ((this.list.items?.length ?? 0) <= PAGE && !this.list.busy) await this.list.load();
  }

  retry(job: Job): Promise<void> {
    return this.#act(async () => {
      this.list.replace(await operator.retryJob(job.id));
      notices.tell(t('was_retried', { name: this.nameOf(job) }));
    });
  }

  cancel(job: Job): Promise<void> {
    return this.#act(async () => {
      this.list.replace(await operator.cancelJob(job.id));
      notices.tell(t('was_cancelled', { name: this.nameOf(job) }));
    });
  }

  /** What a job is called: its kind in words, or as it is where this page does not know it, and what it is about. */
  nameOf({ kind, subject }: Job): string {
    const known: Partial<Record<string, string>> = {
      mail: t('job_mail'),
      webhook: t('job_webhook'),
      backup: t('job_backup'),
      retention: t('job_retention'),
      statistics: t('job_statistics'),
      results: t('job_results'),
      game: t('job_game'),
    };
    const name = known[kind] ?? kind;
    return subject ? `${name}: ${subject}` : name;
  }

  async #act(act: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      await act();
    } catch (error) {
      notices.tell(reasonOf(error));
    } finally {
      this.busy = false;
    }
  }
}
