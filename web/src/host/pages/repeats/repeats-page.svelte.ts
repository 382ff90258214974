import { questions } from '../../api';
import { notices } from '../../notices.svelte';
import { reasonOf } from '../../reason';
import type { FoundQuestion, Repeat } from '../../rest';
import { savesSettled } from '../../saves';
import { t } from '../../text';

/** Questions that seem to be there twice, and deleting the one too many. */
export class RepeatsPage {
  /** `undefined` until they are there. */
  groups = $state.raw<Repeat[]>();
  complete = $state(true);
  failed = $state('');

  /** One that is left alone is no repeat. */
  readonly shown = $derived(this.groups?.filter((group) => group.questions.length > 1));

  async load(): Promise<void> {
    this.failed = '';
    try {
      await savesSettled();
      const { groups, complete } = await questions.repeats();
      this.groups = groups;
      this.complete = complete;
    } catch (error) {
      this.failed = reasonOf(error);
    }
  }

  async remove(group: Repeat, question: FoundQuestion): Promise<void> {
    try {
      await questions.remove(question.bank_id, question.id);
    } catch (error) {
      notices.tell(reasonOf(error));
      return;
    }
    const place = this.groups?.indexOf(group) ?? -1;
    this.#change(place, (all) => all.filter((other) => other.id !== question.id));
    notices.offerUndo(t('question_deleted'), async () => {
      try {
        await questions.restore(question.bank_id, question.id);
        // Where it was among those of its group that are there now.
        const order = group.questions.map((other) => other.id);
        this.#change(place, (all) =>
          [...all, question].sort((one, other) => order.indexOf(one.id) - order.indexOf(other.id)),
        );
        notices.say(t('question_restored'));
      } catch (error) {
        notices.tell(reasonOf(error));
      }
    });
  }

  #change(place: number, change: (questions: FoundQuestion[]) => FoundQuestion[]): void {
    this.groups = this.groups?.map((group, index) =>
      index === place ? { ...group, questions: change(group.questions) } : group,
    );
  }
}
