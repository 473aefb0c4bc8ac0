/**
 * Watermark: the event time below which a shard expects no more events. It never goes back.
 *
 * It follows bounded out-of-orderness (Akidau et al., "The Dataflow Model", VLDB 2015): it is the greatest event time
 * seen, but never later than the receipt, less the out-of-orderness. A new shard starts at its first event's receipt
 * less that. An idle shard advances with the clock, by whole minutes, so that a window's end can be reached without a
 * further event.
 */
import { LIMITS, MINUTE_MS } from '../limits.ts';

/**
 * Returns the watermark after events up to `atMsMax`, received at `receivedAtMs`. `current` is null before the first
 * events.
 */
export function advanceWatermark(current: number | null, atMsMax: number, receivedAtMs: number): number {
  if (current === null) return receivedAtMs - LIMITS.outOfOrdernessMs;
  const candidate = Math.min(atMsMax, receivedAtMs) - LIMITS.outOfOrdernessMs;
  return Math.max(candidate, current);
}

/** Returns the watermark that an idle shard may have at `nowMs`: the last whole minute that is surely over. */
export function idleWatermark(current: number, nowMs: number): number {
  const candidate = Math.floor((nowMs - LIMITS.outOfOrdernessMs) / MINUTE_MS) * MINUTE_MS;
  return Math.max(candidate, current);
}
