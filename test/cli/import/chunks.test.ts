import { expect, it } from 'vitest';
import { cutChunks, type RowCounts } from '../../../src/cli/import/chunks.ts';
import { LIMITS } from '../../../src/core/limits.ts';

it('cuts chunks that the server takes, whatever the script of the texts', async () => {
  const counts: RowCounts = { read: 0, mapped: 0, skipped: 0, unreadable: 0, unreadableFirst: [] };
  const row = { event: 'x', timestamp: 0, properties: { text: '\u6f6e'.repeat(10_000) } };
  const rows = (async function* () {
    for (let batch = 0; batch < 10; batch++) yield Array(100).fill(0);
  })();
  const sizes: number[] = [];
  let rowCount = 0;
  const options = { rowsMax: 20_000, idPrefix: 'p', counts };
  for await (const chunk of cutChunks(rows, () => ({ ...row }), options)) {
    sizes.push(chunk.body.length);
    rowCount += chunk.rowCount;
  }
  expect(rowCount).toBe(1_000);
  expect(sizes).toHaveLength(3);
  expect(Math.max(...sizes)).toBeLessThan(LIMITS.importChunkSizeBytesMax);
});
