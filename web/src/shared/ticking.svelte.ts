/** A clock for a component: `now` is read anew four times a second, as long as something shows it. */
export function ticking(read: () => number): { readonly now: number } {
  let now = $state.raw(read());
  $effect(() => {
    now = read();
    const timer = setInterval(() => (now = read()), 250);
    return () => clearInterval(timer);
  });
  return {
    get now() {
      return now;
    },
  };
}
