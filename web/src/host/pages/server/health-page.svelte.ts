import { encryption } from '../../api';
import { reasonOf } from '../../reason';
import type { Encryption, Health, ServerProcess } from '../../rest';
import { operator } from './operator';

/** What the doctor says, and the server in figures. */
export class HealthPage {
  health = $state.raw<Health>();
  process = $state.raw<ServerProcess>();
  encryption = $state.raw<Encryption>();
  failed = $state('');
  busy = $state(false);

  readonly faults = $derived(
    [...(this.health?.checks ?? [])]
      .filter(({ state }) => state !== 'ok')
      .sort((a, b) => Number(b.state === 'problem') - Number(a.state === 'problem')),
  );
  readonly fine = $derived((this.health?.checks ?? []).filter(({ state }) => state === 'ok'));

  async look(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.failed = '';
    try {
      const figures = Promise.all([operator.process(), encryption()]).then(([process, encrypted]) => {
        this.process = process;
        this.encryption = encrypted;
      });
      [this.health] = await Promise.all([operator.health(), figures]);
    } catch (error) {
      this.failed = reasonOf(error);
    } finally {
      this.busy = false;
    }
  }
}
