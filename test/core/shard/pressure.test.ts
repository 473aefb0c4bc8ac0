import { describe, expect, it } from 'vitest';
import { openBlock } from '../../../src/core/block/block.ts';
import { DAY_MS, HOUR_MS, LIMITS, MINUTE_MS } from '../../../src/core/limits.ts';
import { Engine } from '../../../src/core/shard/engine.ts';
import { Heat } from '../../../src/core/shard/heat.ts';
import { pressureOf } from '../../../src/core/shard/pressure.ts';
import { cellCountOf } from '../../support/cell-count.ts';
import { block, NOON_MS, record } from '../../support/events.ts';

const EMPTY = { logSizeBytes: 0, waitingFlushes: 0, cellSizeBytes: 0, oldestFlushAgeMs: 0 };

describe('pressure', () => {
  it('has room up to each bound, and none beyond any of them', () => {
    expect(pressureOf({ ...EMPTY, logSizeBytes: LIMITS.logSizeBytesMax - 10 }, 10)).toBeNull();
    expect(pressureOf({ ...EMPTY, logSizeBytes: LIMITS.logSizeBytesMax - 10 }, 11)).toBe(LIMITS.retryAfterMsMin);
    expect(pressureOf({ ...EMPTY, waitingFlushes: LIMITS.waitingFlushesMax - 1 }, 1)).toBeNull();
    expect(pressureOf({ ...EMPTY, waitingFlushes: LIMITS.waitingFlushesMax }, 1)).not.toBeNull();
    expect(pressureOf({ ...EMPTY, cellSizeBytes: LIMITS.waitingCellSizeBytesMax - 1 }, 1)).toBeNull();
    expect(pressureOf({ ...EMPTY, cellSizeBytes: LIMITS.waitingCellSizeBytesMax }, 1)).not.toBeNull();
  });

  it('asks for the more patience the longer the sink is behind, within bounds', () => {
    const waits = [0, 60_000, 300_000, DAY_MS].map((oldestFlushAgeMs) =>
      pressureOf({ ...EMPTY, waitingFlushes: LIMITS.waitingFlushesMax, oldestFlushAgeMs }, 1),
    );
    expect(waits).toEqual([LIMITS.retryAfterMsMin, 6_000, 30_000, LIMITS.retryAfterMsMax]);
  });
});

describe('cells in memory', () => {
  /** Puts each event in a window of its own. */
  const storm = (from: number, count: number) =>
    openBlock(
      block(
        Array.from({ length: count }, (_, i) => record({ id: `e${from + i}`, atMs: NOON_MS - (from + i) * MINUTE_MS })),
      ),
    );
  const apply = (engine: Engine, from: number, count: number) =>
    engine.apply({ ...engine.plan([storm(from, count)]), sizeBytes: 1, checksum: from });

  it('are counted, open and waiting, and leave with a confirm', () => {
    const engine = new Engine({ incarnation: 'i', storedSeq: 0, watermarkMs: null });
    apply(engine, 0, 100);
    const perEvent = cellCountOf(engine) / 100;
    const sizePerEvent = engine.cellSizeBytes / 100;
    expect(perEvent).toBeGreaterThanOrEqual(1);
    engine.cut();
    apply(engine, 100, 50);
    expect(cellCountOf(engine)).toBe(150 * perEvent);
    expect(engine.cellSizeBytes).toBeCloseTo(150 * sizePerEvent);
    engine.confirm(0, 1);
    expect(cellCountOf(engine)).toBe(50 * perEvent);
    expect(engine.cellSizeBytes).toBeCloseTo(50 * sizePerEvent);
  });

  it('make a flush full, however few its events are', () => {
    const engine = new Engine({ incarnation: 'i', storedSeq: 0, watermarkMs: null });
    let sent = 0;
    while (!engine.open.isFull) {
      apply(engine, sent, 500);
      sent += 500;
    }
    expect(sent).toBeLessThan(LIMITS.flushEventsMax);
    expect(engine.open.cellSizeBytes).toBeGreaterThanOrEqual(LIMITS.flushCellSizeBytesMax);
  });
});

describe('heat', () => {
  it('rises with events, bytes and requests offered over a minute, and falls again', () => {
    for (const [events, sizeBytes, count] of [
      [LIMITS.hotEventsMax / 10, 1, 11],
      [1, LIMITS.hotSizeBytesMax / 10, 11],
      [1, 1, LIMITS.hotRequestsMax + 1],
    ] as const) {
      const heat = new Heat();
      for (let i = 0; i < count - 1; i++) heat.note(events, sizeBytes, NOON_MS + i);
      expect(heat.isHot(NOON_MS + count, 0)).toBe(false);
      heat.note(events, sizeBytes, NOON_MS + count);
      expect(heat.isHot(NOON_MS + count, 0)).toBe(true);
      expect(heat.isHot(NOON_MS + 3 * MINUTE_MS, 0)).toBe(false);
    }
  });

  it('sees a load that lies across two windows, and does not add what is a minute apart', () => {
    const heat = new Heat();
    heat.note(1, 1, NOON_MS);
    heat.note(LIMITS.hotEventsMax * 0.6, 1, NOON_MS + 55_000);
    heat.note(LIMITS.hotEventsMax * 0.6, 1, NOON_MS + 65_000);
    expect(heat.isHot(NOON_MS + 65_000, 0)).toBe(true);
    expect(heat.isHot(NOON_MS + 119_000, 0)).toBe(false);
  });

  it('comes of a rate that nine days of ids have no room for, once many are remembered', () => {
    const { heat, fill } = heated();
    fill(1.2, 0);
    const nowMs = NOON_MS + 59 * MINUTE_MS;
    expect(heat.isHot(nowMs, LIMITS.hotIdsMin - 1)).toBe(false);
    expect(heat.isHot(nowMs, LIMITS.hotIdsMin)).toBe(true);
    fill(0.6, 1);
    fill(0.6, 2);
    expect(heat.isHot(NOON_MS + 179 * MINUTE_MS, LIMITS.hotIdsMin)).toBe(false);
  });

  it('does not come of ids at a rate from before the last split, nor of a burst', () => {
    const { heat, fill } = heated();
    fill(1.4, 0);
    expect(heat.isHot(NOON_MS + 59 * MINUTE_MS, LIMITS.hotIdsMin)).toBe(true);
    const splitAtMs = NOON_MS + HOUR_MS;
    fill(0.7, 1, splitAtMs);
    heat.note(0.2 * LIMITS.hotIdEventsMax, 1, splitAtMs + 30 * MINUTE_MS, splitAtMs);
    for (let minute = 0; minute < 60; minute += 5) {
      expect(heat.isHot(splitAtMs + minute * MINUTE_MS, LIMITS.hotIdsMin)).toBe(false);
    }
  });

  /** `fill` notes an hour's load, as a share of what ids have room for. */
  function heated() {
    const heat = new Heat();
    const fill = (share: number, hour: number, epochStartMs = 0) => {
      for (let minute = 0; minute < 60; minute++) {
        heat.note((share * LIMITS.hotIdEventsMax) / 60, 1, NOON_MS + hour * HOUR_MS + minute * MINUTE_MS, epochStartMs);
      }
    };
    return { heat, fill };
  }
});
