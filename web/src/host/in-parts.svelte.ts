/**
 * A long list that comes into its page part by part, a part for each frame, so that an old phone shows the first of it
 * soon and answers in between. Once it was all there, it comes as it is.
 */
export function inParts<T>(
  all: () => readonly T[],
  part: number,
): { readonly shown: T[]; readonly complete: boolean } {
  let most = $state(part);
  $effect(() => {
    const { length } = all();
    if (length === 0 || most === Infinity) return;
    if (length <= most) {
      most = Infinity;
      return;
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    // After the frame, which shows what is there.
    const frame = requestAnimationFrame(() => (timer = setTimeout(() => (most += part))));
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  });
  return {
    get shown() {
      return all().slice(0, most);
    },
    get complete() {
      return most === Infinity;
    },
  };
}
