import type { Setting } from '../../rest';

/** The settings that are asked for, section by section, in the order in which they came. */
export function sectionsOf(
  settings: readonly Setting[],
  query: string,
  onlySet: boolean,
): [section: string, settings: Setting[]][] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const sections = new Map<string, Setting[]>();
  for (const setting of settings) {
    const text = [setting.key, setting.about, ...setting.variables].join(' ').toLowerCase();
    if ((onlySet && !setting.locked) || !words.every((word) => text.includes(word))) continue;
    const section = setting.key.split('.', 1)[0] ?? '';
    sections.set(section, [...(sections.get(section) ?? []), setting]);
  }
  return [...sections];
}
