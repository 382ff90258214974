// State is `$state.raw`.
export function proxy(value) {
  return value;
}

export function get_proxied_value(value) {
  return value;
}

export const is = Object.is;
