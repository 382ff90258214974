import { without_reactive_context } from './bindings/shared.js';

/** Listens at the element itself, for as long as there is the element: not for the window or the document. */
export function event(name, element, handler, capture, passive) {
  const listener = (event) => without_reactive_context(() => handler?.call(element, event));
  element.addEventListener(name, listener, { capture, passive });
}

export function delegated(name, element, handler) {
  event(name, element, handler);
}

/** There is one page with few elements: nothing is gained by listening at its root. */
export function delegate() {}
