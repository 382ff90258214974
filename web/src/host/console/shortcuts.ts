import type { LiveConsole } from './console.svelte';
import { t } from './texts';

/** A key, or several that mean the same, and what it does now. */
export interface Shortcut {
  /** As `KeyboardEvent.key` names them, letters in lower case. */
  keys: readonly string[];
  /** As the help shows them. */
  shown: readonly string[];
  label: string;
  run: () => void;
}

/** What the page itself does on a key. */
export interface PageActs {
  findPlayer: () => void;
}

/** The keys that do something now, in the order of the help. */
export function shortcutsOf(live: LiveConsole, page: PageActs): Shortcut[] {
  const {
    primary,
    back,
    pausing,
    moreTime,
    undoing,
    unsettled,
    blank,
    join,
    board,
    breaking,
    nextAnswer,
    correct,
    isMarking,
  } = live;
  const isText = live.deciding?.question.type === 'text';
  const key = (name: string, label: string, run: () => void): Shortcut => ({
    keys: [name.toLowerCase()],
    shown: [name],
    label,
    run,
  });
  return [
    primary && {
      keys: [' ', 'pagedown', 'arrowright'],
      shown: [t('key_space'), '→'],
      label: primary.label,
      run: () => live.take(primary, 'primary'),
    },
    back && {
      keys: ['pageup', 'arrowleft'],
      shown: [t('key_page_up'), '←'],
      label: back.label,
      run: () => live.take(back, 'back'),
    },
    isMarking && key('Y', t('right'), () => live.decide('full')),
    isMarking && key('H', t('half'), () => live.decide('half')),
    isMarking && key('N', t('wrong'), () => live.decide('none')),
    isMarking && isText && key('M', t('remember'), () => live.decide('full', true)),
    isMarking && key('S', t('skip'), () => live.skip()),
    blank && { keys: ['b', '.'], shown: ['B', '.'], label: blank.label, run: () => live.take(blank, 'B') },
    join && key('J', join.label, () => live.take(join, 'J')),
    nextAnswer && key('A', nextAnswer.label, () => live.take(nextAnswer, 'A')),
    correct && key('C', correct.label, () => live.take(correct, 'C')),
    board && key('R', board.label, () => live.take(board, 'R')),
    breaking && key('K', breaking.label, () => live.take(breaking, 'K')),
    pausing && key('P', pausing.label, () => live.take(pausing, 'pause')),
    moreTime && key('T', t('more_time_long'), () => live.take(moreTime, 'more')),
    (undoing || unsettled) && key('U', undoing?.label ?? t('undo'), () => live.undo()),
    !isMarking && key('N', t('key_notes'), () => (live.notesOpen = !live.notesOpen)),
    key('/', t('key_find'), page.findPlayer),
    key('?', t('key_help'), () => (live.helpOpen = !live.helpOpen)),
  ].filter((shortcut): shortcut is Shortcut => Boolean(shortcut));
}

/** True for a key held down on a button, which would press it again and again. */
export function isHeldPress(event: KeyboardEvent): boolean {
  if (!event.repeat || (event.key !== 'Enter' && event.key !== ' ')) return false;
  return event.target instanceof Element && event.target.closest('button, a, summary') !== null;
}

/** The shortcut that a key press means, if it is one: never while typing, in a dialog, or with a modifier held. */
export function shortcutFor(event: KeyboardEvent, shortcuts: readonly Shortcut[]): Shortcut | undefined {
  if (event.defaultPrevented || event.repeat || event.ctrlKey || event.metaKey || event.altKey)
    return undefined;
  const target = event.target instanceof Element ? event.target : undefined;
  const typing = 'input:not([type="checkbox"]), textarea, select, dialog, [contenteditable]';
  if (target?.closest(typing)) return undefined;
  // Space on a button, a link or a box to tick belongs to it.
  if (event.key === ' ' && target?.closest('button, a, summary, input')) return undefined;
  const pressed = event.key.toLowerCase();
  return shortcuts.find((shortcut) => shortcut.keys.includes(pressed));
}
