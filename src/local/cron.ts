/**
 * Cron: calls the scheduled handler at regular intervals. The first call comes at once, because the messages of the
 * local queues died with the last runtime.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** Runs until the signal aborts. A run that is slow or fails delays the next one; two never overlap. */
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
