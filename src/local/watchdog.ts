// Watchdog: brings the runtime back when Miniflare could not. It restarts a workerd that died, but gives up for good when
// that one dies too before it is ready, as under a loop of kills.

import { setTimeout as sleep } from 'node:timers/promises';

const pollIntervalMs = 500;
/** How long Miniflare's own restart may go without a process to show for it. */
const graceMs = 3_000;

export type Watched = {
  readonly isRunning: () => boolean;
  /** Rejects when it did not come up; it is tried again then. */
  readonly restart: () => Promise<void>;
};

/** Runs until the signal aborts. */
export async function watch({ isRunning, restart }: Watched, signal: AbortSignal): Promise<void> {
  let downSinceMs: number | undefined;
  while (!signal.aborted) {
    await sleep(pollIntervalMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    downSinceMs = isRunning() ? undefined : (downSinceMs ?? Date.now());
    if (downSinceMs === undefined || Date.now() - downSinceMs < graceMs) continue;
    try {
      await restart();
    } catch (error) {
      if (!signal.aborted) console.error('The runtime did not start, trying again:', error);
    }
    downSinceMs = undefined;
  }
}
