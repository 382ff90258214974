import { derived } from './deriveds.js';

// No template awaits anything.
export function flatten(blockers, sync, async, fn) {
  fn(sync.map(derived));
}

export function run_after_blockers(blockers, fn) {
  fn([]);
}
