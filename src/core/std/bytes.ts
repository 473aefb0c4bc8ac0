/**
 * Bytes: a writer that grows and a reader that refuses to read past the end, for the binary formats of the core.
 *
 * | kind | bytes |
 * |---|---|
 * | varint | 7 bits a byte, low first; the top bit says that more follow; integers of 0 to 2^53 - 1 |
 * | signed | varint of 2n, or of -2n - 1 when negative |
 * | f64 | 8, little-endian |
 * | u32 | 4, little-endian |
 * | text | varint of the byte length, then UTF-8 (a lone surrogate as U+FFFD) |
 */
import { assert } from './result.ts';

const encoder = new TextEncoder();
// Without ignoreBOM a text that begins with U+FEFF would come back shorter.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Longest text that a loop over ASCII writes and reads faster than a call into the platform. */
const SHORT_TEXT_LENGTH = 24;

/**
 * Writes the UTF-8 of `text` at `offset` and returns its byte length. The target must have room for three bytes a
 * UTF-16 unit.
 */
export function utf8Into(text: string, target: Uint8Array, offset: number): number {
  const { read, written } = encoder.encodeInto(text, offset === 0 ? target : target.subarray(offset));
  assert(read === text.length, `UTF-8 of ${text.length} units does not fit ${target.length - offset} bytes`);
  return written;
}

export class ByteWriter {
  /**
   * Number of bytes written so far. A caller may set it back to an earlier value, which takes back the bytes written
   * since.
   */
  length = 0;
  #bytes: Uint8Array;
  #view: DataView;

  constructor(sizeBytes = 256) {
    this.#bytes = new Uint8Array(Math.max(16, sizeBytes));
    this.#view = new DataView(this.#bytes.buffer);
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.length++] = value;
  }

  u32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.length, value, true);
    this.length += 4;
  }

  f64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** Writes an integer of 0 to 2^53 - 1. */
  varint(value: number): void {
    assert(value >= 0 && Number.isSafeInteger(value), `a varint cannot hold ${value}`);
    this.#reserve(8);
    let rest = value;
    // Bit operators see 32 bits only, so larger values are divided down first.
    while (rest > 0x7fffffff) {
      this.#bytes[this.length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      this.#bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.length++] = rest;
  }

  /** Writes an integer of ±2^52. */
  signed(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** Writes the bytes as they are, without their length. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Writes the length, then the bytes. */
  bytes(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }

  text(text: string): void {
    const { length } = text;
    if (length <= SHORT_TEXT_LENGTH && this.#shortAscii(text)) return;
    // The byte length is known only afterwards: room is left for the longest varint it can need, and the gap is closed
    // then.
    this.#reserve(length * 3 + 8);
    const lengthAt = this.length;
    const gap = varintSize(length);
    const written = utf8Into(text, this.#bytes, lengthAt + gap);
    const size = varintSize(written);
    if (size !== gap) this.#bytes.copyWithin(lengthAt + size, lengthAt + gap, lengthAt + gap + written);
    this.varint(written);
    this.length += written;
  }

  /** Returns a copy of the bytes written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }

  #shortAscii(text: string): boolean {
    const { length } = text;
    this.#reserve(length + 1);
    const start = this.length;
    const bytes = this.#bytes;
    bytes[start] = length;
    for (let at = 0; at < length; at++) {
      const code = text.charCodeAt(at);
      if (code > 0x7f) return false;
      bytes[start + 1 + at] = code;
    }
    this.length = start + 1 + length;
    return true;
  }

  #reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Every read throws an InvariantError when fewer bytes are left than it needs. */
export class ByteReader {
  /** Offset of the next read. */
  offset = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.offset;
  }

  u8(): number {
    return this.#bytes[this.#take(1)]!;
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  varint(): number {
    let byte = this.u8();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    let unit = 1;
    do {
      unit *= 128;
      byte = this.u8();
      value += (byte & 0x7f) * unit;
    } while (byte >= 0x80 && unit < 2 ** 49);
    assert(byte < 0x80 && value <= Number.MAX_SAFE_INTEGER, `a varint that ends at byte ${this.offset} is beyond 2^53`);
    return value;
  }

  signed(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Returns a view of the next `count` bytes, not a copy. */
  raw(count: number): Uint8Array {
    const start = this.#take(count);
    return this.#bytes.subarray(start, start + count);
  }

  /** Returns a view, not a copy. */
  bytes(): Uint8Array {
    return this.raw(this.varint());
  }

  text(): string {
    const length = this.varint();
    const start = this.#take(length);
    const bytes = this.#bytes;
    if (length <= SHORT_TEXT_LENGTH) {
      let text = '';
      let at = start;
      const end = start + length;
      while (at < end && bytes[at]! < 0x80) text += String.fromCharCode(bytes[at++]!);
      if (at === end) return text;
    }
    return decoder.decode(bytes.subarray(start, start + length));
  }

  #take(count: number): number {
    const start = this.offset;
    assert(count <= this.left, `${count} bytes wanted at ${start}, ${this.left} are left`);
    this.offset = start + count;
    return start;
  }
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) size++;
  return size;
}
