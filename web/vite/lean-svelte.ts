import { readFileSync } from 'node:fs';
import { VERSION } from 'svelte/compiler';
import type { Plugin } from 'vite';

/** The release of Svelte that this was written for and measured on. Another one wants another look at all of it. */
const writtenFor = '5.57.3';

interface Part {
  source: string;
  /** What Svelte's own file exports besides, which is undefined here. */
  absent: readonly string[];
}

/**
 * Parts of Svelte's runtime that a bundler cannot see to be unused, as what they come down to on a page that is never
 * rendered on the server, awaits nothing in its templates, keeps its state in `$state.raw`, and has no spread
 * attributes, transitions or error boundaries.
 */
const lean: Readonly<Record<string, Part>> = {
  'internal/client/dom/hydration.js': {
    source: `
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
    absent: [],
  },

  // The one boundary there is, around the whole page, handles no errors.
  'internal/client/dom/blocks/boundary.js': {
    source: `
    import { EFFECT_PRESERVED, EFFECT_TRANSPARENT } from '#client/constants';
    import { block, branch } from '../../reactivity/effects.js';
    export function boundary(node, props, children) {
      block(() => {
        branch(() => children(node));
      }, EFFECT_TRANSPARENT | EFFECT_PRESERVED);
    }`,
    absent: ['Boundary', 'pending'],
  },

  'internal/client/reactivity/async.js': {
    source: `
    import { derived } from './deriveds.js';
    export function flatten(blockers, sync, async, fn) {
      fn(sync.map(derived));
    }
    export function run_after_blockers(blockers, fn) {
      fn([]);
    }`,
    absent: [
      'capture',
      'save',
      'unsave',
      'track_reactivity_loss',
      'for_await_track_reactivity_loss',
      'unset_context',
      'run',
      'wait',
      'increment_pending',
    ],
  },

  'internal/client/proxy.js': {
    source: `
    export function proxy(value) {
      return value;
    }
    export function get_proxied_value(value) {
      return value;
    }
    export const is = Object.is;`,
    absent: [],
  },

  // Without transitions nothing that has gone is kept.
  'internal/client/dom/blocks/branches.js': {
    source: `
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
    absent: [],
  },

  'utils.js': {
    source: `
    const passive = ['touchstart', 'touchmove'];
    export function is_passive_event(name) {
      return passive.includes(name);
    }`,
    absent: [
      'hash',
      'is_void',
      'is_reserved',
      'is_capture_event',
      'can_delegate_event',
      'is_boolean_attribute',
      'normalize_attribute',
      'is_dom_property',
      'cannot_be_set_statically',
      'is_content_editable_binding',
      'is_load_error_element',
      'is_svg',
      'is_mathml',
      'RUNES',
      'is_rune',
      'is_state_creation_rune',
      'is_raw_text_element',
      'REGEX_VALID_TAG_NAME',
      'sanitize_location',
    ],
  },
};

/**
 * What compiled components call that does without one of the absent exports, or on the parts that do less; the last
 * is an assignment to a deep `$state`.
 */
const missing =
  /\$\.(?:proxy|async|async_derived|await|save|unsave|run|wait|\w*track_reactivity_loss|boundary|pending|attribute_effect|html|element|transition|animation)\(|\$\.set\([^,()]+, .+, true\)/;

/** Builds a page, or runs its tests, on less of Svelte's runtime. Fails when the page uses what is missing. */
export function leanSvelte(): Plugin {
  const found = new Set<string>();
  return {
    name: 'lean-svelte',
    enforce: 'post',
    buildStart() {
      if (VERSION !== writtenFor) this.error(`Svelte is ${VERSION}; vite/lean-svelte.ts knows ${writtenFor}`);
    },
    load(id) {
      const name = id.split('/svelte/src/')[1];
      const part = name === undefined ? undefined : lean[name];
      if (name === undefined || part === undefined) return undefined;
      found.add(name);
      const here = exportsOf(part.source);
      const absent = exportsOf(readFileSync(id, 'utf8')).filter((known) => !here.includes(known));
      if (absent.join() !== part.absent.join()) {
        this.error(
          `svelte/src/${name} exports other things than vite/lean-svelte.ts knows: ${absent.join(', ')}`,
        );
      }
      return part.source + absent.map((known) => `\nexport const ${known} = undefined;`).join('');
    },
    transform(code, id) {
      if (!/\.svelte(\.ts)?$/.test(id)) return;
      const used = missing.exec(code);
      if (used) this.error(`${id} uses ${used[0]}, which the lean runtime does without`);
    },
    generateBundle() {
      const gone = Object.keys(lean).filter((name) => !found.has(name));
      if (gone.length > 0) this.error(`Svelte has no ${gone.join(', ')} any more`);
    },
  };
}

function exportsOf(source: string): string[] {
  const names = source.matchAll(
    /^\s*(?:\/\*#__NO_SIDE_EFFECTS__\*\/ )?export (?:async )?(?:function\*?|let|const|class|var) +(\w+)/gm,
  );
  return [...names].map((match) => match[1] ?? '');
}
