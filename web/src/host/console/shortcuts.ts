import type { LiveConsole } from './console.svelte';
import type { Act } from './keys.svelte';
import { t } from './texts';

/** A key, or several that mean the same, and what it does now. */
export interface Shortcut {
  /** As `KeyboardEvent.key` names them, letters in lower case. */
  keys: readonly string[];
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
  const asked = live.deciding?.question;
  const isText = asked?.type === 'text' && !asked.nearest;
  const key = (act: Act, label: string, run: () => void): Shortcut => ({
    keys: live.keys.of(act),
    label,
    run,
  });
  return [
    primary && key('next', primary.label, () => live.take(primary, 'primary')),
    back && key('back', back.label, () => live.take(back, 'back')),
    isMarking && key('right', t('right'), () => live.decide('full')),
    isMarking && key('half', t('half'), () => live.decide('half')),
    isMarking && key('wrong', t('wrong'), () => live.decide('none')),
    isMarking && isText && key('remember', t('remember'), () => live.decide('full', true)),
    isMarking && key('skip', t('skip'), () => live.skip()),
    blank && key('blank', blank.label, () => live.take(blank, 'blank')),
    join && key('join', join.label, () => live.take(join, 'join')),
    nextAnswer && key('answer', nextAnswer.label, () => live.take(nextAnswer, 'answer')),
    correct && key('correct', correct.label, () => live.take(correct, 'correct')),
    board && key('board', board.label, () => live.take(board, 'board')),
    breaking && key('break', breaking.label, () => live.take(breaking, 'break')),
    pausing && key('pause', pausing.label, () => live.take(pausing, 'pause')),
    moreTime && key('more', t('more_time_long'), () => live.take(moreTime, 'more')),
    (undoing || unsettled) && key('undo', undoing?.label ?? t('undo'), () => live.undo()),
    !isMarking && key('notes', t('key_notes'), () => (live.notesOpen = !live.notesOpen)),
    key('find', t('key_find'), page.findPlayer),
    key('help', t('key_help'), () => (live.helpOpen = !live.helpOpen)),
  ].filter((shortcut): shortcut is Shortcut => Boolean(shortcut && shortcut.keys.length > 0));
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
