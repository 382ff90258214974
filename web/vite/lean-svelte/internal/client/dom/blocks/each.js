import { EACH_INDEX_REACTIVE, EACH_IS_CONTROLLED, EACH_ITEM_REACTIVE } from '../../../../constants.js';
import * as e from '../../errors.js';
import { block, branch, destroy_effect, move_effect } from '../../reactivity/effects.js';
import { internal_set, source } from '../../reactivity/sources.js';
import { create_text } from '../operations.js';

/** The key of an item that has none. */
export function index(_, i) {
  return i;
}

/** A list without transitions, animations and `{:else}`. An item that keeps its key keeps its elements. */
export function each(node, flags, get_collection, get_key, render) {
  const anchor = flags & EACH_IS_CONTROLLED ? node.appendChild(create_text()) : node;
  /** What is put before a node that is nowhere stays out of the page until it is arranged. */
  const nowhere = create_text();
  let items = new Map();

  block(() => {
    const before = items;
    items = new Map();
    Array.from(get_collection() ?? []).forEach((value, i) => {
      const key = get_key(value, i);
      if (items.has(key)) e.each_key_duplicate();
      const known = before.get(key);
      if (known?.v) internal_set(known.v, value);
      if (known?.i) internal_set(known.i, i);
      before.delete(key);
      items.set(key, known ?? create(value, i));
    });
    for (const { effect } of before.values()) destroy_effect(effect);
    arrange();
  });

  function create(value, i) {
    const item = {
      v: flags & EACH_ITEM_REACTIVE ? source(value) : undefined,
      i: flags & EACH_INDEX_REACTIVE ? source(i) : undefined,
    };
    item.effect = branch(() => render(nowhere, item.v ?? value, item.i ?? i, get_collection));
    return item;
  }

  /** From the last to the first, so that those who stay where they are are not touched. */
  function arrange() {
    let next = anchor;
    for (const { effect } of [...items.values()].reverse()) {
      if (!effect.nodes) continue;
      const { start, end } = effect.nodes;
      if (end.nextSibling !== next) {
        const moving = document.createDocumentFragment();
        move_effect(effect, moving);
        next.before(moving);
      }
      next = start;
    }
  }
}
