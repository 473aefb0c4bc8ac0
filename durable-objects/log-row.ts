/** Log row: the blocks of one commit with the decision on each event, as bytes in a slot of the shard's log. */
import { crc32 } from 'node:zlib';
import { type EventBlock, openBlock } from '../src/core/block/block.ts';
import type { LogRow, RowPlan } from '../src/core/shard/engine.ts';
import { assert } from '../src/core/std/result.ts';

/** A row of the table `log`. */
export type SlotRow = { seq: number; watermark_ms: number; checksum: number; blocks: ArrayBuffer };

/** The row as the engine replays it. Throws when its bytes are not those that were written. */
export function logRowOf(row: SlotRow): LogRow {
  const { seq, checksum } = row;
  const bytes = new Uint8Array(row.blocks);
  assert(crc32(bytes) === checksum, `row ${seq} of the log is damaged: its checksum differs`);
  const { blocks, dispositions } = decodeRow(bytes);
  const watermarkMs = Number.isFinite(row.watermark_ms) ? row.watermark_ms : null;
  return { seq, blocks, dispositions, watermarkMs, sizeBytes: bytes.byteLength, checksum };
}

/**
 * The bytes of a row: the blocks, each padded to 8 bytes so that it opens without a copy, then their dispositions.
 *
 *   u32 blockCount   u32 reserved   u32 blockBytes[blockCount] (padded to 8)   blocks   dispositions
 */
export function encodeRow(plan: RowPlan): Uint8Array {
  const count = plan.blocks.length;
  const tableBytes = pad8(8 + 4 * count);
  const blockBytes = plan.blocks.reduce((sum, block) => sum + pad8(block.bytes.byteLength), 0);
  const dispositionBytes = plan.dispositions.reduce((sum, each) => sum + each.byteLength, 0);
  const bytes = new Uint8Array(tableBytes + blockBytes + dispositionBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, count, true);
  let at = tableBytes;
  plan.blocks.forEach((block, i) => {
    view.setUint32(8 + 4 * i, block.bytes.byteLength, true);
    bytes.set(block.bytes, at);
    at += pad8(block.bytes.byteLength);
  });
  for (const each of plan.dispositions) {
    bytes.set(each, at);
    at += each.byteLength;
  }
  return bytes;
}

function decodeRow(bytes: Uint8Array): { blocks: EventBlock[]; dispositions: Uint8Array[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(0, true);
  let at = pad8(8 + 4 * count);
  const blocks: EventBlock[] = [];
  for (let i = 0; i < count; i++) {
    const length = view.getUint32(8 + 4 * i, true);
    blocks.push(openBlock(bytes.subarray(at, at + length)));
    at += pad8(length);
  }
  const dispositions = blocks.map((block) => {
    const each = bytes.subarray(at, at + block.eventCount);
    at += block.eventCount;
    return each;
  });
  assert(at === bytes.byteLength, `a log row should have ${at} bytes and has ${bytes.byteLength}`);
  return { blocks, dispositions };
}

function pad8(bytes: number): number {
  return (bytes + 7) & ~7;
}
