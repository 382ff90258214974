import type { Attachment } from 'svelte/attachments';

/** Keeps the display from going dark. The browser grants it on secure pages only; elsewhere nothing happens. */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | undefined;
  const ask = async () => {
    if (!('wakeLock' in navigator) || document.visibilityState !== 'visible') return;
    if (lock && !lock.released) return;
    lock = await navigator.wakeLock.request('screen').catch(() => undefined);
  };
  const asked = () => void ask();
  document.addEventListener('visibilitychange', asked);
  document.addEventListener('pointerdown', asked);
  asked();
  return () => {
    document.removeEventListener('visibilitychange', asked);
    document.removeEventListener('pointerdown', asked);
    void lock?.release();
  };
}

const everyMs = 60_000;
const path = [
  [0, 0],
  [2, 0],
  [2, 2],
  [0, 2],
] as const;

/** Moves the picture by two pixels a minute, round and round, so that a still one burns no edge into the panel. */
export function shiftSlowly(): Attachment<HTMLElement> {
  return (element) => {
    let step = 0;
    const timer = setInterval(() => {
      step = (step + 1) % path.length;
      const [x, y] = path[step] ?? path[0];
      element.style.setProperty('transform', `translate(${x}px, ${y}px)`);
    }, everyMs);
    return () => clearInterval(timer);
  };
}
