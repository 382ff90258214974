export interface Item {
  id: string;
  text: string;
}

/** The state behind Bench.svelte, and what its effects did. */
export class Bench {
  items: readonly Item[] = $state.raw([]);
  count = $state.raw(0);
  inner = $state.raw(0);
  part: { name: string } | undefined = $state.raw();
  readonly doubled = $derived(this.count * 2);
  /** What an effect does besides, when it says the line. */
  reactions: Record<string, () => void> = {};
  said: string[] = [];

  add(): void {
    this.count += 1;
  }

  log(line: string): void {
    this.said.push(line);
    this.reactions[line]?.();
  }
}
