import { onMount } from 'svelte';
import { session } from '../../session.svelte';

/** Begins a page of the owner's, which does not ask for anything where somebody else looks at it. */
export function onOwner(begin: () => (() => void) | undefined): void {
  onMount(() => (session.account?.role === 'owner' ? begin() : undefined));
}
