import { describe, expect, it } from 'vitest';
import { openBlock } from '../../src/core/block.ts';
import { Engine } from '../../src/core/engine.ts';
import { Heat } from '../../src/core/heat.ts';
import { DAY_MS, LIMITS, MINUTE_MS } from '../../src/core/limits.ts';
import { pressureOf } from '../../src/core/pressure.ts';
import { block, NOON_MS, record } from '../support/events.ts';

const EMPTY = { logSizeBytes: 0, waitingFlushes: 0, cells: 0, oldestFlushAgeMs: 0 };

describe('pressure', () => {
  it('has room up to each bound, and none beyond any of them', () => {
    expect(pressureOf({ ...EMPTY, logSizeBytes: LIMITS.logSizeBytesMax - 10 }, 10)).toBeNull();
    expect(pressureOf({ ...EMPTY, logSizeBytes: LIMITS.logSizeBytesMax - 10 }, 11)).toBe(LIMITS.retryAfterMsMin);
    expect(pressureOf({ ...EMPTY, waitingFlushes: LIMITS.waitingFlushesMax - 1 }, 1)).toBeNull();
    expect(pressureOf({ ...EMPTY, waitingFlushes: LIMITS.waitingFlushesMax }, 1)).not.toBeNull();
    expect(pressureOf({ ...EMPTY, cells: LIMITS.waitingCellsMax - 1 }, 1)).toBeNull();
    expect(pressureOf({ ...EMPTY, cells: LIMITS.waitingCellsMax }, 1)).not.toBeNull();
  });

  it('asks for the more patience the longer the sink is behind, within bounds', () => {
    const waits = [0, 60_000, 300_000, DAY_MS].map((oldestFlushAgeMs) =>
      pressureOf({ ...EMPTY, waitingFlushes: LIMITS.waitingFlushesMax, oldestFlushAgeMs }, 1),
    );
    expect(waits).toEqual([LIMITS.retryAfterMsMin, 6_000, 30_000, LIMITS.retryAfterMsMax]);
  });
});

describe('cells in memory', () => {
  /** Each event in a window of its own. */
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
    const perEvent = engine.cellCount / 100;
    expect(perEvent).toBeGreaterThanOrEqual(1);
    engine.cut();
    apply(engine, 100, 50);
    expect(engine.cellCount).toBe(150 * perEvent);
    engine.confirm(0, 1);
    expect(engine.cellCount).toBe(50 * perEvent);
  });

  it('make a flush full, however few its events are', () => {
    const engine = new Engine({ incarnation: 'i', storedSeq: 0, watermarkMs: null });
    let sent = 0;
    while (!engine.open.isFull) {
      apply(engine, sent, 500);
      sent += 500;
    }
    expect(sent).toBeLessThan(LIMITS.flushEventsMax);
    expect(engine.open.cellCount).toBeGreaterThanOrEqual(LIMITS.flushCellsMax);
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
      expect(heat.isHot(NOON_MS + count)).toBe(false);
      heat.note(events, sizeBytes, NOON_MS + count);
      expect(heat.isHot(NOON_MS + count)).toBe(true);
      expect(heat.isHot(NOON_MS + 3 * MINUTE_MS)).toBe(false);
    }
  });

  it('sees a load that lies across two windows, and does not add what is a minute apart', () => {
    const heat = new Heat();
    heat.note(1, 1, NOON_MS);
    heat.note(LIMITS.hotEventsMax * 0.6, 1, NOON_MS + 55_000);
    heat.note(LIMITS.hotEventsMax * 0.6, 1, NOON_MS + 65_000);
    expect(heat.isHot(NOON_MS + 65_000)).toBe(true);
    expect(heat.isHot(NOON_MS + 119_000)).toBe(false);
  });
});
