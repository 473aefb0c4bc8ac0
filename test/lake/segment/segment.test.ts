import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type EventColumns, LATE_BEYOND, LATE_CORRECTION, LATE_IMPORT } from '../../../src/core/event/columns.ts';
import { STRING_COLUMNS } from '../../../src/core/event/event.ts';
import { DAY_MS, LIMITS } from '../../../src/core/limits.ts';
import { concatColumns, dayOf, selectRows, sortRowsL0, sortRowsL1 } from '../../../src/lake/segment/columns.ts';
import { packFooter, unpackFooter } from '../../../src/lake/segment/footer.ts';
import { personSet } from '../../../src/lake/segment/people-bounds.ts';
import { type ReadOptions, readRowGroups, readSegment } from '../../../src/lake/segment/segment-read.ts';
import { ALL_LAKE_COLUMNS, type LakeColumn } from '../../../src/lake/segment/segment-schema.ts';
import { encodeSegment, encodeSegmentPausing } from '../../../src/lake/segment/segment-write.ts';
import { bytesSource, r2Source, type SegmentSource, sharedSource } from '../../../src/lake/segment/source.ts';
import { FakeBucket } from '../../support/fake-bucket.ts';
import { columnsOf, emptyColumns, START_MS, shopColumns, WILD_CONTENT_HASH, wildColumns } from '../generate.ts';

async function readAll(source: SegmentSource, options: Partial<ReadOptions> = {}): Promise<EventColumns[]> {
  const batches: EventColumns[] = [];
  for await (const batch of readSegment(source, { columns: ALL_LAKE_COLUMNS, ...options })) batches.push(batch);
  return batches;
}

/** Drops the other forms in which the columns keep texts. */
function plain({ coded, packed, typed, ...columns }: EventColumns): EventColumns {
  return columns;
}

/** Returns the text that UTF-8 can hold: lone surrogates become U+FFFD. */
function wellFormed(columns: EventColumns): EventColumns {
  const strings = Object.fromEntries(
    Object.entries(columns.strings).map(([name, values]) => [
      name,
      values.map((value) => value?.toWellFormed() ?? null),
    ]),
  );
  return { ...columns, strings };
}

describe('a segment', () => {
  it.each([1, 2, 8, 63, 500, 12_345])(
    'gives back every column of %i rows of wild text, in its order',
    async (rowCount) => {
      const columns = wildColumns(rowCount, rowCount);
      const { bytes } = encodeSegment(columns, { order: 'l0' });
      const read = concatColumns(await readAll(bytesSource(bytes)));
      expect(plain(read)).toEqual(wellFormed(selectRows(columns, sortRowsL0(columns))));
    },
  );

  it('gives back repetitive columns, wide dictionaries and constants', async () => {
    const columns = emptyColumns(9_000);
    const at = columns.at.fill(START_MS);
    const strings: Record<string, (string | null)[]> = { ...columns.strings } as never;
    strings.id = Array.from(at, (_, row) => `${row}`);
    strings.event = Array.from(at, (_, row) => `event é ${row % 700}`);
    strings.path = Array.from(at, (_, row) => (row % 3 === 0 ? null : `/p/${row % 300}`));
    strings.country = Array.from(at, () => 'FR');
    strings.title = Array.from(at, () => '');
    const { bytes } = encodeSegment({ ...columns, strings }, { order: 'l1' });
    const read = concatColumns(await readAll(bytesSource(bytes)));
    expect(read.rowCount).toBe(9_000);
    const byId = new Map(read.strings.id?.map((id, row) => [Number(id), row]));
    for (let row = 0; row < 9_000; row += 7) {
      const found = byId.get(row) as number;
      for (const name of ['event', 'path', 'country', 'title', 'os'] as const) {
        expect(read.strings[name]?.[found]).toBe(strings[name]?.[row] ?? null);
      }
    }
  });

  it('keeps 64-bit hashes at their ends, and takes 0 for no person', async () => {
    const people = [0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 32n, -(2n ** 32n)];
    const columns = columnsOf(people.map((person, row) => ({ id: `${row}`, person, keyHash: person })));
    const { bytes } = encodeSegment(columns, { order: 'l1' });
    const [read] = await readAll(bytesSource(bytes));
    const ascending = [-(2n ** 63n), -(2n ** 32n), -1n, 0n, 1n, 2n ** 32n, 2n ** 63n - 1n];
    expect([...(read as EventColumns).person]).toEqual(ascending);
    expect([...(read as EventColumns).keyHash]).toEqual(ascending);
  });

  it('begins a row group at each day, and says which rows are in no part', async () => {
    const columns = shopColumns(5_000, { days: 4 });
    columns.late.fill(0);
    columns.late[0] = LATE_BEYOND;
    columns.receivedAt[0] = columns.at[0]! + LIMITS.allowedLatenessMs;
    columns.late[1] = LATE_IMPORT | LATE_CORRECTION;
    columns.late[2] = LATE_CORRECTION;
    columns.late[3] = LATE_BEYOND;
    columns.receivedAt[3] = columns.at[3]! + LIMITS.allowedLatenessMs + 1;
    const { bytes, days, rowCount, atMinMs, atMaxMs } = encodeSegment(columns, { order: 'l0' });
    expect(days.map(({ day }) => day)).toEqual([0, 1, 2, 3].map((day) => dayOf(START_MS) + day));
    expect(days.map(({ rowGroupFrom, rowGroupTo }) => [rowGroupFrom, rowGroupTo])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
    expect(days.reduce((sum, day) => sum + day.rowCount, 0)).toBe(rowCount);
    expect(days[0]).toMatchObject({ uncounted: 3, undecided: 1 });
    expect([atMinMs, atMaxMs]).toEqual([Math.min(...columns.at), Math.max(...columns.at)]);
    const groups = await readAll(bytesSource(bytes));
    expect(groups.map(({ at }) => new Set(Array.from(at, dayOf)).size)).toEqual([1, 1, 1, 1]);
  });

  it('lets small days share row groups where there are very many, and reads of each its own rows alone', async () => {
    // 1,500 days of 1 to 3 rows, and one of 3,000.
    const events = Array.from({ length: 1_500 }, (_, day) =>
      Array.from({ length: day === 700 ? 3_000 : 1 + (day % 3) }, (_, i) => ({
        id: `${day} ${i}`,
        at: START_MS + day * DAY_MS + i,
        person: BigInt((i * 7_919) % 1_000) - 500n,
      })),
    ).flat();
    const { bytes, days, footer } = encodeSegment(columnsOf(events), { order: 'l0' });
    expect(days).toHaveLength(1_500);
    expect(footer.length).toBeLessThan(400_000);
    const groups = await readAll(bytesSource(bytes));
    expect(groups.length).toBeLessThan(130);
    expect(groups.reduce((sum, { rowCount }) => sum + rowCount, 0)).toBe(events.length);
    const firstDay = dayOf(START_MS);
    for (const day of [0, 1, 699, 700, 701, 1_499]) {
      const { rowCount } = days[day]!;
      for (const options of [{}, { columns: new Set<LakeColumn>(['id']) }, { people: { min: -600n, max: 600n } }]) {
        const found = await readAll(bytesSource(bytes), { days: new Set([firstDay + day]), ...options });
        const ids = found.flatMap(({ strings }) => strings.id ?? []);
        expect(ids.sort(), `day ${day}`).toEqual(
          events
            .filter(({ id }) => id.startsWith(`${day} `))
            .map(({ id }) => id)
            .sort(),
        );
        expect(ids).toHaveLength(rowCount);
      }
    }
  });

  it('numbers the rows of a day alike, whatever people are read of it, also where days share row groups', async () => {
    const events = Array.from({ length: 400 }, (_, day) =>
      Array.from({ length: day === 200 ? 6_000 : 2 }, (_, i) => ({
        id: `${day} ${i}`,
        at: START_MS + day * DAY_MS + i,
        person: BigInt(i + 1),
      })),
    ).flat();
    const { bytes } = encodeSegment(columnsOf(events), { order: 'l0' });
    const numbered = async (options: Partial<Parameters<typeof readRowGroups>[1]>, days: number[]) => {
      const numbers = new Map<string, number>();
      const reading = { columns: new Set<LakeColumn>(['id', 'person']), days: new Set(days), ...options };
      for await (const { firstRow, columns } of readRowGroups(bytesSource(bytes), reading)) {
        for (const [row, id] of columns.strings.id!.entries()) numbers.set(id!, firstRow + row);
      }
      return numbers;
    };
    const days = [199, 200, 201].map((day) => dayOf(START_MS) + day);
    const all = await numbered({}, days);
    expect([...all.values()]).toEqual(Array.from({ length: 6_004 }, (_, row) => row));
    const some = await numbered({ people: { min: 5_000n, max: 5_500n } }, days);
    expect(some.size).toBeLessThan(6_004);
    for (const [id, row] of some) expect(row).toBe(all.get(id));
  });

  it('cuts a long day into several row groups', async () => {
    const { bytes, days } = encodeSegment(shopColumns(25_000, { days: 1 }), { order: 'l1' });
    expect(days).toMatchObject([{ rowGroupFrom: 0, rowGroupTo: 3, rowCount: 25_000 }]);
    expect((await readAll(bytesSource(bytes))).map(({ rowCount }) => rowCount)).toEqual([10_000, 10_000, 5_000]);
  });

  it('refuses to be empty, and an L1 of two days', () => {
    expect(() => encodeSegment(emptyColumns(0), { order: 'l0' })).toThrow('at least one row');
    expect(() => encodeSegment(shopColumns(100, { days: 2 }), { order: 'l1' })).toThrow('one day');
  });
});

describe('equal content', () => {
  it('has equal bytes and an equal hash, whatever was encoded in between', () => {
    const first = encodeSegment(wildColumns(3_000, 5), { order: 'l0' });
    encodeSegment(shopColumns(9_000), { order: 'l0' });
    const second = encodeSegment(wildColumns(3_000, 5), { order: 'l0' });
    expect(second.contentHash).toBe(first.contentHash);
    expect(second.footerHash).toBe(first.footerHash);
    expect(Buffer.compare(second.bytes, first.bytes)).toBe(0);
  });

  it('has the hash it had in earlier releases', () => {
    expect(encodeSegment(wildColumns(300, 7), { order: 'l0' }).contentHash).toBe(WILD_CONTENT_HASH);
  });

  it('has another hash as soon as one value of any column differs', () => {
    const original = wildColumns(50, 3);
    const { contentHash } = encodeSegment(original, { order: 'l0' });
    for (const column of STRING_COLUMNS) {
      const changed = [...(original.strings[column] ?? [])];
      changed[20] = `${changed[20]}!`;
      const strings = { ...original.strings, [column]: changed };
      expect(encodeSegment({ ...original, strings }, { order: 'l0' }).contentHash, column).not.toBe(contentHash);
    }
    for (const column of ['at', 'receivedAt', 'late'] as const) {
      const changed = original[column].slice();
      changed[20] = (changed[20] as number) + 1;
      expect(encodeSegment({ ...original, [column]: changed }, { order: 'l0' }).contentHash, column).not.toBe(
        contentHash,
      );
    }
    for (const column of ['person', 'keyHash'] as const) {
      const changed = original[column].slice();
      changed[20] = (changed[20] as bigint) + 1n;
      expect(encodeSegment({ ...original, [column]: changed }, { order: 'l0' }).contentHash, column).not.toBe(
        contentHash,
      );
    }
  });

  it('tells null from an empty text', () => {
    const absent = columnsOf([{ id: 'a' }, { id: 'b' }]);
    const empty = { ...absent, strings: { ...absent.strings, url: [null, ''] } };
    const hash = (columns: EventColumns) => encodeSegment(columns, { order: 'l0' }).contentHash;
    expect(hash(empty)).not.toBe(hash(absent));
  });

  it('lets others run between two row groups, also other encodings, and is the same file', async () => {
    const flushes = [shopColumns(9_000), shopColumns(8_000, { seed: 3 })];
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const paused = await Promise.all(flushes.map((columns) => encodeSegmentPausing(columns, { order: 'l0' })));
    clearInterval(timer);
    expect(turns).toBeGreaterThanOrEqual(3);
    expect(paused).toEqual(flushes.map((columns) => encodeSegment(columns, { order: 'l0' })));
  });
});

describe('reading', () => {
  const columns = shopColumns(20_000);
  const encoded = encodeSegment(columns, { order: 'l0' });

  async function bucketWith(): Promise<FakeBucket> {
    const bucket = new FakeBucket();
    await bucket.put('segment', encoded.bytes);
    bucket.calls.length = 0;
    return bucket;
  }

  it.each([
    ['one column', ['event']],
    ['a query’s columns', ['at', 'event', 'person', 'country', 'properties']],
    ['the first and the last', ['at', 'context']],
    ['all', [...ALL_LAKE_COLUMNS]],
  ] as [string, LakeColumn[]][])('takes at most three reads for %s when the footer is at hand', async (_, wanted) => {
    const bucket = await bucketWith();
    const source = r2Source(bucket.binding, 'segment', encoded.bytes.length);
    const batches = await readAll(source, { columns: new Set(wanted), footer: encoded.footer });
    expect(concatColumns(batches).rowCount).toBe(20_000);
    expect(bucket.count('get')).toBeLessThanOrEqual(3);
  });

  it('fetches the footer itself when it must', async () => {
    const bucket = await bucketWith();
    const source = r2Source(bucket.binding, 'segment', encoded.bytes.length);
    expect(concatColumns(await readAll(source)).rowCount).toBe(20_000);
    expect(bucket.count('get')).toBeLessThanOrEqual(4);
  });

  it('of one day fetches only what that day takes', async () => {
    const bucket = await bucketWith();
    const source = r2Source(bucket.binding, 'segment', encoded.bytes.length);
    const day = dayOf(START_MS) + 3;
    const batches = await readAll(source, { days: new Set([day]), footer: encoded.footer });
    expect(batches).toHaveLength(1);
    expect(new Set(Array.from((batches[0] as EventColumns).at, dayOf))).toEqual(new Set([day]));
    const read = bucket.calls.reduce((sum, call) => sum + (call.length ?? 0), 0);
    expect(read).toBeLessThan(encoded.bytes.length / 8);
  });

  it('skips row groups outside the time range and beyond the people asked for', async () => {
    const startMs = START_MS + 2 * DAY_MS;
    const inTime = await readAll(bytesSource(encoded.bytes), { startMs, endMs: startMs + DAY_MS });
    expect(inTime.map(({ at }) => dayOf(at[0] as number))).toEqual([dayOf(startMs)]);
    const l1 = encodeSegment(shopColumns(30_000, { days: 1 }), { order: 'l1' });
    const people = { min: 2n ** 62n, max: 2n ** 63n - 1n };
    const found = concatColumns(await readAll(bytesSource(l1.bytes), { people }));
    expect(found.rowCount).toBeLessThan(30_000);
    const all = concatColumns(await readAll(bytesSource(l1.bytes)));
    const count = (batch: EventColumns) => batch.person.filter((person) => person >= people.min).length;
    expect(count(found)).toBe(count(all));
  });

  it('reads for some people the row groups that may have one of them, and none between', async () => {
    const rows = Array.from({ length: 20_000 }, (_, row) => ({
      id: `${row}`,
      person: BigInt(row - 10_000) * 10n ** 14n,
    }));
    const { bytes } = encodeSegment(columnsOf(rows), { order: 'l0' });
    const read = async (people: readonly bigint[]) => {
      const groups = await readAll(bytesSource(bytes), { people: personSet(people) });
      return groups.map(({ strings }) => Math.floor(Number(strings.id![0]) / 2_500));
    };
    expect(await read([rows[19_999]!.person, rows[3]!.person, rows[2_600]!.person])).toEqual([0, 1, 7]);
    expect(await read([rows[9_000]!.person + 1n])).toEqual([3]);
    expect(await read([rows[2_499]!.person + 1n])).toEqual([]);
    expect(await read([rows[0]!.person - 1n, rows[19_999]!.person + 1n])).toEqual([]);
  });

  it('leaves out columns that were not asked for', async () => {
    const [batch] = await readAll(bytesSource(encoded.bytes), { columns: new Set(['event', 'at'] as const) });
    expect(Object.keys(batch?.strings ?? {})).toEqual(['event']);
    expect(batch?.at.length).toBe(batch?.rowCount);
    expect([batch?.person.length, batch?.keyHash.length, batch?.receivedAt.length, batch?.late.length]).toEqual([
      0, 0, 0, 0,
    ]);
  });

  it('says so when the object is gone or damaged', async () => {
    const bucket = new FakeBucket();
    const gone = r2Source(bucket.binding, 'nowhere', encoded.bytes.length);
    await expect(readAll(gone, { footer: encoded.footer })).rejects.toThrow('not in the lake');
    await bucket.put('short', encoded.bytes.subarray(0, 1_000));
    const short = r2Source(bucket.binding, 'short', encoded.bytes.length);
    await expect(readAll(short, { footer: encoded.footer })).rejects.toThrow('asked for');
  });

  it('serves a shared source from one read', async () => {
    const bucket = await bucketWith();
    const source = sharedSource(r2Source(bucket.binding, 'segment', encoded.bytes.length));
    for (const { day } of encoded.days) await readAll(source, { days: new Set([day]), footer: encoded.footer });
    expect(bucket.count('get')).toBe(1);
  });
});

describe('the footer', () => {
  it('comes back from its manifest text, which is much smaller', () => {
    const { footer } = encodeSegment(shopColumns(2_000), { order: 'l0' });
    const text = packFooter(footer) as string;
    expect(text.length).toBeLessThan(footer.length);
    expect(unpackFooter(text)).toEqual(footer);
  });

  it('of very many days fits the manifest, and one that does not is read from the file', async () => {
    const columns = wildColumns(1_300, 1);
    for (let row = 0; row < columns.rowCount; row++) columns.at[row] = START_MS + row * DAY_MS;
    const { bytes, footer } = encodeSegment(columns, { order: 'l0' });
    expect(packFooter(footer)?.length).toBeLessThan(100_000);
    const days = new Set([dayOf(START_MS) + 1_234]);
    for (const options of [{ days }, { days, footer }]) {
      const [batch] = await readAll(bytesSource(bytes), options);
      expect(batch?.strings.id).toEqual(['id-1234']);
    }
    expect(packFooter(randomBytes(200_000))).toBeNull();
  });
});

describe('columns', () => {
  it('concatenates what some batches lack as null, and keeps unread numbers unread', () => {
    const left = { ...columnsOf([{ id: 'a' }]), strings: { id: ['a'], event: ['x'] }, late: new Uint8Array() };
    const right = { ...columnsOf([{ id: 'b' }]), strings: { id: ['b'] } };
    const both = concatColumns([left, emptyColumns(0), right]);
    expect(both.strings).toEqual({ id: ['a', 'b'], event: ['x', null] });
    expect([both.rowCount, both.at.length, both.late.length]).toEqual([2, 2, 0]);
    expect(concatColumns([]).rowCount).toBe(0);
  });

  it('sorts ties by id in L1, and in row order in L0', () => {
    const columns = columnsOf([
      { id: 'b', person: 2n },
      { id: 'c', person: -5n },
      { id: 'a', person: 2n },
      { id: 'd', person: 2n, at: START_MS - 1 },
    ]);
    expect([...sortRowsL1(columns)]).toEqual([1, 3, 2, 0]);
    expect([...sortRowsL0(columns)]).toEqual([3, 1, 0, 2]);
  });
});
