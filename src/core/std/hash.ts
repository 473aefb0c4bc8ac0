/**
 * Hash: SipHash-2-4 of a text, as a pair of unsigned 32-bit words. It is keyed, so that a pseudonym tells nothing
 * without its key.
 *
 * In: a text, hashed as its UTF-8 (a lone surrogate as U+FFFD). Out: `high` and `low` on the Hasher, because a returned
 * pair would be an allocation per id, and a BigInt ten times the cost of the hash.
 *
 * Invariants: (0, 0) is never a result (it means "no person" at rest; that one text in 2^64 gets low = 1). Equal key
 * and text give equal words on every machine: the words are stored.
 *
 * Refused: the `siphash` package, which is four to ten times slower (an object per 64-bit word); it is the oracle of
 * the tests.
 * Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012.
 */
import { utf8Into } from './bytes.ts';

/** The 16 bytes of the key as four 32-bit words, each little-endian. */
export type HashKey = readonly [number, number, number, number];

/** Buffer for the text being hashed, zero-padded. All hashers share it: hashing is synchronous. */
let bytes = new Uint8Array(1024);
let words = new Int32Array(bytes.buffer);

export class Hasher {
  /** Words of the last hash, unsigned. */
  high = 0;
  low = 0;
  readonly #key: HashKey;

  constructor(key: HashKey) {
    this.#key = key;
  }

  /** Leaves the hash of `text` in `high` and `low`. */
  hash(text: string): void {
    this.#mix(load(text));
  }

  /**
   * Computes SipHash-2-4 of the first `length` bytes of the buffer. Each of the four v is a (high, low) pair; sums
   * carry by hand.
   */
  #mix(length: number): void {
    const [k0l, k0h, k1l, k1h] = this.#key;
    let v0h = k0h ^ 0x736f6d65;
    let v0l = k0l ^ 0x70736575;
    let v1h = k1h ^ 0x646f7261;
    let v1l = k1l ^ 0x6e646f6d;
    let v2h = k0h ^ 0x6c796765;
    let v2l = k0l ^ 0x6e657261;
    let v3h = k1h ^ 0x74656462;
    let v3l = k1l ^ 0x79746573;
    // The loop mixes whole words, then the word that ends in the length, then the finalisation: a word of 0 in four
    // rounds.
    const wordCount = (length >>> 3) + 1;
    for (let word = 0; word <= wordCount; word++) {
      const isFinal = word === wordCount;
      const ml = isFinal ? 0 : words[2 * word]!;
      const mh = isFinal ? 0 : words[2 * word + 1]!;
      v3h ^= mh;
      v3l ^= ml;
      if (isFinal) v2l ^= 0xff;
      for (let round = isFinal ? 4 : 2; round > 0; round--) {
        let sum = (v0l >>> 0) + (v1l >>> 0);
        v0h = (v0h + v1h + (sum > 0xffffffff ? 1 : 0)) | 0;
        v0l = sum | 0;
        let swap = (v1h << 13) | (v1l >>> 19);
        v1l = ((v1l << 13) | (v1h >>> 19)) ^ v0l;
        v1h = swap ^ v0h;
        swap = v0h;
        v0h = v0l;
        v0l = swap;
        sum = (v2l >>> 0) + (v3l >>> 0);
        v2h = (v2h + v3h + (sum > 0xffffffff ? 1 : 0)) | 0;
        v2l = sum | 0;
        swap = (v3h << 16) | (v3l >>> 16);
        v3l = ((v3l << 16) | (v3h >>> 16)) ^ v2l;
        v3h = swap ^ v2h;
        sum = (v0l >>> 0) + (v3l >>> 0);
        v0h = (v0h + v3h + (sum > 0xffffffff ? 1 : 0)) | 0;
        v0l = sum | 0;
        swap = (v3h << 21) | (v3l >>> 11);
        v3l = ((v3l << 21) | (v3h >>> 11)) ^ v0l;
        v3h = swap ^ v0h;
        sum = (v2l >>> 0) + (v1l >>> 0);
        v2h = (v2h + v1h + (sum > 0xffffffff ? 1 : 0)) | 0;
        v2l = sum | 0;
        swap = (v1h << 17) | (v1l >>> 15);
        v1l = ((v1l << 17) | (v1h >>> 15)) ^ v2l;
        v1h = swap ^ v2h;
        swap = v2h;
        v2h = v2l;
        v2l = swap;
      }
      v0h ^= mh;
      v0l ^= ml;
    }
    this.high = (v0h ^ v1h ^ v2h ^ v3h) >>> 0;
    this.low = (v0l ^ v1l ^ v2l ^ v3l) >>> 0;
    if (this.high === 0 && this.low === 0) this.low = 1;
  }
}

const unkeyed = new Hasher([0, 0, 0, 0]);

/**
 * Returns 16 hex digits of the hash under a key of zeros: for names of definitions and contents, not for pseudonyms.
 */
export function hashHex(text: string): string {
  unkeyed.hash(text);
  return unkeyed.high.toString(16).padStart(8, '0') + unkeyed.low.toString(16).padStart(8, '0');
}

/**
 * Writes the UTF-8 of the text into the buffer, padded with zeros and the length as SipHash wants it; returns its byte
 * length.
 */
function load(text: string): number {
  if (text.length * 3 + 8 > bytes.length) grow(text.length * 3 + 8);
  let length = text.length;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) {
      length = utf8Into(text, bytes, 0);
      break;
    }
    bytes[at] = code;
  }
  const end = length | 7;
  for (let at = length; at < end; at++) bytes[at] = 0;
  bytes[end] = length;
  return length;
}

function grow(sizeBytes: number): void {
  let size = bytes.length;
  while (size < sizeBytes) size *= 2;
  bytes = new Uint8Array(size);
  words = new Int32Array(bytes.buffer);
}
