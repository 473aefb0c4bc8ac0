import { describe, expect, it } from 'vitest';
import type { EventColumns } from '../../../src/core/event/columns.ts';
import { DAY_MS } from '../../../src/core/limits.ts';
import { type ScanRequest, type ScanSegment, type ScanTail, scan } from '../../../src/lake/scan/scan.ts';
import { KeptColumns } from '../../../src/lake/segment/kept-columns.ts';
import type { LakeColumn } from '../../../src/lake/segment/segment-schema.ts';
import { encodeSegment } from '../../../src/lake/segment/segment-write.ts';
import { FakeBucket } from '../../support/fake-bucket.ts';
import { columnsOf, randomFrom, START_MS, shopColumns, wildColumns } from '../generate.ts';

const HASH_KEY = [1, 2, 3, 4] as const;

/** A bucket with some files, and scans of them. */
class World {
  readonly bucket = new FakeBucket();
  readonly kept = new KeptColumns();
  readonly segments: ScanSegment[] = [];

  async add(columns: EventColumns, options: Partial<ScanSegment> = {}): Promise<void> {
    const source = options.source ?? 'flush';
    const { bytes, footer, days } = encodeSegment(columns, { order: source === 'seal' ? 'l1' : 'l0' });
    const path = `file-${this.segments.length}`;
    await this.bucket.put(path, bytes);
    const own = {
      path,
      sizeBytes: bytes.length,
      source,
      incarnation: 'i',
      seqFrom: this.segments.length,
      days,
      footer,
    };
    this.segments.push({ ...own, ...options });
  }

  /** Scans what is wanted; resolves with the rows as texts, and the number of reads that it took. */
  async scan(wanted: readonly LakeColumn[], request: Partial<ScanRequest> = {}) {
    const before = this.bucket.count('get');
    const rows: string[] = [];
    const outcome = await scan(
      {
        bucket: this.bucket.binding,
        hashKey: HASH_KEY,
        segments: this.segments,
        tails: [],
        startMs: START_MS,
        endMs: START_MS + 400 * DAY_MS,
        wanted: new Set(wanted),
        kept: this.kept,
        trustsShards: true,
        ...request,
      },
      (batch, found) => {
        for (const row of found) rows.push(wanted.map((column) => textOf(batch, column, row)).join('|'));
      },
    );
    if (!outcome.ok) throw new Error(outcome.error.code);
    return { rows: rows.sort(), reads: this.bucket.count('get') - before };
  }

  /** The rows as a scan without any memory finds them. */
  async afresh(wanted: readonly LakeColumn[], request: Partial<ScanRequest> = {}): Promise<readonly string[]> {
    const { rows } = await this.scan(wanted, { ...request, kept: new KeptColumns(0), trustsShards: false });
    return rows;
  }
}

function textOf(batch: EventColumns, column: LakeColumn, row: number): string {
  if (column === 'at' || column === 'person' || column === 'late') return `${batch[column][row]}`;
  if (column === 'received_at') return `${batch.receivedAt[row]}`;
  if (column === 'key_hash') return `${batch.keyHash[row]}`;
  const coded = batch.coded?.[column];
  const text = batch.strings[column]![row]!;
  if (coded !== undefined) expect(coded.entries[coded.codes[row]!]).toBe(text);
  return `${text}`;
}

describe('a scan with kept columns', () => {
  it('finds the same rows whatever columns earlier scans kept, for columns of any kind', async () => {
    const world = new World();
    await world.add(shopColumns(2_000, { days: 1 }), { source: 'seal', incarnation: '' });
    await world.add(shopColumns(1_000, { seed: 5, days: 3 }), { source: 'import', incarnation: 's' });
    await world.add(wildColumns(300, 7), { source: 'import', incarnation: 'w' });
    const columns: readonly LakeColumn[] = ['at', 'person', 'key_hash', 'id', 'event', 'country', 'path', 'properties'];
    const random = randomFrom(3);
    for (let round = 0; round < 30; round++) {
      const wanted = columns.filter(() => random() < 0.4);
      const startMs = START_MS + Math.floor(random() * 2 * DAY_MS);
      const range = { startMs, endMs: startMs + Math.floor(random() * 2 * DAY_MS) };
      expect((await world.scan(wanted, range)).rows).toEqual(await world.afresh(wanted, range));
    }
  });

  it('reads no file for columns that are kept, and only what lacks for others', async () => {
    const world = new World();
    await world.add(shopColumns(2_000, { days: 1 }), { source: 'seal', incarnation: '' });
    const first = await world.scan(['country', 'event']);
    expect(first.reads).toBeGreaterThan(0);
    expect((await world.scan(['event', 'country'])).reads).toBe(0);
    const more = await world.scan(['country', 'person']);
    expect(more.reads).toBeGreaterThan(0);
    expect((await world.scan(['person', 'event'])).reads).toBe(0);
    // Ids are as large as all other columns together, and are read each time.
    await world.scan(['id']);
    expect((await world.scan(['id'])).reads).toBeGreaterThan(0);
  });

  it('keeps nothing of a scan that is larger than the memory, and no more than that of smaller ones', async () => {
    const world = new World();
    for (let seed = 0; seed < 4; seed++) await world.add(shopColumns(1_000, { seed, days: 1 }), { source: 'seal' });
    const small = new KeptColumns(40_000);
    await world.scan(['person'], { kept: small });
    expect(small.sizeBytes).toBe(0);
    for (const segment of world.segments) {
      await world.scan(['person'], { kept: small, segments: [segment] });
      expect(small.sizeBytes).toBeGreaterThan(0);
      expect(small.sizeBytes).toBeLessThanOrEqual(40_000);
    }
  });
});

describe('a scan that trusts shards', () => {
  const server = (id: string) => ({ id, sender: 'server' as const });
  const withLate = (columns: EventColumns, late: number): EventColumns => ({
    ...columns,
    late: new Uint8Array(columns.rowCount).fill(late),
  });

  it('does not compare the ids of a day of one shard and one class of senders', async () => {
    const world = new World();
    await world.add(columnsOf([server('a'), server('b')]));
    await world.add(columnsOf([server('a'), server('c')]));
    // The shard would have told the second "a" for a copy.
    expect((await world.scan(['id'])).rows).toEqual(['a', 'a', 'b', 'c']);
  });

  it.each<[string, (world: World) => Promise<void>, readonly ScanTail[]]>([
    ['of another shard', (world) => world.add(columnsOf([server('a')]), { incarnation: 'other' }), []],
    ['of another class', (world) => world.add(columnsOf([{ id: 'a', sender: 'browser' }])), []],
    ['from before classes', (world) => world.add(columnsOf([{ id: 'a', sender: null }])), []],
    ['that the shard may have forgotten', (world) => world.add(withLate(columnsOf([server('a')]), 2)), []],
    ['of an import', (world) => world.add(columnsOf([server('a')]), { source: 'import' }), []],
    ['of a seal', (world) => world.add(columnsOf([server('a')]), { source: 'seal' }), []],
    ['of another shard that is not stored', async () => {}, [tailOf('other')]],
  ])('compares the ids of a day with a row %s', async (_, add, tails) => {
    const world = new World();
    await world.add(columnsOf([server('a'), server('b')]));
    await add(world);
    const afresh = await world.afresh(['id'], { tails });
    expect((await world.scan(['id'], { tails })).rows).toEqual(afresh);
    expect((await world.scan(['id'], { tails })).rows).toEqual(afresh);
  });

  it('compares a day once, until another file or an event that is not stored is there', async () => {
    const world = new World();
    await world.add(columnsOf([server('a'), server('b')]));
    await world.add(columnsOf([server('b'), server('c')]), { incarnation: 'other' });
    const first = await world.scan(['event']);
    expect(first.rows).toHaveLength(3);
    await world.scan(['event']);
    const known = await world.scan(['event']);
    expect(known).toEqual({ rows: first.rows, reads: 0 });
    expect((await world.scan(['event'], { tails: [tailOf('third')] })).rows).toHaveLength(3);
    await world.add(columnsOf([server('c'), server('d')]), { incarnation: 'third' });
    expect((await world.scan(['event'])).rows).toHaveLength(4);
  });

  function tailOf(incarnation: string): ScanTail {
    return { columns: columnsOf([server('a')]), incarnation, seqFrom: 9 };
  }
});
