/**
 * Split: the growth of a tenant's shard map by an epoch, in two phases (CORRECTNESS E2). Pure: the directory keeps the
 * state.
 *
 *   begin     a start S is drawn, beyond every routing time any shard can have seen and the life of every cached map
 *   (close)   each registered shard closes from S on, durably, unless it has seen a time at or beyond S
 *   postpone  S moves up: a shard had seen more, or had to refuse an event although no successor was published
 *   publish   the epoch joins the map; accepted only for the very S that every shard has closed at
 *
 * A split may die anywhere and is resumed by the next request for one: the pending split is handed out again, with a
 * start that is ahead once more. Starts only move up until they are published, and never after: so a shard that was
 * told an old S refuses too early, never too late, and asks the directory before it does.
 * Invariants: epochs and starts ascend; counts only grow.
 */
import { LIMITS } from '../limits.ts';
import type { ShardEpoch, ShardMap } from './shard-map.ts';

export interface MapState {
  /** Published epochs; empty while the tenant has the map it was made with. */
  readonly epochs: readonly ShardEpoch[];
  /** The epoch that is begun and not published; null when there is none. */
  readonly split: ShardEpoch | null;
}
export const NO_SPLITS: MapState = { epochs: [], split: null };

export interface SplitRequest {
  /** The tenant's map as stored, from which the directory starts. */
  readonly known: ShardMap;
  /** The count wanted; null when a shard is hot, which doubles the count. */
  readonly shardCount: number | null;
  readonly nowMs: number;
}

/** Begins a split, or hands out the pending one. `split` stays null when no split is needed. */
export function beginSplit(state: MapState, { known, shardCount, nowMs }: SplitRequest): MapState {
  if (state.split !== null) return { ...state, split: ahead(state.split, nowMs) };
  const epochs = state.epochs.length > 0 ? state.epochs : known;
  const last = epochs[epochs.length - 1]!;
  // A split that has not taken effect yet, or only just, says nothing about the load that will be left.
  if (shardCount === null && last.epoch > 0 && nowMs < last.startMs + LIMITS.splitPauseMs) return { ...state, epochs };
  const wanted = Math.min(shardCount ?? last.shardCount * 2, LIMITS.shardsMax);
  if (wanted <= last.shardCount) return { ...state, epochs };
  const startMs = Math.max(nowMs + LIMITS.splitLeadMs, last.startMs + 1);
  return { epochs, split: { epoch: last.epoch + 1, startMs, shardCount: wanted } };
}

/** Moves the start of the pending epoch beyond `beyondMs`, with its lead again. A published epoch does not change. */
export function postponeSplit(
  state: MapState,
  { epoch, beyondMs, nowMs }: { epoch: number; beyondMs: number; nowMs: number },
): MapState {
  const { split } = state;
  if (split === null || split.epoch !== epoch) return state;
  const startMs = Math.max(split.startMs + 1, beyondMs + 1, nowMs + LIMITS.splitLeadMs);
  return { ...state, split: { ...split, startMs } };
}

/**
 * Adds the epoch that every shard has closed for to the map. Nothing changes if it was postponed meanwhile, or is there
 * already.
 */
export function publishSplit(state: MapState, closed: ShardEpoch): MapState {
  const { split, epochs } = state;
  if (split === null || split.epoch !== closed.epoch || split.startMs !== closed.startMs) return state;
  return { epochs: [...epochs, split], split: null };
}

/** Returns the published map, or the one the tenant was made with. */
export function mapOf(state: MapState, known: ShardMap): ShardMap {
  const [first, ...rest] = state.epochs;
  return first !== undefined && state.epochs.length > known.length ? [first, ...rest] : known;
}

/** Gives a split that was left pending its lead again: edges must have time to see it before it starts. */
function ahead(split: ShardEpoch, nowMs: number): ShardEpoch {
  const leastMs = nowMs + LIMITS.splitLeadMs / 2;
  return split.startMs >= leastMs ? split : { ...split, startMs: nowMs + LIMITS.splitLeadMs };
}
