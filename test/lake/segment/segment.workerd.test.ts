// Segments in the runtime itself: its zstd, hash and text functions are not Node's, and its R2 is the real interface.
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../src/core/limits.ts';
import { scan } from '../../../src/lake/scan/scan.ts';
import { concatColumns, selectRows, sortRowsL0 } from '../../../src/lake/segment/columns.ts';
import { packFooter, unpackFooter } from '../../../src/lake/segment/footer.ts';
import { putSegment, SegmentConflictError } from '../../../src/lake/segment/put.ts';
import { readSegment } from '../../../src/lake/segment/segment-read.ts';
import { ALL_LAKE_COLUMNS } from '../../../src/lake/segment/segment-schema.ts';
import { encodeSegment } from '../../../src/lake/segment/segment-write.ts';
import { r2Source } from '../../../src/lake/segment/source.ts';
import { START_MS, shopColumns, WILD_CONTENT_HASH, wildColumns } from '../generate.ts';

const bucket = (env as unknown as { LAKE: R2Bucket }).LAKE;

describe('in workerd, a segment', () => {
  it('goes to R2 once and comes back the same', async () => {
    const columns = shopColumns(5_000);
    const segment = encodeSegment(columns, { order: 'l0' });
    expect(await putSegment(bucket, 'a', segment)).toMatchObject({ status: 'stored' });
    expect(await putSegment(bucket, 'a', segment)).toMatchObject({ status: 'same', isOurs: true });
    const other = encodeSegment(wildColumns(10, 1), { order: 'l0' });
    await expect(putSegment(bucket, 'a', other)).rejects.toThrow(SegmentConflictError);
    const footer = unpackFooter(packFooter(segment.footer) as string);
    const batches = [];
    for await (const batch of readSegment(r2Source(bucket, 'a', segment.bytes.length), {
      columns: ALL_LAKE_COLUMNS,
      footer,
    })) {
      batches.push(batch);
    }
    expect(concatColumns(batches)).toEqual(selectRows(columns, sortRowsL0(columns)));
  });

  it('is scanned from R2', async () => {
    const segment = encodeSegment(shopColumns(3_000, { seed: 9 }), { order: 'l0' });
    await putSegment(bucket, 'b', segment);
    const { days, footer, bytes } = segment;
    const part = {
      path: 'b',
      sizeBytes: bytes.length,
      source: 'import',
      incarnation: 'i',
      seqFrom: 0,
      days,
      footer,
    } as const;
    const twice = [part, { ...part, seqFrom: 1 }];
    const range = { startMs: START_MS, endMs: START_MS + 30 * DAY_MS };
    const source = { bucket, hashKey: [1, 2, 3, 4] as const, segments: twice, tails: [] };
    const outcome = await scan({ ...source, ...range, wanted: new Set(['event']) }, () => {});
    expect(outcome).toEqual({ ok: true, value: { eventCount: 3_000, scannedRowCount: 6_000, duplicateCount: 3_000 } });
  });

  it('has the hash it has under Node', () => {
    expect(encodeSegment(wildColumns(300, 7), { order: 'l0' }).contentHash).toBe(WILD_CONTENT_HASH);
  });
});
