/** People places: the people of one cell as places in the list of a chunk's people, written and read (shared-cells.ts). */
import type { ByteReader, ByteWriter } from '../std/bytes.ts';
import { assert } from '../std/result.ts';
import { DISTINCT_EXACT_BELOW, Distinct } from './distinct.ts';

const AS_LIST = 0;
const AS_BITS = 1;

/** `places` is ascending, and null when the people are a sketch. */
export function encodePlaces(writer: ByteWriter, people: Distinct, places: Uint32Array | null): void {
  if (places === null) {
    writer.varint(2 * DISTINCT_EXACT_BELOW);
    people.encodeRegisters(writer);
    return;
  }
  const { length } = places;
  if (length === 0) {
    writer.varint(0);
    return;
  }
  const firstByte = places[0]! >> 3;
  const byteCount = (places[length - 1]! >> 3) - firstByte + 1;
  const isList = listSize(places) <= byteCount + 1;
  writer.varint(2 * length + (isList ? AS_LIST : AS_BITS));
  if (isList) {
    writer.varint(places[0]!);
    for (let at = 1; at < length; at++) writer.varint(places[at]! - places[at - 1]! - 1);
    return;
  }
  const bits = new Uint8Array(byteCount);
  for (const place of places) bits[(place >> 3) - firstByte]! |= 1 << (place & 7);
  writer.varint(firstByte);
  writer.bytes(bits);
}

/** Size of the list without its first place, or more than any bit set has. */
function listSize(places: Uint32Array): number {
  let size = 0;
  for (let at = 1; at < places.length; at++) {
    const gap = places[at]! - places[at - 1]! - 1;
    size += gap < 0x80 ? 1 : gap < 0x4000 ? 2 : PLACE_SIZE_BYTES;
  }
  return size;
}

const PLACE_SIZE_BYTES = 3;

/** A set of places, and the sketches that are merged with it: the people of several cells. */
export class PlaceSet {
  readonly #bits: Uint8Array;
  /** The bytes that have a bit, both included. */
  #first = Number.POSITIVE_INFINITY;
  #last = -1;
  #sketch: Distinct | null = null;

  constructor(peopleCount: number) {
    this.#bits = new Uint8Array((peopleCount + 7) >> 3);
  }

  /** Adds the people of the next cell. */
  read(reader: ByteReader): void {
    const head = reader.varint();
    const count = Math.floor(head / 2);
    if (count === 0) return;
    if (count >= DISTINCT_EXACT_BELOW) this.#addSketch(Distinct.decodeRegisters(reader));
    else if (head % 2 === AS_LIST) this.#readList(reader, count);
    else this.#readBits(reader);
  }

  #addSketch(sketch: Distinct): void {
    if (this.#sketch === null) this.#sketch = sketch;
    else this.#sketch.merge(sketch);
  }

  #readList(reader: ByteReader, count: number): void {
    let place = -1;
    for (let at = 0; at < count; at++) {
      place += reader.varint() + 1;
      const byte = place >> 3;
      this.#cover(byte, byte);
      this.#bits[byte]! |= 1 << (place & 7);
    }
  }

  #readBits(reader: ByteReader): void {
    const first = reader.varint();
    const bits = reader.bytes();
    this.#cover(first, first + bits.length - 1);
    for (let at = 0; at < bits.length; at++) this.#bits[first + at]! |= bits[at]!;
  }

  #cover(first: number, last: number): void {
    assert(last < this.#bits.length, `the place of a person in byte ${last} of ${this.#bits.length}`);
    if (first < this.#first) this.#first = first;
    if (last > this.#last) this.#last = last;
  }

  /** Returns the people and empties the set. `words` has the hash of each place, as words (low, high). */
  take(words: Uint32Array): Distinct {
    const bits = this.#bits;
    const people = new Distinct();
    people.reserve(this.#count());
    for (let byte = this.#first; byte <= this.#last; byte++) {
      for (let rest = bits[byte]!; rest !== 0; rest &= rest - 1) {
        const at = 2 * (8 * byte + 31 - Math.clz32(rest & -rest));
        people.add(words[at + 1]!, words[at]!);
      }
      bits[byte] = 0;
    }
    if (this.#sketch !== null) people.merge(this.#sketch);
    this.#first = Number.POSITIVE_INFINITY;
    this.#last = -1;
    this.#sketch = null;
    return people;
  }

  #count(): number {
    let count = 0;
    for (let byte = this.#first; byte <= this.#last; byte++) {
      for (let rest = this.#bits[byte]!; rest !== 0; rest &= rest - 1) count++;
    }
    return count;
  }
}

/** Skips the people of a cell. */
export function skipPlaces(reader: ByteReader): void {
  const head = reader.varint();
  const count = Math.floor(head / 2);
  if (count === 0) return;
  if (count >= DISTINCT_EXACT_BELOW) {
    Distinct.decodeRegisters(reader);
  } else if (head % 2 === AS_LIST) {
    for (let at = 0; at < count; at++) reader.varint();
  } else {
    reader.varint();
    reader.bytes();
  }
}
