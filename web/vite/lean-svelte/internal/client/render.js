import { component_context, pop, push } from './context.js';
import { create_text, init_operations } from './dom/operations.js';
import { branch, effect_root } from './reactivity/effects.js';

const mounted = new Map();

export function set_text(text, value) {
  const shown = `${value ?? ''}`;
  if (text.nodeValue !== shown) text.nodeValue = shown;
}

export function mount(component, { target, anchor, props = {}, context }) {
  init_operations();
  const node = anchor ?? target.appendChild(create_text());
  let instance;
  const destroy = effect_root(() => {
    branch(() => {
      push({});
      if (context) component_context.c = context;
      instance = component(node, props) ?? {};
      pop();
    });
  });
  mounted.set(instance, () => {
    destroy();
    if (!anchor) node.remove();
  });
  return instance;
}

export async function unmount(instance) {
  mounted.get(instance)?.();
  mounted.delete(instance);
}
