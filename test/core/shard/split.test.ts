import { describe, expect, it } from 'vitest';
import { HOUR_MS, LIMITS } from '../../../src/core/limits.ts';
import { Closing } from '../../../src/core/shard/closing.ts';
import { advanceResting, registerShard, restShard, toldWatermark } from '../../../src/core/shard/directory.ts';
import type { ShardMap } from '../../../src/core/shard/shard-map.ts';
import {
  beginSplit,
  type MapState,
  mapOf,
  NO_SPLITS,
  postponeSplit,
  publishSplit,
} from '../../../src/core/shard/split.ts';
import { NOON_MS } from '../../support/events.ts';

const KNOWN: ShardMap = [{ epoch: 0, startMs: 0, shardCount: 2 }];
const begin = (state: MapState, shardCount: number | null, nowMs = NOON_MS) =>
  beginSplit(state, { known: KNOWN, shardCount, nowMs });
const published = (state: MapState) => (state.split === null ? state : publishSplit(state, state.split));

describe('a split', () => {
  it('starts beyond the life of every cached map and the clamp of fast clocks', () => {
    const { split } = begin(NO_SPLITS, 4);
    expect(split).toEqual({ epoch: 1, startMs: NOON_MS + LIMITS.splitLeadMs, shardCount: 4 });
    expect(LIMITS.splitLeadMs).toBeGreaterThan(LIMITS.tenantCacheMs + LIMITS.futureClampMs);
  });

  it('is handed out again while it is pending, with its lead given back when it lay about', () => {
    const first = begin(NO_SPLITS, 4);
    expect(begin(first, 64, NOON_MS + 1_000)).toEqual(first);
    const late = begin(first, 4, NOON_MS + 3_600_000);
    expect(late.split).toEqual({ ...first.split, startMs: NOON_MS + 3_600_000 + LIMITS.splitLeadMs });
  });

  it('is published only at the start that every shard closed at', () => {
    const first = begin(NO_SPLITS, 4);
    const moved = postponeSplit(first, { epoch: 1, beyondMs: NOON_MS + 3_600_000, nowMs: NOON_MS });
    expect(moved.split?.startMs).toBe(NOON_MS + 3_600_001);
    expect(publishSplit(moved, first.split!)).toBe(moved);
    const done = publishSplit(moved, moved.split!);
    expect(done).toEqual({ epochs: [...KNOWN, moved.split], split: null });
    expect(publishSplit(done, moved.split!)).toBe(done);
    expect(postponeSplit(done, { epoch: 1, beyondMs: 1e15, nowMs: NOON_MS })).toBe(done);
  });

  it('moves up by each postponement, so that a late message is told from a newer one', () => {
    const first = begin(NO_SPLITS, 4);
    const moved = postponeSplit(first, { epoch: 1, beyondMs: 0, nowMs: NOON_MS });
    expect(moved.split!.startMs).toBeGreaterThan(first.split!.startMs);
  });

  it('only grows, up to the limit', () => {
    expect(begin(NO_SPLITS, 2).split).toBeNull();
    expect(begin(NO_SPLITS, 1).split).toBeNull();
    expect(begin(NO_SPLITS, 1_000).split?.shardCount).toBe(LIMITS.shardsMax);
    const full = published(begin(NO_SPLITS, LIMITS.shardsMax));
    expect(begin(full, null, NOON_MS + 86_400_000).split).toBeNull();
  });

  it('of a hot shard doubles, and not again before the last has shown what it does', () => {
    const first = begin(NO_SPLITS, null);
    expect(first.split?.shardCount).toBe(4);
    const done = published(first);
    const startMs = first.split!.startMs;
    expect(begin(done, null, startMs + LIMITS.splitPauseMs - 1).split).toBeNull();
    expect(begin(done, null, startMs + LIMITS.splitPauseMs).split).toMatchObject({ epoch: 2, shardCount: 8 });
    expect(begin(done, 8, NOON_MS).split?.startMs).toBeGreaterThan(startMs);
  });

  it('counts in the map once it is published', () => {
    const first = begin(NO_SPLITS, 4);
    expect(mapOf(first, KNOWN)).toBe(KNOWN);
    expect(mapOf(published(first), KNOWN)).toHaveLength(2);
    const longer = [...KNOWN, first.split!, { epoch: 2, startMs: 9e14, shardCount: 8 }] as unknown as ShardMap;
    expect(mapOf(published(first), longer)).toBe(longer);
  });
});

describe('closing', () => {
  const next = { epoch: 1, startMs: 1_000, shardCount: 2 };
  const closed = () => {
    const closing = new Closing({ epochs: [], routingAtMsMax: 0 });
    closing.noteRouting(999);
    closing.apply(closing.planClose(next)!);
    return closing;
  };

  it('leaves what lies before the start, doubts the rest until the epoch is published', () => {
    const closing = closed();
    expect([closing.ownership(0, 999), closing.ownership(0, 1_000), closing.ownership(1, 1_000)]).toEqual([
      'ours',
      'doubtful',
      'ours',
    ]);
    closing.apply(closing.planLearn({ epochs: [{ epoch: 0, startMs: 0, shardCount: 1 }, next], split: null }));
    expect([closing.ownership(0, 999), closing.ownership(0, 1_000)]).toEqual(['ours', 'stale']);
  });

  it('tells when the latest epoch began', () => {
    const closing = closed();
    expect([closing.startMs(999), closing.startMs(1_000), closing.startMs(5_000)]).toEqual([0, 1_000, 1_000]);
  });

  it('is refused at a start that it has seen', () => {
    const closing = new Closing({ epochs: [], routingAtMsMax: 1_000 });
    expect(closing.planClose(next)).toBeNull();
    expect(closing.planClose({ ...next, startMs: 1_001 })).not.toBeNull();
  });

  it('does not go back for a message that was late', () => {
    const closing = closed();
    closing.apply(closing.planClose({ ...next, startMs: 2_000 })!);
    closing.apply(closing.planClose(next)!);
    closing.apply(closing.planLearn({ epochs: [], split: next }));
    expect(closing.ownership(0, 1_500)).toBe('ours');
    closing.apply(closing.planLearn({ epochs: [{ ...next, startMs: 2_000 }], split: null }));
    closing.apply(closing.planClose({ ...next, startMs: 9_000 })!);
    expect(closing.ownership(0, 2_000)).toBe('stale');
  });
});

describe('the list of shards', () => {
  const shard = { region: 'weur', index: 0, incarnation: 'i', registeredAtMs: 5 };

  it('notes that a shard rests, until it registers again', () => {
    const first = registerShard({}, shard);
    const [known] = Object.values(first);
    const resting = restShard(first, known!);
    expect(Object.values(resting!)).toEqual([{ ...known, isResting: true }]);
    expect(Object.values(registerShard(resting!, shard))[0]).not.toHaveProperty('isResting');
  });

  it('keeps what is told for a shard that rests, moves it by the minute, and hands it to the shard that registers', () => {
    const first = registerShard({}, shard);
    const [known] = Object.values(first);
    expect(toldWatermark(first, shard)).toBeUndefined();
    const resting = restShard(first, known!, { storedSeq: 7, watermarkMs: HOUR_MS })!;
    expect(Object.values(resting)).toEqual([{ ...known, isResting: true, storedSeq: 7, watermarkMs: HOUR_MS }]);
    expect(advanceResting(resting, HOUR_MS + LIMITS.outOfOrdernessMs)).toBeNull();
    const later = advanceResting(resting, 2 * HOUR_MS + LIMITS.outOfOrdernessMs + 1)!;
    expect(toldWatermark(later, shard)).toBe(2 * HOUR_MS);
    expect(advanceResting(later, HOUR_MS)).toBeNull();
    // A reply to a registration may be lost: the next one gets the same.
    const awake = registerShard(registerShard(later, shard), shard);
    expect(toldWatermark(awake, shard)).toBe(2 * HOUR_MS);
    expect(advanceResting(awake, 9 * HOUR_MS)).toBeNull();
    const again = restShard(awake, Object.values(awake)[0]!, { storedSeq: 8, watermarkMs: HOUR_MS })!;
    expect(toldWatermark(again, shard)).toBe(2 * HOUR_MS);
  });

  it('does not believe a note about an earlier registration, even under a clock that stands still', () => {
    const first = registerShard({}, shard);
    const again = registerShard(first, shard);
    expect(restShard(again, Object.values(first)[0]!)).toBeNull();
    expect(restShard(again, { ...Object.values(again)[0]!, incarnation: 'another' })).toBeNull();
    expect(restShard(again, Object.values(again)[0]!)).not.toBeNull();
  });
});
