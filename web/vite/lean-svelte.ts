import { readFileSync } from 'node:fs';
import type { Plugin } from 'vite';

/**
 * Parts of Svelte's runtime that a bundler cannot see to be unused, as what they come down to on a page that is never
 * rendered on the server, awaits nothing in its templates, keeps its state in `$state.raw`, and has no stores, custom
 * elements or error boundaries. Exports that are not named here are undefined.
 */
const lean: Readonly<Record<string, string>> = {
  'internal/disclose-version.js': '',

  'internal/flags/index.js': `
    export const async_mode_flag = false;
    export const legacy_mode_flag = false;
    export const tracing_mode_flag = false;`,

  'internal/client/dom/hydration.js': `
    export const hydrating = false;
    export const hydrate_node = null;
    /*#__NO_SIDE_EFFECTS__*/ export function set_hydrating() {}
    /*#__NO_SIDE_EFFECTS__*/ export function set_hydrate_node() {}
    /*#__NO_SIDE_EFFECTS__*/ export function hydrate_next() {}
    /*#__NO_SIDE_EFFECTS__*/ export function reset() {}
    /*#__NO_SIDE_EFFECTS__*/ export function hydrate_template() {}
    /*#__NO_SIDE_EFFECTS__*/ export function next() {}
    /*#__NO_SIDE_EFFECTS__*/ export function skip_nodes() {}
    /*#__NO_SIDE_EFFECTS__*/ export function read_hydration_instruction() {}`,

  // The one boundary there is, around the whole page, handles no errors.
  'internal/client/dom/blocks/boundary.js': `
    import { EFFECT_PRESERVED, EFFECT_TRANSPARENT } from '#client/constants';
    import { block, branch } from '../../reactivity/effects.js';
    export function boundary(node, props, children) {
      block(() => {
        branch(() => children(node));
      }, EFFECT_TRANSPARENT | EFFECT_PRESERVED);
    }`,

  'internal/client/reactivity/async.js': `
    import { derived } from './deriveds.js';
    export function flatten(blockers, sync, async, fn) {
      fn(sync.map(derived));
    }
    export function run_after_blockers(blockers, fn) {
      fn([]);
    }`,

  'internal/client/reactivity/store.js': `
    export const legacy_is_updating_store = false;
    export function capture_store_binding(fn) {
      return [fn(), false];
    }`,

  'internal/client/proxy.js': `
    export function proxy(value) {
      return value;
    }
    export function get_proxied_value(value) {
      return value;
    }
    export const is = Object.is;`,

  'internal/client/dom/elements/custom-element.js': '',

  // Without transitions nothing that has gone is kept.
  'internal/client/dom/blocks/branches.js': `
    import { branch, destroy_effect } from '../../reactivity/effects.js';
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
    }`,

  'utils.js': `
    const passive = ['touchstart', 'touchmove'];
    export function is_passive_event(name) {
      return passive.includes(name);
    }`,
};

/** What compiled components call for the parts that are missing; the last is an assignment to a deep `$state`. */
const missing =
  /\$\.(?:proxy|async|await|save|run|wait|boundary|pending|transition|animation|create_custom_element|(?:store|setup)_\w+)\(|\$\.set\([^,()]+, .+, true\)/;

/** Builds a page on less of Svelte's runtime. Fails the build when the page uses what is missing. */
export function leanSvelte(): Plugin {
  const found = new Set<string>();
  return {
    name: 'lean-svelte',
    apply: 'build',
    enforce: 'post',
    load(id) {
      const name = id.split('/svelte/src/')[1];
      const source = name === undefined ? undefined : lean[name];
      if (name === undefined || source === undefined) return undefined;
      found.add(name);
      const absent = exportsOf(readFileSync(id, 'utf8')).filter(
        (known) => !exportsOf(source).includes(known),
      );
      return source + absent.map((known) => `\nexport const ${known} = undefined;`).join('');
    },
    transform(code, id) {
      if (!/\.svelte(\.ts)?$/.test(id)) return;
      const used = missing.exec(code);
      if (used) this.error(`${id} uses ${used[0]}, which the lean runtime does without`);
    },
    buildEnd(error) {
      const gone = Object.keys(lean).filter((name) => !found.has(name));
      if (!error && gone.length > 0) this.error(`Svelte has no ${gone.join(', ')} any more`);
    },
  };
}

function exportsOf(source: string): string[] {
  const names = source.matchAll(
    /^\s*(?:\/\*#__NO_SIDE_EFFECTS__\*\/ )?export (?:async )?(?:function\*?|let|const|class|var) +(\w+)/gm,
  );
  return [...names].map((match) => match[1] ?? '');
}
