import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VERSION } from 'svelte/compiler';
import type { Plugin } from 'vite';

/** The release of Svelte that this was written for and measured on. Another one wants another look at all of it. */
const writtenFor = '5.57.3';

/**
 * The modules of Svelte's runtime that vite/lean-svelte/ has in a version of its own, as what they come down to on a
 * page that is never rendered on the server, awaits nothing in its templates, keeps its state in `$state.raw`, and has
 * no spread attributes, transitions or error boundaries. Each with what Svelte's own file exports besides, which is
 * undefined here.
 */
const lean: Readonly<Record<string, readonly string[]>> = {
  'internal/client/dom/blocks/branches.js': [],
  'internal/client/dom/blocks/each.js': [],
  'internal/client/dom/elements/events.js': [
    'event_symbol',
    'all_registered_events',
    'root_event_handles',
    'replay_events',
    'create_event',
    'on',
    'handle_event_propagation',
    'apply',
  ],
  'internal/client/dom/hydration.js': [],
  'internal/client/dom/reconciler.js': ['create_trusted_html'],
  'internal/client/error-handling.js': [],
  'internal/client/proxy.js': [],
  'internal/client/reactivity/async.js': [
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
  'internal/client/reactivity/batch.js': ['eager', 'fork', 'clear'],
  'internal/client/render.js': ['should_intro', 'set_should_intro', 'hydrate'],
  'internal/shared/attributes.js': ['attr', 'clsx', 'to_style'],
  'utils.js': [
    'hash',
    'is_void',
    'is_reserved',
    'is_capture_event',
    'can_delegate_event',
    'is_boolean_attribute',
    'normalize_attribute',
    'is_dom_property',
    'cannot_be_set_statically',
    'is_passive_event',
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
};

/**
 * What compiled components call that does without one of the absent exports, or on the parts that do less; the last
 * is an assignment to a deep `$state`.
 */
const missing =
  /\$\.(?:proxy|async|async_derived|await|save|unsave|run|wait|\w*track_reactivity_loss|eager|boundary|pending|attribute_effect|clsx|set_style|html|element|transition|animation)\(|\$\.(?:window|document)\b|\$\.set\([^,()]+, .+, true\)/;

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
      const known = name === undefined ? undefined : lean[name];
      if (name === undefined || known === undefined) return undefined;
      found.add(name);
      const file = join(dirname(fileURLToPath(import.meta.url)), 'lean-svelte', name);
      this.addWatchFile(file);
      const source = readFileSync(file, 'utf8');
      const here = exportsOf(source);
      const absent = exportsOf(readFileSync(id, 'utf8')).filter((name) => !here.includes(name));
      if (absent.join() !== known.join()) {
        this.error(
          `svelte/src/${name} exports other things than vite/lean-svelte.ts knows: ${absent.join(', ')}`,
        );
      }
      return source + absent.map((name) => `\nexport const ${name} = undefined;`).join('');
    },
    transform(code, id) {
      if (!/\.svelte(\.ts)?$/.test(id)) return;
      const used = missing.exec(code)?.[0] ?? (hasEachElse(this.parse(code)) && '{:else} in {#each}');
      if (used) this.error(`${id} uses ${used}, which the lean runtime does without`);
    },
    generateBundle() {
      const gone = Object.keys(lean).filter((name) => !found.has(name));
      if (gone.length > 0) this.error(`Svelte has no ${gone.join(', ')} any more`);
    },
  };
}

/** Whether a compiled component has a list with something in its place while it is empty: a sixth argument. */
function hasEachElse(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false;
  const { type, callee, arguments: given } = node as Record<string, unknown> & { callee?: Callee };
  if (type === 'CallExpression' && callee?.property?.name === 'each' && (given as unknown[]).length > 5)
    return true;
  return Object.values(node).some(hasEachElse);
}

interface Callee {
  property?: { name?: string };
}

function exportsOf(source: string): string[] {
  const names = source.matchAll(
    /^\s*(?:\/\*#__NO_SIDE_EFFECTS__\*\/ )?export (?:async )?(?:function\*?|let|const|class|var) +(\w+)/gm,
  );
  return [...names].map((match) => match[1] ?? '');
}
