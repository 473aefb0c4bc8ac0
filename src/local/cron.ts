// Cron: calls the scheduled handler at once (messages of the local queues died with the last runtime) and then regularly.

import { setTimeout as sleep } from 'node:timers/promises';

/** Runs until the signal aborts; a failing or slow run delays the next, never doubles it. */
export async function driveCron(run: () => Promise<void>, intervalMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const startedAtMs = Date.now();
    try {
      await run();
    } catch (error) {
      if (!signal.aborted) console.error('The scheduled handler failed:', error);
    }
    const waitMs = Math.max(0, intervalMs - (Date.now() - startedAtMs));
    await sleep(waitMs, undefined, { signal }).catch(() => {});
  }
}
