import { compile } from 'svelte/compiler';
import { parseAst } from 'vite';
import { expect, it } from 'vitest';
import { leanSvelte } from './lean-svelte.ts';

/** What the plugin says about a component. */
function refusal(source: string): string | undefined {
  const { code } = compile(source, { runes: true, generate: 'client' }).js;
  const context = {
    parse: parseAst,
    error: (text: string) => {
      throw new Error(text);
    },
  };
  const { transform } = leanSvelte() as unknown as { transform: (code: string, id: string) => void };
  try {
    transform.call(context as never, code, 'Some.svelte');
  } catch (error) {
    return (error as Error).message;
  }
  return undefined;
}

it.each([
  ['{#each [1] as n (n)}{n}{/each}{#if true}{:else}no{/if}'],
  ['<script>let n = $state.raw(1);</script><button onclick={() => (n = 2)}>{n}</button>'],
])('takes %s', (source) => {
  expect(refusal(source)).toBeUndefined();
});

it.each([
  ['a list with something in its place', '{#each [1] as n (n)}{n}{:else}none{/each}'],
  [
    'deep state',
    '<script>let n = $state({ a: 1 });</script>{n.a}<button onclick={() => (n.a = 2)}></button>',
  ],
  [
    'an assignment to deep state',
    '<script>let n = $state([]);</script>{n}<button onclick={() => (n = [1])}></button>',
  ],
  ['events of the window', '<svelte:window onresize={() => 1} />'],
  ['events of the document', '<svelte:document onkeydown={() => 1} />'],
  ['spread attributes', '<p {...{ id: 1 }}></p>'],
  ['objects as classes', '<p class={{ a: true }}></p>'],
  ['style directives', '<p style:color="red"></p>'],
  [
    'transitions',
    "<script>import { fade } from 'svelte/transition';</script>{#if 1}<p transition:fade></p>{/if}",
  ],
  ['markup from text', '{@html "<p></p>"}'],
  ['boundaries', '<svelte:boundary><p></p></svelte:boundary>'],
  ['promises', '{#await 1}wait{:then n}{n}{/await}'],
])('refuses %s', (_, source) => {
  expect(refusal(source)).toMatch(/which the lean runtime does without/);
});
