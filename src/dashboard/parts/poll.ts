/**
 * Poll: repeats some work every two seconds while the page is visible. Two runs never overlap; failures lengthen the
 * wait.
 */
import { CallError } from '../data/api.ts';

const EVERY_MS = 2_000;
const WAIT_MS_MAX = 30_000;

export interface Poll {
  /** Starts the work at once, or as soon as a running one has ended. */
  now(): void;
}

export function startPoll(
  work: () => Promise<void>,
  onState: (state: 'live' | 'paused' | 'failing', error?: Error) => void,
): Poll {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isRunning = false;
  let isAskedAgain = false;
  let failures = 0;

  const run = async () => {
    clearTimeout(timer);
    if (document.hidden) return onState('paused');
    if (isRunning) {
      isAskedAgain = true;
      return;
    }
    isRunning = true;
    let waitMs = EVERY_MS;
    try {
      await work();
      failures = 0;
      onState('live');
    } catch (error) {
      failures++;
      const retryAfterMs = error instanceof CallError ? error.retryAfterMs : 0;
      waitMs = Math.min(WAIT_MS_MAX, Math.max(retryAfterMs, EVERY_MS * 2 ** Math.min(failures - 1, 4)));
      onState('failing', error instanceof Error ? error : new Error(String(error)));
    }
    isRunning = false;
    timer = setTimeout(run, isAskedAgain ? 0 : waitMs);
    isAskedAgain = false;
  };

  document.addEventListener('visibilitychange', run);
  void run();
  return { now: () => void run() };
}
