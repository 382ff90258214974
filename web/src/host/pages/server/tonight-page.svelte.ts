import { reasonOf } from '../../reason';
import { notices } from '../../notices.svelte';
import type { Tonight } from '../../rest';
import { operator } from './operator';
import { pollWhileVisible } from './polling';
import { t } from './text';
import { attendance, factsOf, gravest, type Gravity } from './verdict';

const LOOK_EVERY_MS = 5_000;

/** The night as it goes: looked at again every few seconds while somebody looks at the page. */
export class TonightPage {
  tonight = $state.raw<Tonight>();
  failed = $state('');
  readonly facts = $derived(this.tonight === undefined ? [] : factsOf(this.tonight));
  readonly gravity = $derived(gravest(this.facts));
  readonly attendance = $derived(attendance(this.tonight?.games ?? []));
  #spoken: Gravity | undefined;

  start(): () => void {
    return pollWhileVisible((signal) => this.look(signal), LOOK_EVERY_MS);
  }

  async look(signal?: AbortSignal): Promise<void> {
    try {
      this.tonight = await operator.tonight(signal);
      this.failed = '';
      this.#tell();
    } catch (error) {
      if (!signal?.aborted) this.failed = reasonOf(error);
    }
  }

  /** Whoever does not see the page hears when it is about to say something else. */
  #tell(): void {
    if (this.#spoken !== undefined && this.#spoken !== this.gravity) {
      notices.say([headline(this.gravity), this.facts[0]?.text].join('. '));
    }
    this.#spoken = this.gravity;
  }
}

/** The night in a few words. */
export function headline(gravity: Gravity): string {
  if (gravity === 'bad') return t('not_well');
  return gravity === 'look' ? t('have_a_look') : t('all_well');
}
