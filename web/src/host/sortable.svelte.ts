import { tick } from 'svelte';
import type { Attachment } from 'svelte/attachments';

/** An item as the drag library moves it: a plain object, because it copies what it drags. */
export interface Draggable {
  id: string;
}

export interface Sortable<T extends Draggable> {
  items: T[];
  /** Zones of one type exchange items. */
  type: string;
  /** The order while something is dragged; `undefined` once nothing is. */
  onhover: (items: T[] | undefined) => void;
  /** The order after the drop; for a move between zones both are told. */
  ondrop: (items: T[]) => void;
}

interface Zone {
  update?: (options: object) => void;
  destroy?: () => void;
}

/** What every zone on the page does when a drag is over: one that was only passed gets no event of its own. */
const rests = new Set<() => void>();

/**
 * Lets the pointer sort a list's children by the part whose `data-grip` names the type. Keyboards and screen
 * readers have buttons beside it, so the library's own keyboard mode and its live region stay off. The library comes
 * when a page first needs it.
 */
export function sortable<T extends Draggable>(read: () => Sortable<T>): Attachment<HTMLElement> {
  return (node) => {
    let zone: Zone | undefined;
    let gone = false;
    let gripped = false;
    let dragging = false;

    const configure = () => ({
      items: read().items,
      type: read().type,
      dragDisabled: !gripped,
      flipDurationMs: 0,
      autoAriaDisabled: true,
      zoneTabIndex: -1,
      zoneItemTabIndex: -1,
      dropTargetStyle: {},
      dropTargetClasses: ['drop-target'],
    });
    const itemsOf = (event: Event) => (event as CustomEvent<{ items: T[] }>).detail.items;

    function grip(event: Event) {
      if (!(event.target instanceof Element) || !event.target.closest(`[data-grip="${read().type}"]`)) return;
      gripped = true;
      dragging = false;
      zone?.update?.(configure());
    }
    function letGo() {
      if (dragging) return;
      gripped = false;
      zone?.update?.(configure());
    }
    function hover(event: Event) {
      dragging = true;
      read().onhover(itemsOf(event));
    }
    async function drop(event: Event) {
      dragging = false;
      gripped = false;
      read().ondrop(itemsOf(event));
      for (const rest of rests) rest();
      await tick();
      zone?.update?.(configure());
    }

    // The library keeps a list of its own, also for zones that something may be dropped into.
    $effect(() => {
      const options = configure();
      zone?.update?.(options);
    });

    const rest = () => read().onhover(undefined);
    rests.add(rest);
    node.addEventListener('pointerdown', grip);
    node.addEventListener('pointerup', letGo);
    node.addEventListener('consider', hover);
    node.addEventListener('finalize', drop);
    void import('svelte-dnd-action').then((library) => {
      if (!gone) zone = library.dndzone(node, configure()) as Zone;
    });
    return () => {
      gone = true;
      rests.delete(rest);
      zone?.destroy?.();
      node.removeEventListener('pointerdown', grip);
      node.removeEventListener('pointerup', letGo);
      node.removeEventListener('consider', hover);
      node.removeEventListener('finalize', drop);
    };
  };
}
