import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openBlock } from '../../../src/core/block/block.ts';
import { ACCEPTED, DUPLICATE } from '../../../src/core/block/disposition.ts';
import { LATE_BEYOND, LATE_CORRECTION } from '../../../src/core/event/columns.ts';
import type { EventRecord } from '../../../src/core/event/event.ts';
import { DAY_MS, LIMITS, MINUTE_MS } from '../../../src/core/limits.ts';
import { decodeRollupCells } from '../../../src/core/rollup/cell-codec.ts';
import { DEFAULT_ROLLUPS } from '../../../src/core/rollup/rollup.ts';
import { RollupCells, tupleKey } from '../../../src/core/rollup/rollup-cells.ts';
import { Engine, type LogRow } from '../../../src/core/shard/engine.ts';
import { block, NOON_MS, record } from '../../support/events.ts';

const EVENTS = DEFAULT_ROLLUPS.find((rollup) => rollup.name === 'events')?.id ?? '';
const ALL_TIME = { startMs: 0, endMs: Number.MAX_SAFE_INTEGER };

function fresh(): Engine {
  return new Engine({ incarnation: 'i', storedSeq: 0, watermarkMs: null });
}

/** Plans and applies one row, as the shell does around its write. */
function append(
  engine: Engine,
  log: LogRow[],
  ...requests: { records: EventRecord[]; receivedAtMs?: number }[]
): number[] {
  const blocks = requests.map(({ records, ...options }) => openBlock(block(records, options)));
  const row = { ...engine.plan(blocks), sizeBytes: 100, checksum: engine.headSeq };
  engine.apply(row);
  log.push(row);
  return row.dispositions.flatMap((each) => [...each]);
}

function liveCells(engine: Engine, rollupId = EVENTS): RollupCells {
  const all = new RollupCells(1, 0);
  for (const bytes of engine.live({ rollupId, ...ALL_TIME }).cells ?? []) all.merge(decodeRollupCells(bytes));
  return all;
}

function liveCount(engine: Engine): number {
  let sum = 0;
  for (const window of liveCells(engine).windows.values()) for (const cell of window.values()) sum += cell.count;
  return sum;
}

describe('Engine', () => {
  it('calls a second copy a duplicate: in a later row, in the same row, in the same block', () => {
    const engine = fresh();
    const log: LogRow[] = [];
    expect(append(engine, log, { records: [record({ id: 'a' }), record({ id: 'a' })] })).toEqual([ACCEPTED, DUPLICATE]);
    expect(append(engine, log, { records: [record({ id: 'a' })] })).toEqual([DUPLICATE]);
    expect(append(engine, log, { records: [record({ id: 'b' })] }, { records: [record({ id: 'b' })] })).toEqual([
      ACCEPTED,
      DUPLICATE,
    ]);
    expect(liveCount(engine)).toBe(2);
  });

  it('plans without a trace: a row that was never written leaves its ids new', () => {
    const engine = fresh();
    engine.plan([openBlock(block([record({ id: 'a' })]))]);
    expect(append(engine, [], { records: [record({ id: 'a' })] })).toEqual([ACCEPTED]);
  });

  it('forgets an id only after the dedupe horizon', () => {
    const engine = fresh();
    append(engine, [], { records: [record({ id: 'a' })] });
    engine.forgetBefore(NOON_MS + LIMITS.dedupeHorizonMs);
    expect(append(engine, [], { records: [record({ id: 'a' })] })).toEqual([DUPLICATE]);
    engine.forgetBefore(NOON_MS + LIMITS.dedupeHorizonMs + 2 * DAY_MS);
    expect(append(engine, [], { records: [record({ id: 'a' })] })).toEqual([ACCEPTED]);
  });

  it('keeps an event that arrives exactly at the allowed lateness, and sends an older one past the cells', () => {
    const engine = fresh();
    append(engine, [], { records: [record({ id: 'first' })] });
    const edge = NOON_MS - LIMITS.allowedLatenessMs;
    const decided = append(engine, [], {
      records: [record({ id: 'a', atMs: edge }), record({ id: 'b', atMs: edge - 1 })],
    });
    expect(decided).toEqual([ACCEPTED | LATE_CORRECTION, ACCEPTED | LATE_BEYOND]);
    expect(liveCount(engine)).toBe(2);
    expect(engine.live(ALL_TIME)).toMatchObject({ pendingEvents: 1, corrections: 1, tailEvents: 3 });
  });

  it('tells of the events in no cell which may be copies of forgotten ones', () => {
    const engine = fresh();
    engine.restoreIdHorizon(NOON_MS - DAY_MS);
    const atMs = NOON_MS - 2 * DAY_MS;
    const tooLate = record({ id: 'b', atMs: NOON_MS - LIMITS.allowedLatenessMs - 1 });
    expect(append(engine, [], { records: [record({ id: 'a', atMs }), tooLate] })).toEqual([
      ACCEPTED | LATE_BEYOND,
      ACCEPTED | LATE_BEYOND,
    ]);
    expect(engine.live(ALL_TIME)).toMatchObject({ pendingEvents: 2, undecidedEvents: 1 });
    expect(engine.live({ startMs: atMs - DAY_MS, endMs: atMs + DAY_MS })).toMatchObject({ undecidedEvents: 1 });
    expect(engine.live({ startMs: NOON_MS, endMs: NOON_MS + DAY_MS })).toMatchObject({ undecidedEvents: 0 });
  });

  it('closes a window when the watermark reaches its end', () => {
    const engine = fresh();
    const minute = Math.floor(NOON_MS / MINUTE_MS) * MINUTE_MS;
    append(engine, [], { records: [record({ id: 'a' })] });
    expect(append(engine, [], { records: [record({ id: 'b', atMs: minute })] })).toEqual([ACCEPTED]);
    const later = minute + MINUTE_MS + LIMITS.outOfOrdernessMs;
    append(engine, [], { records: [record({ id: 'c', atMs: later })], receivedAtMs: later });
    expect(engine.watermarkMs).toBe(minute + MINUTE_MS);
    const tardy = append(engine, [], { records: [record({ id: 'd', atMs: minute })], receivedAtMs: later });
    expect(tardy).toEqual([ACCEPTED | LATE_CORRECTION]);
  });

  it('does not let a clock that is ahead move the watermark past the receipt', () => {
    const engine = fresh();
    append(engine, [], { records: [record({ id: 'a' })] });
    append(engine, [], { records: [record({ id: 'b', atMs: NOON_MS + LIMITS.futureClampMs })] });
    expect(engine.watermarkMs).toBe(NOON_MS - LIMITS.outOfOrdernessMs);
  });

  it('advances when idle, not while a flush waits or a request was refused', () => {
    const engine = fresh();
    append(engine, [], { records: [record({ id: 'a' })] });
    expect(engine.idleAdvance(NOON_MS + LIMITS.idleMs - 1)).toBeNull();
    engine.noteRefusal(NOON_MS + 1_000);
    expect(engine.idleAdvance(NOON_MS + LIMITS.idleMs)).toBeNull();
    expect(engine.idleAdvance(NOON_MS + 5 * MINUTE_MS)).toBe(
      Math.floor(NOON_MS / MINUTE_MS) * MINUTE_MS + 5 * MINUTE_MS,
    );
    engine.cut();
    expect(engine.idleAdvance(NOON_MS + 5 * MINUTE_MS)).toBeNull();
  });

  it('answers for a cut flush until it is confirmed, then no more', () => {
    const engine = fresh();
    append(engine, [], { records: [record({ id: 'a' })] });
    const flush = engine.cut();
    append(engine, [], { records: [record({ id: 'b' })] });
    expect([liveCount(engine), engine.storedSeq, engine.cutSeq]).toEqual([2, 0, 1]);
    expect(engine.confirm(flush?.seqFrom ?? -1, flush?.seqTo ?? -1)).toBe(true);
    expect([liveCount(engine), engine.storedSeq]).toEqual([1, 1]);
    expect(engine.confirm(0, 1)).toBe(false);
    expect(append(engine, [], { records: [record({ id: 'a' })] })).toEqual([DUPLICATE]);
  });

  it('makes no cells of the rows of a restart until they are asked for, and then the same', () => {
    const log: LogRow[] = [];
    const engine = fresh();
    for (const id of ['a', 'b', 'c']) append(engine, log, { records: [record({ id })] });
    const restored = fresh();
    for (const row of log.slice(0, 2)) restored.replay(row);
    restored.apply(log[2]!);
    expect(restored.cellSizeBytes).toBe(0);
    expect(liveCount(restored)).toBe(3);
    expect(restored.cellSizeBytes).toBe(engine.cellSizeBytes);
    expect(restored.cut()?.parts()).toEqual(engine.cut()?.parts());
  });

  it('holds no more than some bytes that are in no cells', () => {
    const log: LogRow[] = [];
    const properties = { text: 'é'.repeat(30_000) };
    for (let i = 0; i < 5; i++) append(fresh(), log, { records: [record({ id: `${i}`, properties })] });
    const restored = fresh();
    for (const [seq, row] of log.entries()) restored.replay({ ...row, seq });
    expect(restored.cellSizeBytes).toBeGreaterThan(0);
  });

  it('refuses at once a block of which no cells can be made, also behind rows that wait', () => {
    const log: LogRow[] = [];
    append(fresh(), log, { records: [record({ id: 'a' })] });
    const bytes = block([record({ id: 'b' })]);
    bytes[bytes.length - 1] = 0xff;
    const engine = fresh();
    engine.replay(log[0]!);
    const plan = engine.plan([openBlock(bytes)]);
    expect(() => engine.apply({ ...plan, sizeBytes: 100, checksum: 1 })).toThrow();
  });

  it('takes off a stored flush what its cells took, whether or not they were asked for', () => {
    const engine = fresh();
    append(engine, [], { records: [record({ id: 'a' })] });
    const cut = engine.cut();
    expect(engine.cellSizeBytes).toBeGreaterThan(0);
    expect(cut?.parts().length).toBeGreaterThan(0);
    engine.confirm(0, 1);
    expect(engine.cellSizeBytes).toBe(0);
  });

  it('says that a rollup is missing when a block was made without it, and makes no part of it', () => {
    const engine = fresh();
    const without = openBlock(block([record({ id: 'a' })], { rollups: DEFAULT_ROLLUPS.slice(1) }));
    engine.apply({ ...engine.plan([without]), sizeBytes: 1, checksum: 1 });
    append(engine, [], { records: [record({ id: 'b' })] });
    expect(engine.live({ rollupId: EVENTS, ...ALL_TIME }).rollupMissing).toBe(true);
    expect(
      engine
        .cut()
        ?.parts()
        .map((part) => part.rollupId),
    ).not.toContain(EVENTS);
  });

  it('keeps the accounts of what the edge refused, with nothing valid beside it', () => {
    const engine = fresh();
    const empty = openBlock(block([], { rejected: 3, quarantined: 2 }));
    engine.apply({ ...engine.plan([empty]), sizeBytes: 1, checksum: 1 });
    expect(engine.watermarkMs).toBeNull();
    expect(engine.cut()?.tallied()).toMatchObject({
      received: 5,
      accepted: 0,
      quarantined: 2,
      rejected: 3,
      clamped: 0,
    });
  });

  it('counts the accepted events that were clamped, and no copy of one', () => {
    const engine = fresh();
    const events = ['a', 'b', 'a'].map((id) => ({ ...record({ id }), clamped: true }));
    append(engine, [], { records: [...events, record({ id: 'c' })] });
    expect(engine.cut()?.tallied()).toMatchObject({ accepted: 3, duplicate: 1, clamped: 2 });
  });

  it('rebuilds the same flushes, answers and decisions from its log, whatever the order and the cuts', () => {
    const step = fc.oneof(
      fc.array(
        fc.record({ id: fc.integer({ min: 0, max: 30 }), agoMs: fc.integer({ min: -60_000, max: 8 * DAY_MS }) }),
        { maxLength: 6 },
      ),
      fc.constant('cut' as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), fc.constantFrom(1, 0.5), (steps, replayedShare) => {
        const engine = fresh();
        const log: LogRow[] = [];
        const cuts = new Set<number>();
        steps.forEach((each, i) => {
          const receivedAtMs = NOON_MS + i * 20_000;
          if (each === 'cut') {
            if (engine.cut()) cuts.add(engine.headSeq);
            return;
          }
          const records = each.map(({ id, agoMs }) =>
            record({ id: `e${id}`, user_id: `u${id % 5}`, atMs: receivedAtMs - agoMs, receivedAtMs }),
          );
          append(engine, log, { records, receivedAtMs });
        });
        const restored = fresh();
        // Rows that come after the restart are applied for the first time.
        for (const [index, row] of log.entries()) {
          if (index < replayedShare * log.length) restored.replay(row);
          else restored.apply(row);
          if (cuts.has(restored.headSeq)) restored.cut();
        }
        expect(
          restored.outbox.map((flush) => [flush.parts(), flush.checksum(), flush.tallied(), flush.dedupeRun()]),
        ).toEqual(engine.outbox.map((flush) => [flush.parts(), flush.checksum(), flush.tallied(), flush.dedupeRun()]));
        expect(restored.live({ rollupId: EVENTS, ...ALL_TIME })).toEqual(
          engine.live({ rollupId: EVENTS, ...ALL_TIME }),
        );
        const ids = log.flatMap((row) =>
          row.blocks.flatMap((each, b) =>
            [...each.at].map((_, i) => `${each.idHash[2 * i]}-${each.idHash[2 * i + 1]}:${row.dispositions[b]?.[i]}`),
          ),
        );
        const accepted = ids.filter((id) => !id.endsWith(':0')).map((id) => id.split(':')[0]);
        expect(new Set(accepted).size).toBe(accepted.length);
      }),
      { numRuns: 80 },
    );
  });

  it('counts by event in the minute the event belongs to', () => {
    const engine = fresh();
    const minute = Math.floor(NOON_MS / MINUTE_MS) * MINUTE_MS;
    append(engine, [], {
      records: [record({ id: 'a', event: 'A', user_id: 'u' }), record({ id: 'b', event: 'A', user_id: 'u' })],
    });
    const cell = liveCells(engine)
      .windows.get(minute)
      ?.get(tupleKey(['A']));
    expect([cell?.count, cell?.people.count()]).toEqual([2, 1]);
  });
});
