/**
 * Block layout: where the bytes of an EventBlock lie. Little-endian, by column, every column aligned to its element.
 *
 *   0   u32 magic "TMB1"        24  u32 rollupCount        48  u32 rollupBytes
 *   4   u32 eventCount          28  u32 numberCount        52  u32 rejected
 *   8   f64 receivedAtMs        32  u32 indexBytes (2|4)   56  u32 quarantined
 *   16  u32 stringCount         36  u32 stringBytes        60  u32 reserved
 *   20  u32 columnCount         40  f64 routingAtMsMax
 *   64  f64 at[eventCount]
 *       u32 idHash[2·eventCount]   (low, high), as are the next two
 *       u32 person[2·eventCount]   (0, 0): no person
 *       u32 keyHash[2·eventCount]
 *       f64 number[numberCount][eventCount]        NaN: absent
 *       u32 stringLength[stringCount]              in UTF-16 units
 *       rollup sections, see block-rollups.ts      padded to 4
 *       u16|u32 stringIndex[columnCount][eventCount]   0: null, else 1 + index
 *       u8  flags[eventCount]
 *       utf-8 of all strings, joined
 */
export const BLOCK_MAGIC = 0x31424d54;
export const BLOCK_HEADER_BYTES = 64;

export interface BlockHeader {
  readonly eventCount: number;
  readonly receivedAtMs: number;
  readonly stringCount: number;
  readonly columnCount: number;
  readonly rollupCount: number;
  readonly numberCount: number;
  readonly indexBytes: number;
  readonly stringBytes: number;
  readonly routingAtMsMax: number;
  readonly rollupBytes: number;
  readonly rejected: number;
  readonly quarantined: number;
}

export interface BlockOffsets {
  readonly at: number;
  readonly idHash: number;
  readonly person: number;
  readonly keyHash: number;
  readonly numbers: number;
  readonly stringLengths: number;
  readonly rollups: number;
  readonly stringIndexes: number;
  readonly flags: number;
  readonly strings: number;
  readonly end: number;
}

export function blockOffsets(header: BlockHeader): BlockOffsets {
  const n = header.eventCount;
  const at = BLOCK_HEADER_BYTES;
  const idHash = at + 8 * n;
  const person = idHash + 8 * n;
  const keyHash = person + 8 * n;
  const numbers = keyHash + 8 * n;
  const stringLengths = numbers + 8 * n * header.numberCount;
  const rollups = stringLengths + 4 * header.stringCount;
  const stringIndexes = rollups + header.rollupBytes;
  const flags = stringIndexes + header.indexBytes * n * header.columnCount;
  const strings = flags + n;
  return {
    at,
    idHash,
    person,
    keyHash,
    numbers,
    stringLengths,
    rollups,
    stringIndexes,
    flags,
    strings,
    end: strings + header.stringBytes,
  };
}

export function writeBlockHeader(view: DataView, header: BlockHeader): void {
  view.setUint32(0, BLOCK_MAGIC, true);
  view.setUint32(4, header.eventCount, true);
  view.setFloat64(8, header.receivedAtMs, true);
  view.setUint32(16, header.stringCount, true);
  view.setUint32(20, header.columnCount, true);
  view.setUint32(24, header.rollupCount, true);
  view.setUint32(28, header.numberCount, true);
  view.setUint32(32, header.indexBytes, true);
  view.setUint32(36, header.stringBytes, true);
  view.setFloat64(40, header.routingAtMsMax, true);
  view.setUint32(48, header.rollupBytes, true);
  view.setUint32(52, header.rejected, true);
  view.setUint32(56, header.quarantined, true);
}

export function readBlockHeader(view: DataView): BlockHeader {
  return {
    eventCount: view.getUint32(4, true),
    receivedAtMs: view.getFloat64(8, true),
    stringCount: view.getUint32(16, true),
    columnCount: view.getUint32(20, true),
    rollupCount: view.getUint32(24, true),
    numberCount: view.getUint32(28, true),
    indexBytes: view.getUint32(32, true),
    stringBytes: view.getUint32(36, true),
    routingAtMsMax: view.getFloat64(40, true),
    rollupBytes: view.getUint32(48, true),
    rejected: view.getUint32(52, true),
    quarantined: view.getUint32(56, true),
  };
}
