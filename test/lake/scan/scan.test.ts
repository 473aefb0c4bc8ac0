import { describe, expect, it } from 'vitest';
import type { EventColumns } from '../../../src/core/event/columns.ts';
import { DAY_MS, LIMITS } from '../../../src/core/limits.ts';
import { RowBudget } from '../../../src/lake/scan/row-budget.ts';
import { type ScanRequest, type ScanSegment, scan } from '../../../src/lake/scan/scan.ts';
import { dayOf, selectRows } from '../../../src/lake/segment/columns.ts';
import { coalesce } from '../../../src/lake/segment/read-plan.ts';
import { encodeSegment } from '../../../src/lake/segment/segment-write.ts';
import { readAhead } from '../../../src/lake/std/read-ahead.ts';
import { FakeBucket } from '../../support/fake-bucket.ts';
import { columnsOf, randomFrom, START_MS, shopColumns } from '../generate.ts';

const DAY = dayOf(START_MS);
const HASH_KEY = [1, 2, 3, 4] as const;
const bucket = new FakeBucket();
let written = 0;

async function segmentOf(columns: EventColumns, options: Partial<ScanSegment> = {}): Promise<ScanSegment> {
  const source = options.source ?? 'flush';
  const encoded = encodeSegment(columns, { order: source === 'seal' ? 'l1' : 'l0' });
  const path = `segment-${written++}`;
  await bucket.put(path, encoded.bytes);
  const { footer, days } = encoded;
  return { path, sizeBytes: encoded.bytes.length, source, incarnation: 'i', seqFrom: 0, days, footer, ...options };
}

async function collect(request: Partial<ScanRequest>) {
  const seen: { id: string; event: string; day: number }[] = [];
  const outcome = await scan(
    {
      bucket: bucket.binding,
      hashKey: HASH_KEY,
      segments: [],
      tails: [],
      startMs: START_MS,
      endMs: START_MS + 400 * DAY_MS,
      wanted: new Set(['id', 'event']),
      ...request,
    },
    (batch, rows, day) => {
      for (const row of rows)
        seen.push({ id: `${batch.strings.id?.[row]}`, event: `${batch.strings.event?.[row]}`, day });
    },
  );
  if (!outcome.ok) throw new Error(outcome.error.code);
  return { seen, events: seen.map(({ event }) => event).sort(), totals: outcome.value };
}

describe('a scan', () => {
  it('keeps the copy that was received first', async () => {
    const late = await segmentOf(columnsOf([{ id: 'x', receivedAt: START_MS + 9, event: 'late' }]), {
      incarnation: 'a',
    });
    const early = await segmentOf(columnsOf([{ id: 'x', receivedAt: START_MS + 5, event: 'early' }]), {
      incarnation: 'b',
    });
    for (const segments of [
      [late, early],
      [early, late],
    ]) {
      const { events, totals } = await collect({ segments });
      expect(events).toEqual(['early']);
      expect(totals).toEqual({ eventCount: 1, scannedRowCount: 2, duplicateCount: 1 });
    }
  });

  it('of copies received at once keeps that of the least incarnation, then the least seq, then the first row', async () => {
    const copy = (event: string) => columnsOf([{ id: 'x', event }]);
    const segments = [
      await segmentOf(copy('b, 1'), { incarnation: 'b', seqFrom: 1 }),
      await segmentOf(copy('a, 10'), { incarnation: 'a', seqFrom: 10 }),
      await segmentOf(
        columnsOf([
          { id: 'x', event: 'a, 9, first' },
          { id: 'x', event: 'a, 9, second' },
        ]),
        {
          incarnation: 'a',
          seqFrom: 9,
        },
      ),
    ];
    const { events, totals } = await collect({ segments });
    expect(events).toEqual(['a, 9, first']);
    expect(totals.duplicateCount).toBe(3);
  });

  it('keeps events of one id under two keys', async () => {
    const segments = [
      await segmentOf(
        columnsOf([
          { id: 'x', keyHash: 1n, event: 'one' },
          { id: 'x', keyHash: 2n, event: 'two' },
        ]),
      ),
    ];
    const tails = [{ columns: columnsOf([{ id: 'x', keyHash: 2n, event: 'copy' }]), incarnation: 'z', seqFrom: 0 }];
    expect((await collect({ segments, tails })).events).toEqual(['one', 'two']);
  });

  it('compares tails with what is stored', async () => {
    const segments = [
      await segmentOf(
        columnsOf([
          { id: 'x', receivedAt: START_MS + 9, event: 'stored' },
          { id: 'y', event: 'y' },
        ]),
      ),
    ];
    const columns = columnsOf([
      { id: 'x', receivedAt: START_MS + 2, event: 'tail' },
      { id: 'z', at: START_MS + DAY_MS, event: 'next day' },
    ]);
    const { seen, events } = await collect({ segments, tails: [{ columns, incarnation: 'i', seqFrom: 5 }] });
    expect(events).toEqual(['next day', 'tail', 'y']);
    expect(seen.find(({ id }) => id === 'z')?.day).toBe(DAY + 1);
  });

  it('lets the seal decide, and streams a day of seals without comparing', async () => {
    const sealed = await segmentOf(columnsOf([{ id: 'x', event: 'sealed' }]), { source: 'seal', incarnation: 'zz' });
    const again = await segmentOf(columnsOf([{ id: 'x', event: 'again' }]), { incarnation: 'a' });
    expect((await collect({ segments: [again, sealed] })).events).toEqual(['sealed']);
    const bucket2 = await segmentOf(columnsOf([{ id: 'x', event: 'other bucket' }]), {
      source: 'seal',
      incarnation: 'zz',
    });
    expect((await collect({ segments: [sealed, bucket2] })).totals.duplicateCount).toBe(0);
  });

  it('takes only the days listed of a segment', async () => {
    const columns = shopColumns(1_000, { days: 5 });
    const segment = await segmentOf(columns);
    const days = segment.days.slice(1, 3);
    const { seen, totals } = await collect({ segments: [{ ...segment, days }] });
    expect(new Set(seen.map(({ day }) => day))).toEqual(new Set([DAY + 1, DAY + 2]));
    expect(totals.eventCount).toBe(400);
  });

  it('filters by time to the millisecond, and judges copies by the whole day', async () => {
    const columns = columnsOf([
      { id: 'a', at: START_MS + 9, event: 'before' },
      { id: 'b', at: START_MS + 10, event: 'start' },
      { id: 'c', at: START_MS + 19, event: 'last' },
      { id: 'd', at: START_MS + 20, event: 'end' },
      { id: 'e', at: START_MS + 15, receivedAt: START_MS + 99, event: 'copy in range' },
      { id: 'e', at: START_MS + 50, receivedAt: START_MS + 60, event: 'survivor out of range' },
    ]);
    const { events } = await collect({
      segments: [await segmentOf(columns)],
      startMs: START_MS + 10,
      endMs: START_MS + 20,
    });
    expect(events).toEqual(['last', 'start']);
  });

  it('finds the same survivors in a day too large to be held', async () => {
    const random = randomFrom(4);
    const rows = Array.from({ length: 60_000 }, (_, row) => ({
      id: `${Math.floor(random() * 40_000)}`,
      at: START_MS + Math.floor(random() * DAY_MS),
      receivedAt: START_MS + Math.floor(random() * 1_000),
      person: BigInt(row % 977),
      event: `${row}`,
    }));
    const segments = [];
    for (let i = 0; i < 6; i++) {
      segments.push(await segmentOf(columnsOf(rows.slice(i * 10_000, (i + 1) * 10_000)), { seqFrom: i }));
    }
    const { seen, totals } = await collect({ segments, wanted: new Set(['id', 'event'] as const) });
    const leastByid = new Map<string, number>();
    for (const { id, receivedAt } of rows)
      leastByid.set(id, Math.min(receivedAt, leastByid.get(id) ?? Number.POSITIVE_INFINITY));
    expect(seen.length).toBe(leastByid.size);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(leastByid.size);
    for (const { id, event } of seen) expect(rows[Number(event)]?.receivedAt).toBe(leastByid.get(id));
    expect(totals).toEqual({ eventCount: seen.length, scannedRowCount: 60_000, duplicateCount: 60_000 - seen.length });
  });

  it('counts what came again to a large sealed day as the seal has it', async () => {
    const columns = shopColumns(52_000, { days: 1 });
    const sealed = await segmentOf(columns, { source: 'seal', incarnation: 'zz' });
    const late = shopColumns(52_000, { days: 1 });
    const again = await segmentOf(
      selectRows(
        late,
        Uint32Array.from({ length: 100 }, (_, row) => 500 * row),
      ),
    );
    const { seen, totals } = await collect({ segments: [again, sealed], wanted: new Set(['id'] as const) });
    expect(totals).toEqual({ eventCount: 52_000, scannedRowCount: 52_100, duplicateCount: 100 });
    expect(new Set(seen.map(({ id }) => id)).size).toBe(52_000);
  });

  it('refuses before it reads when there are too many rows', async () => {
    const segments = [await segmentOf(shopColumns(1_000))];
    bucket.calls.length = 0;
    const outcome = await scan(
      {
        bucket: bucket.binding,
        hashKey: HASH_KEY,
        segments,
        tails: [],
        startMs: START_MS,
        endMs: START_MS + DAY_MS * 30,
        wanted: new Set(),
        rowsMax: 999,
      },
      () => {},
    );
    expect(outcome).toEqual({ ok: false, error: { code: 'scan-too-large', rowCount: 1_000, rowsMax: 999 } });
    expect(bucket.calls).toEqual([]);
  });

  it('refuses before it reads when too many rows of a day are not sealed, however many are', async () => {
    const limits = LIMITS as { mixedRowsMax: number };
    const { mixedRowsMax } = LIMITS;
    limits.mixedRowsMax = 999;
    const sealed = await segmentOf(shopColumns(2_000, { days: 1 }), { source: 'seal' });
    const more = shopColumns(1_000, { days: 1, firstRow: 2_000 });
    const flushed = await segmentOf(more);
    const request = {
      bucket: bucket.binding,
      hashKey: HASH_KEY,
      tails: [],
      startMs: START_MS,
      endMs: START_MS + DAY_MS,
      wanted: new Set<never>(),
    };
    bucket.calls.length = 0;
    const outcome = await scan({ ...request, segments: [sealed, flushed] }, () => {});
    expect(outcome).toEqual({ ok: false, error: { code: 'day-too-mixed', rowCount: 1_000, rowsMax: 999 } });
    expect(bucket.calls).toEqual([]);
    limits.mixedRowsMax = 1_000;
    expect(await scan({ ...request, segments: [sealed, flushed] }, () => {})).toMatchObject({ ok: true });
    Object.assign(limits, { mixedRowsMax });
  });

  it('ends when its caller says stop, and tells so', async () => {
    const flushed = await segmentOf(shopColumns(3_000, { days: 3 }));
    const request = {
      bucket: bucket.binding,
      hashKey: HASH_KEY,
      segments: [flushed],
      tails: [],
      startMs: START_MS,
      endMs: START_MS + 3 * DAY_MS,
      wanted: new Set(['id'] as const),
    };
    const seen: number[] = [];
    const outcome = await scan(request, (_, rows, day) => {
      seen.push(rows.length);
      return day === DAY + 1 ? 'stop' : undefined;
    });
    const { ok: isOk } = outcome;
    expect(isOk && outcome.value).toMatchObject({ scannedRowCount: 3_000, isStopped: true });
    expect(isOk && outcome.value.eventCount).toBe(seen.reduce((sum, count) => sum + count, 0));
    expect(isOk && outcome.value.eventCount).toBeLessThan(3_000);
    const whole = await scan(request, () => {});
    expect(whole).toEqual({ ok: true, value: { eventCount: 3_000, scannedRowCount: 3_000, duplicateCount: 0 } });
  });

  it.each([
    ['a sealed day', 2_000, 'seal'],
    ['a day that is held to compare ids', 2_000, 'flush'],
    ['a day that is read twice, in the first reading', 52_000, 'flush'],
  ] as const)('is refused once its budget is spent: %s', async (_, rowCount, source) => {
    const segments = [await segmentOf(shopColumns(rowCount, { days: 1 }), { source })];
    const scanOf = async (rowsMax: number) => {
      const budget = new RowBudget(rowsMax);
      const times = { startMs: START_MS, endMs: START_MS + DAY_MS };
      let delivered = 0;
      const outcome = await scan(
        { bucket: bucket.binding, hashKey: HASH_KEY, segments, tails: [], ...times, wanted: new Set(['id']), budget },
        (_, rows) => {
          delivered += rows.length;
        },
      );
      return { outcome, delivered, read: budget.rowCount };
    };
    const { read, delivered } = await scanOf(10 * rowCount);
    expect(delivered).toBe(rowCount);
    expect(read).toBe(rowCount > 50_000 ? 2 * rowCount : rowCount);
    expect(await scanOf(read)).toMatchObject({ outcome: { ok: true }, delivered: rowCount });
    const refused = await scanOf(rowCount - 1);
    expect(refused.outcome).toMatchObject({ ok: false, error: { code: 'budget-spent', rowsMax: rowCount - 1 } });
    expect(refused.delivered).toBeLessThan(rowCount);
  });

  it('reads a small segment of many days once', async () => {
    const segments = [await segmentOf(shopColumns(5_000))];
    bucket.calls.length = 0;
    const { totals } = await collect({ segments });
    expect(totals.eventCount).toBe(5_000);
    expect(bucket.count('get')).toBe(1);
  });

  it('delivers only the people asked for', async () => {
    const columns = columnsOf([-3n, 0n, 4n, 5n].map((person) => ({ id: `${person}`, person, event: `${person}` })));
    const segments = [await segmentOf(columns)];
    expect((await collect({ segments, people: { min: 4n, max: 4n } })).events).toEqual(['4']);
    expect((await collect({ segments, people: { min: -3n, max: 0n } })).events).toEqual(['-3', '0']);
  });

  it('reads the footer from the object when the manifest has none', async () => {
    const segment = await segmentOf(columnsOf([{ id: 'x' }]), { footer: null });
    expect((await collect({ segments: [segment] })).totals.eventCount).toBe(1);
  });

  it('fails when a segment cannot be read, instead of answering with less', async () => {
    const segments = [
      await segmentOf(columnsOf([{ id: 'x' }])),
      await segmentOf(columnsOf([{ id: 'y' }]), { path: 'gone' }),
    ];
    await expect(collect({ segments })).rejects.toThrow('gone');
  });
});

describe('read-ahead', () => {
  it('keeps the order and bounds what is under way', async () => {
    let running = 0;
    let most = 0;
    const step = async (item: number) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, (item * 7) % 5));
      running--;
      return item;
    };
    const results: number[] = [];
    for await (const result of readAhead([...Array(20).keys()], step, 4)) results.push(result);
    expect(results).toEqual([...Array(20).keys()]);
    expect(most).toBe(4);
  });
});

describe('coalescing', () => {
  it('reads over small holes and leaves out the largest of the others', () => {
    const at = (from: number, size = 10) => ({ from, to: from + size });
    expect(coalesce([at(0), at(10), at(500)])).toEqual([{ from: 0, to: 510 }]);
    const MIB = 1_048_576;
    expect(coalesce([at(0), at(MIB), at(9 * MIB), at(30 * MIB)])).toEqual([
      { from: 0, to: MIB + 10 },
      at(9 * MIB),
      at(30 * MIB),
    ]);
  });
});
