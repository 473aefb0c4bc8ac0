/**
 * Hybrid: Parquet's RLE/bit-packing hybrid encoding of small integers, which holds definition levels (1 bit) and
 * dictionary indexes.
 *
 *   run      = varint(count << 1)           value, in ceil(width / 8) bytes
 *   packed   = varint(groups << 1 | 1)      groups × 8 values of `width` bits, least significant bit first
 *
 * The writer makes one run when all values are equal, else one packed stretch. Finer runs would save nothing, because
 * zstd follows. Index widths are 8 or 16 bits, so that packing is a copy. The reader takes any mixture, at widths 1 to
 * 24.
 */
import { assert } from '../../core/std/result.ts';

/** Encodes the definition levels of a column with `nullCount` nulls; `present` holds 1 or 0 a row. */
export function encodeLevels(present: Uint8Array, rowCount: number, nullCount: number): Uint8Array {
  if (nullCount === 0 || nullCount === rowCount) return encodeRun(rowCount, nullCount === 0 ? 1 : 0, 1);
  const groups = Math.ceil(rowCount / 8);
  const header = encodeVarint(groups * 2 + 1);
  const bytes = new Uint8Array(header.length + groups);
  bytes.set(header);
  for (let row = 0, at = header.length; row < rowCount; row += 8, at++) {
    let byte = 0;
    const end = Math.min(8, rowCount - row);
    for (let bit = 0; bit < end; bit++) byte |= present[row + bit]! << bit;
    bytes[at] = byte;
  }
  return bytes;
}

/** Encodes dictionary indexes, below `dictionarySize`, as a data page holds them: the width, then the values. */
export function encodeIndexes(indexes: Uint32Array, count: number, dictionarySize: number): Uint8Array {
  if (dictionarySize === 1) return join(Uint8Array.of(8), encodeRun(count, 0, 8));
  const wide = dictionarySize > 256;
  const groups = Math.ceil(count / 8);
  const header = encodeVarint(groups * 2 + 1);
  const bytes = new Uint8Array(1 + header.length + groups * (wide ? 16 : 8));
  bytes[0] = wide ? 16 : 8;
  bytes.set(header, 1);
  let at = 1 + header.length;
  for (let i = 0; i < count; i++) {
    const index = indexes[i]!;
    bytes[at++] = index;
    if (wide) bytes[at++] = index >>> 8;
  }
  return bytes;
}

/** Fills `output` from `bytes`, starting at `at`. */
export function decodeHybrid(
  bytes: Uint8Array,
  at: number,
  width: number,
  output: Uint8Array | Uint16Array | Uint32Array,
): void {
  const count = output.length;
  let filled = 0;
  while (filled < count) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      assert(byte !== undefined && shift < 35, `hybrid: stream ends after ${filled} of ${count} values`);
      header += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const size = Math.floor(header / 2);
    if (header % 2 === 0) {
      let value = 0;
      for (let shift = 0; shift < width; shift += 8) value |= bytes[at++]! << shift;
      output.fill(value, filled, filled + size);
      filled += size;
    } else {
      const end = Math.min(count, filled + size * 8);
      unpack(bytes, at, width, output, filled, end);
      at += size * width;
      filled = end;
    }
  }
}

function unpack(
  bytes: Uint8Array,
  at: number,
  width: number,
  output: Uint8Array | Uint16Array | Uint32Array,
  from: number,
  to: number,
): void {
  if (width === 8) {
    output.set(bytes.subarray(at, at + to - from), from);
    return;
  }
  if (width === 16) {
    for (let i = from; i < to; i++, at += 2) output[i] = bytes[at]! | (bytes[at + 1]! << 8);
    return;
  }
  assert(width <= 24, `hybrid: width ${width}, at most 24`);
  const mask = (1 << width) - 1;
  let held = 0;
  let heldBits = 0;
  for (let i = from; i < to; i++) {
    while (heldBits < width) {
      held |= bytes[at++]! << heldBits;
      heldBits += 8;
    }
    output[i] = held & mask;
    held >>>= width;
    heldBits -= width;
  }
}

function encodeRun(count: number, value: number, width: 1 | 8): Uint8Array {
  assert(width <= 8, 'hybrid: runs are written one byte wide');
  return join(encodeVarint(count * 2), Uint8Array.of(value));
}

function encodeVarint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function join(left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(left.length + right.length);
  bytes.set(left);
  bytes.set(right, left.length);
  return bytes;
}
