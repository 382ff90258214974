import { DESTROYED, EFFECT } from '#client/constants';
import { flush_tasks, queue_micro_task } from '../dom/task.js';
import * as e from '../errors.js';
import { is_dirty, update_effect } from '../runtime.js';
import { old_values } from './sources.js';

// Svelte keeps changes in batches, which can wait for promises, be forked and be merged. Here a change counts at once,
// and one queue shows it in the next microtask.
export const current_batch = null;
export const previous_batch = null;
export const batch_values = null;
export const eager_block_effects = null;
export const legacy_updates = null;
export let is_flushing_sync = false;

/** So often an effect may cause further changes before that is taken for an endless loop. */
const longest = 1_000;

/** Effects that something changed for. */
let scheduled = [];
/** Those of them, and new ones, that are `$effect`s: they run when the page shows the change. */
export const collected_effects = [];
/** A flush is under way, or will be. */
let expected = false;

export const Batch = {
  ensure() {
    if (!expected) queue_micro_task(flush);
    expected = true;
    return Batch;
  },
  capture(source, value) {
    source.v = value;
  },
};

export function schedule_effect(effect) {
  scheduled.push(effect);
}

export function flushSync(fn) {
  const before = is_flushing_sync;
  is_flushing_sync = true;
  try {
    if (fn) flushSync();
    const result = fn?.();
    flush();
    flush_tasks();
    return result;
  } finally {
    is_flushing_sync = before;
  }
}

/** Brings the page up to date, then runs the `$effect`s; what one of them changes is shown before the next one runs. */
function flush() {
  expected = true;
  try {
    for (let rounds = 0; ;) {
      while (scheduled.length > 0) {
        if (++rounds > longest) giveUp();
        show();
      }
      const effect = collected_effects.shift();
      if (!effect) return;
      if (!(effect.f & DESTROYED) && is_dirty(effect)) update_effect(effect);
      if (scheduled.length > 0) old_values.clear();
    }
  } finally {
    expected = false;
    old_values.clear();
  }
}

function giveUp() {
  scheduled = [];
  e.effect_update_depth_exceeded();
}

function show() {
  const changed = scheduled;
  /** The changed effects and all above them. */
  const path = new Set();
  const roots = new Set();
  scheduled = [];
  for (let effect of changed) {
    for (; effect && !path.has(effect); effect = effect.parent) {
      path.add(effect);
      if (!effect.parent) roots.add(effect);
    }
  }
  try {
    for (const root of roots) update(root.first, path);
  } catch (error) {
    scheduled.push(...changed);
    throw error;
  }
}

/** Updates an effect and its siblings, each before its children, which its update may end. */
function update(effect, path) {
  for (; effect; effect = effect.next) {
    if (!path.has(effect)) continue;
    if (effect.f & EFFECT) collected_effects.push(effect);
    else if (is_dirty(effect)) update_effect(effect);
    update(effect.first, path);
  }
}
