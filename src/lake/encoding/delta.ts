/**
 * Delta: Parquet's DELTA_BINARY_PACKED encoding of 64-bit integers, which holds times and sorted persons.
 *
 *   header   = varint(128) varint(4) varint(count) zigzag(first value)
 *   block    = zigzag(least delta) 4 × width, then 4 × 32 values of (delta − least delta) in `width` bits, low bits first
 *
 * 64-bit numbers are pairs of 32-bit words, low first: a BigInt per value would cost more than everything else. Times
 * are read as doubles, which hold them exactly. Differences wrap around, as the format says.
 */
import { assert } from '../../core/std/result.ts';

const BLOCK_COUNT = 128;
const MINIBLOCKS = 4;
const MINIBLOCK_COUNT = BLOCK_COUNT / MINIBLOCKS;
const TWO_32 = 2 ** 32;
/**
 * Sizes of the header, and of a block's least delta and widths; each value takes at most 8 bytes, padding of the last
 * miniblock included.
 */
const HEADER_SIZE_BYTES_MAX = 24;
const BLOCK_HEADER_SIZE_BYTES_MAX = 10 + MINIBLOCKS;
/**
 * Bytes behind the source that a read of the last value may touch: up to 9 from the value's first on, and a value of no
 * bits has none.
 */
const PADDING_SIZE_BYTES = 9;

/** Encodes the first `count` values, at least one, of which `words` has the (low, high) pairs. */
export function encodeDelta(words: Uint32Array, count: number): Uint8Array {
  assert(count > 0, 'delta: no values');
  const blocks = Math.ceil((count - 1) / BLOCK_COUNT);
  const bytes = new Uint8Array(HEADER_SIZE_BYTES_MAX + blocks * (BLOCK_HEADER_SIZE_BYTES_MAX + BLOCK_COUNT * 8));
  let at = writeVarint(bytes, 0, 0, BLOCK_COUNT);
  at = writeVarint(bytes, at, 0, MINIBLOCKS);
  at = writeVarint(bytes, at, 0, count);
  at = writeZigzag(bytes, at, words[1]! | 0, words[0]!);
  const lows = new Uint32Array(BLOCK_COUNT);
  const highs = new Int32Array(BLOCK_COUNT);
  for (let from = 1; from < count; from += BLOCK_COUNT) {
    const size = Math.min(BLOCK_COUNT, count - from);
    let leastHigh = 0;
    let leastLow = 0;
    for (let i = 0; i < size; i++) {
      const word = 2 * (from + i);
      const low = words[word]! - words[word - 2]!;
      const high = (words[word + 1]! - words[word - 1]! - (low < 0 ? 1 : 0)) | 0;
      lows[i] = low;
      highs[i] = high;
      if (i === 0 || high < leastHigh || (high === leastHigh && lows[i]! < leastLow)) {
        leastHigh = high;
        leastLow = lows[i]!;
      }
    }
    at = writeZigzag(bytes, at, leastHigh, leastLow);
    const widthsAt = at;
    at += MINIBLOCKS;
    for (let mini = 0; mini < MINIBLOCKS; mini++) {
      const end = Math.min(size, (mini + 1) * MINIBLOCK_COUNT);
      let anyLow = 0;
      let anyHigh = 0;
      for (let i = mini * MINIBLOCK_COUNT; i < end; i++) {
        const low = lows[i]! - leastLow;
        highs[i] = highs[i]! - leastHigh - (low < 0 ? 1 : 0);
        lows[i] = low;
        anyLow |= lows[i]!;
        anyHigh |= highs[i]!;
      }
      const width = anyHigh === 0 ? 32 - Math.clz32(anyLow) : 64 - Math.clz32(anyHigh);
      bytes[widthsAt + mini] = width;
      for (let i = mini * MINIBLOCK_COUNT, bit = at * 8; i < end; i++, bit += width) {
        if (width > 0) putBits(bytes, bit, Math.min(width, 32), lows[i]!);
        if (width > 32) putBits(bytes, bit + 32, width - 32, highs[i]! >>> 0);
      }
      at += (MINIBLOCK_COUNT * width) / 8;
    }
  }
  return bytes.subarray(0, at);
}

/** Decodes times into doubles. */
export function decodeDeltaTimes(source: Uint8Array, count: number): Float64Array {
  const output = new Float64Array(count);
  const reader = new Reader(source, count);
  let value = reader.first[1] * TWO_32 + reader.first[0];
  output[0] = value;
  const { bytes, view } = reader;
  for (let next = 1; next < count; ) {
    const [leastLow, leastHigh] = reader.zigzag();
    const least = leastHigh * TWO_32 + leastLow;
    const widthsAt = reader.at;
    reader.at += MINIBLOCKS;
    for (let mini = 0; mini < MINIBLOCKS && next < count; mini++) {
      const width = bytes[widthsAt + mini]!;
      const end = Math.min(count, next + MINIBLOCK_COUNT);
      let bit = reader.at * 8;
      if (width <= 32) {
        const mask = width === 32 ? 0xffffffff : (1 << width) - 1;
        for (; next < end; next++, bit += width) {
          const shift = bit & 7;
          const from = bit >>> 3;
          let low = view.getUint32(from, true) >>> shift;
          if (shift + width > 32) low |= bytes[from + 4]! << (32 - shift);
          value += least + ((low & mask) >>> 0);
          output[next] = value;
        }
      } else {
        for (; next < end; next++, bit += width) {
          value += least + bitsAt(view, bytes, bit + 32, width - 32) * TWO_32 + bitsAt(view, bytes, bit, 32);
          output[next] = value;
        }
      }
      reader.at += (MINIBLOCK_COUNT * width) / 8;
    }
  }
  return output;
}

/** Decodes values into (low, high) pairs. */
export function decodeDeltaWords(source: Uint8Array, count: number): Uint32Array {
  const output = new Uint32Array(2 * count);
  const reader = new Reader(source, count);
  let low = reader.first[0];
  let high = reader.first[1];
  output[0] = low;
  output[1] = high;
  const { bytes, view } = reader;
  for (let next = 1; next < count; ) {
    const [leastLow, leastHigh] = reader.zigzag();
    const widthsAt = reader.at;
    reader.at += MINIBLOCKS;
    for (let mini = 0; mini < MINIBLOCKS && next < count; mini++) {
      const width = bytes[widthsAt + mini]!;
      const end = Math.min(count, next + MINIBLOCK_COUNT);
      const lowMask = width >= 32 ? 0xffffffff : (1 << width) - 1;
      const highMask = width <= 32 ? 0 : width === 64 ? 0xffffffff : (1 << (width - 32)) - 1;
      for (let bit = reader.at * 8; next < end; next++, bit += width) {
        const shift = bit & 7;
        const from = bit >>> 3;
        const middle = view.getUint32(from + 4, true);
        // The shift is in two steps, because JavaScript does not shift by 32.
        const addLow = ((view.getUint32(from, true) >>> shift) | ((middle << 1) << (31 - shift))) & lowMask;
        const addHigh = ((middle >>> shift) | ((bytes[from + 8]! << 1) << (31 - shift))) & highMask;
        const sum = low + leastLow + (addLow >>> 0);
        high = (high + leastHigh + addHigh + (sum >= 2 * TWO_32 ? 2 : sum >= TWO_32 ? 1 : 0)) | 0;
        low = sum >>> 0;
        output[2 * next] = low;
        output[2 * next + 1] = high;
      }
      reader.at += (MINIBLOCK_COUNT * width) / 8;
    }
  }
  return output;
}

class Reader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** First value as (low, high), high signed. */
  readonly first: readonly [number, number];
  at = 0;

  constructor(source: Uint8Array, count: number) {
    this.bytes = new Uint8Array(source.length + PADDING_SIZE_BYTES);
    this.bytes.set(source);
    this.view = new DataView(this.bytes.buffer);
    const [block, minis, values] = [this.#varint()[0], this.#varint()[0], this.#varint()[0]];
    assert(block === BLOCK_COUNT && minis === MINIBLOCKS, `delta: a block of ${block} values in ${minis} miniblocks`);
    assert(values === count, `delta: ${values} values where ${count} were expected`);
    this.first = this.zigzag();
  }

  /** Reads a value as (low, high), high signed. */
  zigzag(): [number, number] {
    const [low, high] = this.#varint();
    const sign = -(low & 1);
    return [(((low >>> 1) | (high << 31)) ^ sign) >>> 0, (high >>> 1) ^ sign];
  }

  #varint(): [number, number] {
    let low = 0;
    let high = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++];
      assert(byte !== undefined && shift < 70, 'delta: the page ends in a number');
      if (shift < 32) low |= (byte & 0x7f) << shift;
      if (shift >= 32) high |= (byte & 0x7f) << (shift - 32);
      else if (shift === 28) high |= (byte & 0x7f) >>> 4;
      if (byte < 0x80) return [low >>> 0, high >>> 0];
    }
  }
}

/** Returns `width` bits, 1 to 32, from this bit on. */
function bitsAt(view: DataView, bytes: Uint8Array, bit: number, width: number): number {
  const shift = bit & 7;
  const from = bit >>> 3;
  let value = view.getUint32(from, true) >>> shift;
  if (shift + width > 32) value |= bytes[from + 4]! << (32 - shift);
  return width === 32 ? value >>> 0 : (value & ((1 << width) - 1)) >>> 0;
}

/** Writes bits into bytes that are 0 there. */
function putBits(bytes: Uint8Array, bit: number, width: number, value: number): void {
  let at = bit >>> 3;
  let shift = bit & 7;
  let rest = value;
  for (let left = width; left > 0; ) {
    bytes[at] = bytes[at]! | (rest << shift);
    const taken = 8 - shift;
    rest = taken >= 32 ? 0 : rest >>> taken;
    left -= taken;
    shift = 0;
    at++;
  }
}

/** Writes a value whose `high` is signed. */
function writeZigzag(bytes: Uint8Array, at: number, high: number, low: number): number {
  const sign = high >> 31;
  return writeVarint(bytes, at, ((high << 1) | (low >>> 31)) ^ sign, (low << 1) ^ sign);
}

function writeVarint(bytes: Uint8Array, at: number, high: number, low: number): number {
  let restHigh = high >>> 0;
  let restLow = low >>> 0;
  while (restHigh !== 0 || restLow >= 0x80) {
    bytes[at++] = (restLow & 0x7f) | 0x80;
    restLow = ((restLow >>> 7) | (restHigh << 25)) >>> 0;
    restHigh >>>= 7;
  }
  bytes[at++] = restLow;
  return at;
}
