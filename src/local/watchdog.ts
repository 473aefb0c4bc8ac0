/**
 * Watchdog: restarts the runtime when Miniflare could not. Miniflare restarts a workerd that died, but gives up for
 * good when the new one dies before it is ready.
 */
import { setTimeout as sleep } from 'node:timers/promises';

const pollIntervalMs = 500;
/** The longest time that Miniflare's own restart may take until there is a process. */
const graceMs = 3_000;

export type Watched = {
  readonly isRunning: () => boolean;
  /** Rejects when the runtime did not start; the watchdog tries again then. */
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
      if (!signal.aborted) console.error('The runtime did not start. Trying again:', error);
    }
    downSinceMs = undefined;
  }
}
