import { load, loadJson, save, saveJson } from '../../shared/storage';
import { t } from './texts';

const switchSetting = 'quibble.console.keys';
const boundSetting = 'quibble.console.keys-changed';

/** What keys do, in the order of the list in which they are changed, with the usual key of each; '' is none. */
const usual = {
  next: ' ',
  back: '',
  right: 'y',
  half: 'h',
  wrong: 'n',
  remember: 'm',
  skip: 's',
  blank: 'b',
  join: 'j',
  answer: 'a',
  correct: 'c',
  board: 'r',
  break: 'k',
  pause: 'p',
  more: 't',
  undo: 'u',
  notes: 'n',
  find: '/',
  help: '?',
} as const;

export type Act = keyof typeof usual;

export const acts = Object.keys(usual) as Act[];

/** The keys that slide clickers send, which keep their meaning. The full stop is typed, so it goes with its act. */
const clicker: Partial<Record<Act, readonly string[]>> = {
  next: ['pagedown', 'arrowright'],
  back: ['pageup', 'arrowleft'],
};
const typedByClickers: Partial<Record<Act, string>> = { blank: '.' };

/** These acts exist only while there are answers to decide, and that one only while there are none. */
const whileMarking: readonly Act[] = ['right', 'half', 'wrong', 'remember', 'skip'];
const whileNotMarking: readonly Act[] = ['notes'];

/** Why a key cannot be had: another act has it, or no page may take it. */
export type KeyRefusal = { taken: Act } | 'unusable';

type Bound = Readonly<Record<Act, string>>;

/** Which key does what on the consoles of this browser. */
export class Keys {
  /** Whether keys do anything. */
  on = $state(load(switchSetting) !== 'off');
  #bound: Bound = $state.raw(restored());

  use(on: boolean): void {
    this.on = on;
    save(switchSetting, on ? 'on' : 'off');
  }

  /** The keys of an act as `KeyboardEvent.key` has them, letters in lower case. */
  of(act: Act): string[] {
    return [...typed(this.#bound, act), ...(clicker[act] ?? [])];
  }

  /** The key of an act as buttons print it: nothing where it has none, or keys are off. */
  printed(act: Act): string | undefined {
    const key = this.#bound[act];
    return this.on && key !== '' ? nameOf(key) : undefined;
  }

  /** All keys of an act as `aria-keyshortcuts` has them. */
  told(act: Act): string | undefined {
    const keys = this.of(act);
    return this.on && keys.length > 0
      ? keys.map((key) => ariaNames[key] ?? key.toUpperCase()).join(' ')
      : undefined;
  }

  /** Whether an act has a key that can be taken away. */
  isBound(act: Act): boolean {
    return this.#bound[act] !== '';
  }

  get areUsual(): boolean {
    return acts.every((act) => this.#bound[act] === usual[act]);
  }

  /** Gives an act another key, as the key press has it. */
  bind(act: Act, pressed: string): KeyRefusal | undefined {
    const key = pressed.toLowerCase();
    if (!isUsable(key)) return 'unusable';
    const other = holderOf(key, act, this.#bound);
    if (other) return { taken: other };
    this.#keep({ ...this.#bound, [act]: key });
    return undefined;
  }

  /** Takes the key of an act away. */
  drop(act: Act): void {
    this.#keep({ ...this.#bound, [act]: '' });
  }

  reset(): void {
    this.#keep(usual);
  }

  #keep(bound: Bound): void {
    this.#bound = bound;
    saveJson(
      boundSetting,
      Object.fromEntries(acts.filter((act) => bound[act] !== usual[act]).map((act) => [act, bound[act]])),
    );
  }
}

/** A key's name for people. */
export function nameOf(key: string): string {
  return names[key] ?? key.toUpperCase();
}

const names: Readonly<Record<string, string>> = {
  ' ': t('key_space'),
  pagedown: t('key_page_down'),
  pageup: t('key_page_up'),
  arrowright: '→',
  arrowleft: '←',
};

const ariaNames: Readonly<Record<string, string>> = {
  ' ': 'Space',
  '+': 'Plus',
  pagedown: 'PageDown',
  pageup: 'PageUp',
  arrowright: 'ArrowRight',
  arrowleft: 'ArrowLeft',
};

function typed(bound: Bound, act: Act): string[] {
  const key = bound[act];
  const also = typedByClickers[act];
  if (key === '') return [];
  return also === undefined || also === key ? [key] : [key, also];
}

/** Letters, digits and signs, as one character: everything else moves about in a page, or belongs to the browser. */
function isUsable(key: string): boolean {
  return [...key].length === 1;
}

/** The act that has a key at a time at which `act` is there, too. */
function holderOf(key: string, act: Act, bound: Bound): Act | undefined {
  return acts.find((other) => {
    if (other === act || areNeverTogether(act, other)) return false;
    return bound[other] === key || typedByClickers[other] === key;
  });
}

function areNeverTogether(one: Act, other: Act): boolean {
  return (
    (whileMarking.includes(one) && whileNotMarking.includes(other)) ||
    (whileNotMarking.includes(one) && whileMarking.includes(other))
  );
}

/** What was chosen, and the usual keys where they are free: an act that is new here takes no key from another. */
function restored(): Bound {
  const chosen = loadJson(boundSetting, isChosen) ?? {};
  const bound = Object.fromEntries(acts.map((act) => [act, ''])) as Record<Act, string>;
  for (const act of [...acts].sort((a, b) => Number(b in chosen) - Number(a in chosen))) {
    const key = chosen[act] ?? usual[act];
    if (key === '' || (isUsable(key) && !holderOf(key, act, bound))) bound[act] = key;
  }
  return bound;
}

function isChosen(value: unknown): value is Partial<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((key) => typeof key === 'string');
}
