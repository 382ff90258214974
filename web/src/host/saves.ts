import { ApiError } from './api';
import { connection } from './connection.svelte';
import { reasonOf } from './reason';
import { SaveQueue, type Verdict } from './save-queue.svelte';

const queues = new Set<SaveQueue>();
/** What was typed but cannot be saved yet, by a key of its own. */
const incomplete = new Set<string>();
const PATIENCE_MS = 3_000;

/** A save queue that is known to the app: it hurries when the server is back and holds the window while unsaved. */
export function newSaves(): SaveQueue {
  const queue = new SaveQueue(judge);
  for (const old of queues) if (!old.unsaved) queues.delete(old);
  queues.add(queue);
  return queue;
}

/** Notes whether something typed is too incomplete to be saved, so that closing the window asks first. */
export function noteIncomplete(key: string, is: boolean): void {
  if (is) incomplete.add(key);
  else incomplete.delete(key);
}

/** True while something typed has not reached the server. */
export function anyUnsaved(): boolean {
  return incomplete.size > 0 || [...queues].some((queue) => queue.unsaved);
}

/** Hurries what pages left behind have yet to save, so that a page loaded next shows it. Waits 3 s at most. */
export async function savesSettled(): Promise<void> {
  hurryAll();
  const patience = new Promise<void>((resolve) => setTimeout(resolve, PATIENCE_MS));
  await Promise.race([Promise.all([...queues].map((queue) => queue.settled())), patience]);
}

function hurryAll(): void {
  for (const queue of queues) queue.hurry();
}

function judge(error: unknown): Verdict {
  const status = error instanceof ApiError ? error.status : undefined;
  const retry = status !== undefined && (status === 0 || status >= 500 || [401, 408, 429].includes(status));
  return { retry, reason: reasonOf(error) };
}

connection.onReturn(hurryAll);
