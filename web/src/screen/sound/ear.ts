import type { ScreenModel } from '../model';

export type Sound = 'tap' | 'bell' | 'swell' | 'cheer';

/** A bell that rings later than this after the time was up is no news, in milliseconds. */
const newsMs = 5_000;

/** Knows what the room has heard, and so what it should hear now. Whatever was there at first, it has. */
export class Ear {
  readonly #asked = new Set<string>();
  readonly #rung = new Set<string>();
  #revealed: string | undefined;
  #hasEnded = false;
  #isNew = true;

  /** The sound of what the screen has come to show at `now` (server time, milliseconds). */
  hear({ view }: ScreenModel, now: number): Sound | undefined {
    let sound: Sound | undefined;
    if (view.kind === 'question') {
      for (const { question, closed, closes_at } of [view.latest, ...view.earlier]) {
        if (!closed || closes_at === undefined || closes_at > now || this.#rung.has(question.id)) continue;
        this.#rung.add(question.id);
        if (now - closes_at < newsMs) sound = 'bell';
      }
      const { id } = view.latest.question;
      if (!this.#asked.has(id)) sound = 'tap';
      this.#asked.add(id);
    }
    const answer = view.kind === 'answer' ? view.answer.question_id : undefined;
    if (answer !== undefined && answer !== this.#revealed) sound = 'swell';
    this.#revealed = answer;
    if (view.kind === 'podium') {
      if (!this.#hasEnded) sound = 'cheer';
      this.#hasEnded = true;
    }
    const isFirst = this.#isNew;
    this.#isNew = false;
    return isFirst ? undefined : sound;
  }
}
