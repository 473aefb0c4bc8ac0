/**
 * Prefix filter: a compact test of whether a set may hold a 64-bit hash, by its first 40 bits, at 3 bytes a hash.
 *
 *   starts  u32[65,537]   by the first 16 bits: where their entries begin
 *   middle  u16[size]     the next 16 bits, ascending within a bucket
 *   tail    u8[size]      the next 8
 *
 * A hash that is not in a filter of n hashes passes for one of them with probability n/2^40: 1e-6 at a million. A hash
 * that is in it always passes.
 * Refused: Bloom filters (24 bits a hash for the same rate, ten cache misses a look-up, and they cannot be merged
 * without knowing their final size), a cuckoo filter (16 bits, but 1e-4, and inserts that fail when full).
 */
import { assert } from '../std/result.ts';

/** Logarithm of the number of buckets: at 16 they take 256 KiB, and one bucket of a million ids holds 16. */
const BUCKET_BITS = 16;
const BUCKETS = 2 ** BUCKET_BITS;

function bucketOf(high: number): number {
  return high >>> (32 - BUCKET_BITS);
}

/** Returns the 24 bits behind those that choose the bucket. */
function restOf(high: number, low: number): number {
  return ((high << BUCKET_BITS) | (low >>> (32 - BUCKET_BITS))) >>> 8;
}

export class PrefixFilter {
  readonly #starts: Uint32Array;
  readonly #middle: Uint16Array;
  readonly #tail: Uint8Array;

  private constructor(starts: Uint32Array, middle: Uint16Array, tail: Uint8Array) {
    this.#starts = starts;
    this.#middle = middle;
    this.#tail = tail;
  }

  static empty(): PrefixFilter {
    return new PrefixFilter(new Uint32Array(BUCKETS + 1), new Uint16Array(0), new Uint8Array(0));
  }

  /**
   * Returns a filter over all hashes of the runs, each a list of (low, high) pairs sorted by (high, low). The runs are
   * read twice, one at a time.
   */
  static of(runs: () => Iterable<Uint32Array>): PrefixFilter {
    return PrefixFilter.empty().plus(runs);
  }

  /** Returns a filter over the hashes of this one and of the runs. */
  plus(runs: () => Iterable<Uint32Array>): PrefixFilter {
    const starts = new Uint32Array(BUCKETS + 1);
    for (const run of runs()) {
      for (let at = 1; at < run.length; at += 2) starts[bucketOf(run[at]!) + 1]!++;
    }
    let added = 0;
    for (let bucket = 0; bucket <= BUCKETS; bucket++) {
      added += starts[bucket]!;
      starts[bucket] = added + this.#starts[bucket]!;
    }
    const middle = new Uint16Array(starts[BUCKETS]!);
    const tail = new Uint8Array(middle.length);
    const filled = new Uint32Array(BUCKETS);
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const from = this.#starts[bucket]!;
      const to = this.#starts[bucket + 1]!;
      if (from === to) continue;
      const start = starts[bucket]!;
      for (let i = 0; i < to - from; i++) {
        middle[start + i] = this.#middle[from + i]!;
        tail[start + i] = this.#tail[from + i]!;
      }
      filled[bucket] = to - from;
    }
    for (const run of runs()) {
      for (let at = 0; at < run.length; at += 2) {
        const high = run[at + 1]!;
        insert(middle, tail, starts, filled, bucketOf(high), restOf(high, run[at]!));
      }
    }
    return new PrefixFilter(starts, middle, tail);
  }

  get size(): number {
    return this.#middle.length;
  }

  get sizeBytes(): number {
    return this.#starts.byteLength + this.#middle.byteLength + this.#tail.byteLength;
  }

  mayHave(high: number, low: number): boolean {
    const bucket = bucketOf(high);
    const wanted = restOf(high, low);
    let from = this.#starts[bucket]!;
    let to = this.#starts[bucket + 1]!;
    while (from < to) {
      const half = (from + to) >>> 1;
      const entry = (this.#middle[half]! << 8) | this.#tail[half]!;
      if (entry === wanted) return true;
      if (entry < wanted) from = half + 1;
      else to = half;
    }
    return false;
  }
}

/** Inserts by insertion sort into a bucket, which holds n/65,536 entries; the entries of each run come in order. */
function insert(
  middle: Uint16Array,
  tail: Uint8Array,
  starts: Uint32Array,
  filled: Uint32Array,
  bucket: number,
  entry: number,
): void {
  const start = starts[bucket]!;
  let at = start + filled[bucket]!;
  filled[bucket]!++;
  assert(at < starts[bucket + 1]!, 'a bucket of the filter has more hashes than were counted');
  for (; at > start; at--) {
    const before = (middle[at - 1]! << 8) | tail[at - 1]!;
    if (before <= entry) break;
    middle[at] = middle[at - 1]!;
    tail[at] = tail[at - 1]!;
  }
  middle[at] = entry >>> 8;
  tail[at] = entry & 0xff;
}
