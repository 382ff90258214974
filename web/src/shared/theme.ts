import { forget, load, save } from './storage';

export const themes = ['system', 'light', 'dark', 'contrast'] as const;
export type Theme = (typeof themes)[number];

const key = 'quibble.theme';

export function storedTheme(): Theme {
  return themes.find((theme) => theme === load(key)) ?? 'system';
}

/** Paints the page in a theme and remembers it; `system` forgets the choice. */
export function useTheme(theme: Theme): void {
  if (theme === 'system') {
    forget(key);
    delete document.documentElement.dataset['theme'];
  } else {
    save(key, theme);
    document.documentElement.dataset['theme'] = theme;
  }
}
