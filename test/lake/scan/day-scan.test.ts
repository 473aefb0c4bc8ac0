// The scan of one day, row group by row group: it gives the same events as the scan of a range, in the memory of one
// isolate.

import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../src/core/limits.ts';
import { scanDay } from '../../../src/lake/scan/day-scan.ts';
import { type ScanSegment, type ScanTail, scan } from '../../../src/lake/scan/scan.ts';
import { encodeSegment } from '../../../src/lake/segment/segment-write.ts';
import { FakeBucket } from '../../support/fake-bucket.ts';
import { randomFrom, START_MS, shopColumns } from '../generate.ts';

describe('a day, row group by row group', () => {
  it('has the very copies that the scan lets survive', async () => {
    const bucket = new FakeBucket();
    const random = randomFrom(7);
    const segments: ScanSegment[] = [];
    const tails: ScanTail[] = [];
    for (let number = 0; number < 8; number++) {
      const columns = shopColumns(2_000, { seed: 1 + number, days: 2, firstRow: 700 * number });
      for (let row = 0; row < columns.rowCount; row++) {
        // Copies share id and device, and are received at one of three moments.
        columns.keyHash[row] = 7n;
        columns.receivedAt[row] = START_MS + Math.floor(random() * 3);
      }
      const incarnation = `i${(number * 5) % 8}`;
      if (number === 7) {
        tails.push({ columns, incarnation, seqFrom: 3 });
        continue;
      }
      const { bytes, days } = encodeSegment(columns, { order: 'l0' });
      await bucket.put(`s${number}`, bytes);
      segments.push({
        path: `s${number}`,
        sizeBytes: bytes.length,
        source: 'flush',
        incarnation,
        seqFrom: number % 2,
        days,
      });
    }
    const wanted = new Set(['id', 'received_at', 'properties'] as const);
    const startMs = START_MS + DAY_MS / 2;
    const endMs = START_MS + 2 * DAY_MS;
    const expected: string[] = [];
    const hashKey = [1, 2, 3, 4] as const;
    const request = { bucket: bucket.binding, hashKey, segments, tails, startMs, endMs, wanted };
    await scan(request, ({ strings, receivedAt }, rows) => {
      for (const row of rows) expected.push(`${strings.id![row]} ${receivedAt[row]} ${strings.properties![row]}`);
    });
    const found: string[] = [];
    for (const day of [0, 1].map((index) => START_MS / DAY_MS + index)) {
      for await (const { columns, rows } of scanDay({ ...request, day })) {
        const { strings, receivedAt } = columns;
        for (const row of rows) found.push(`${strings.id![row]} ${receivedAt[row]} ${strings.properties![row]}`);
      }
    }
    expect(found.length).toBeGreaterThan(3_000);
    expect(found.sort()).toEqual(expected.sort());
  });
});
