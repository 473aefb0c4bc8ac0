/** Retry: which failures pass by themselves, and how long to wait before the next try. */
import { TidemarkProblem } from './problem.ts';

const TRANSIENT: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const BASE_MS = 250;
const BACKOFF_MS_MAX = 10_000;
/** A client gives up when the server asks for a longer wait. */
export const RETRY_AFTER_MS_MAX = 120_000;

/** Whether the failure may pass: a refusal of the moment, or an error of the network. */
export function isTransient(failure: unknown): boolean {
  return failure instanceof TidemarkProblem ? isTransientStatus(failure.status) : true;
}

export function isTransientStatus(status: number): boolean {
  return TRANSIENT.has(status);
}

/** Whether nothing of a call with this status was carried out. */
export function isUndone(status: number): boolean {
  return status === 429 || status === 503;
}

/** Returns the wait after so many tries: what the server asks for, else backoff. null when the wait would be too long. */
export function waitMs(tries: number, failure: unknown): number | null {
  const asked = failure instanceof TidemarkProblem ? failure.retryAfterMs : null;
  if (asked !== null) return asked > RETRY_AFTER_MS_MAX ? null : asked;
  return backoffMs(tries);
}

/** Exponential backoff with jitter over its upper half, so that clients that failed together return at different times. */
export function backoffMs(tries: number, baseMs: number = BASE_MS): number {
  return Math.round(Math.min(BACKOFF_MS_MAX, baseMs * 2 ** (tries - 1)) * (0.5 + Math.random() / 2));
}
