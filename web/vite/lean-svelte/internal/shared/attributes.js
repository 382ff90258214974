/** An element's classes: its own, the one that scopes its component's styles, and those of `class:name` that hold. */
export function to_class(value, hash, directives = {}) {
  const on = Object.keys(directives).filter((name) => directives[name]);
  return [value, hash, ...on].filter(Boolean).join(' ') || null;
}
