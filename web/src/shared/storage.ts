/** What this device remembers. Where storage is refused (private windows), the page remembers until it closes. */
const fallback = new Map<string, string>();

export function load(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? fallback.get(key);
  } catch {
    return fallback.get(key);
  }
}

export function save(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
    fallback.delete(key);
  } catch {
    fallback.set(key, value);
  }
}

export function forget(key: string): void {
  fallback.delete(key);
  try {
    localStorage.removeItem(key);
  } catch {
    // Nothing was stored then.
  }
}

/** Reads JSON; undefined when there is none or `valid` says that it is not what was expected. */
export function loadJson<T>(key: string, valid: (value: unknown) => value is T): T | undefined {
  const text = load(key);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return valid(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function saveJson(key: string, value: unknown): void {
  save(key, JSON.stringify(value));
}
