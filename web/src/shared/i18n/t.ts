import { LOCALE, lazily, numberWriter } from './formats';

/** A text, or its forms by the plural rules that its language has; the argument `n` chooses one of them. */
export type Text =
  string | (Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> & { readonly other: string });
export type Dictionary = Readonly<Record<string, Text>>;

type Names<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;
type ArgumentNames<T extends Text> = T extends string ? Names<T> : Names<T[keyof T]> | 'n';

/** The arguments that the text of a key needs: none, or one object with a value for every `{name}` in it. */
export type Arguments<T extends Text> = [ArgumentNames<T>] extends [never]
  ? []
  : [values: Record<ArgumentNames<T>, string | number>];

export type Translate<D extends Dictionary> = <K extends keyof D & string>(
  key: K,
  ...values: Arguments<D[K]>
) => string;

/** Makes the `t(key, values)` of one dictionary. Values that are numbers are written as the locale writes them. */
export function translator<D extends Dictionary>(dictionary: D, locale = LOCALE): Translate<D> {
  const plurals = lazily(() => new Intl.PluralRules(locale));
  const number = numberWriter(locale);
  const shown = (value: string | number) => (typeof value === 'number' ? number(value) : value);
  return (key, ...[values]) => {
    const filled = (values ?? {}) as Record<string, string | number>;
    const entry: Text | undefined = dictionary[key];
    if (entry === undefined) return key;
    const text =
      typeof entry === 'string' ? entry : (entry[plurals().select(Number(filled['n']))] ?? entry.other);
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => shown(filled[name] ?? whole));
  };
}
