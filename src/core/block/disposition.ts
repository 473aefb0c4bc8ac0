/**
 * Disposition: a shard's decision on one event at admission, in one byte of the log. Replay reads it and never decides
 * again (CORRECTNESS D3).
 *
 *   bit 7   accepted (clear: a duplicate; then the whole byte is 0)
 *   bit 0   late: the window was closed, counted as a correction     (LATE_CORRECTION)
 *   bit 1   beyond the allowed lateness: in no cell, only in the lake (LATE_BEYOND)
 */
import { LATE_BEYOND, LATE_CORRECTION } from '../event/columns.ts';

export const DUPLICATE = 0;
export const ACCEPTED = 0x80;

export function isAccepted(disposition: number): boolean {
  return disposition >= ACCEPTED;
}

/** Returns the bits that go into the `late` column. */
export function lateBits(disposition: number): number {
  return disposition & (LATE_CORRECTION | LATE_BEYOND);
}
