import { branch, destroy_effect } from '../../reactivity/effects.js';

/** One of several branches. Without transitions nothing that has gone is kept. */
export class BranchManager {
  #key = this;
  #effect;

  constructor(anchor) {
    this.anchor = anchor;
  }

  ensure(key, fn) {
    if (key === this.#key) return;
    const before = this.#effect;
    this.#key = key;
    this.#effect = fn && branch(() => fn(this.anchor));
    if (before) destroy_effect(before);
  }
}
