/** Rows: the blocks of a commit as rows of the log: one row, unless they exceed the size of a row. */
import type { EventBlock } from '../src/core/block/block.ts';
import { LIMITS } from '../src/core/limits.ts';

interface Row {
  readonly blocks: EventBlock[];
  events: number;
  sizeBytes: number;
}

/** Splits the blocks of a commit into rows that stay under SQLite's bound on a value. */
export function rowsOf(blocks: readonly EventBlock[]): Row[] {
  const rows: Row[] = [];
  for (const block of blocks) {
    const sizeBytes = block.bytes.byteLength + block.eventCount + 16;
    let row = rows.at(-1);
    if (row === undefined || row.sizeBytes + sizeBytes > LIMITS.logRowSizeBytesMax) {
      row = { blocks: [], events: 0, sizeBytes: 0 };
      rows.push(row);
    }
    row.blocks.push(block);
    row.events += block.eventCount;
    row.sizeBytes += sizeBytes;
  }
  return rows;
}
