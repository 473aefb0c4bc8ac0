/**
 * Id run: 64-bit hashes as (low, high) pairs of 32-bit words, 8 bytes each: the durable form of the remembered ids.
 *
 * A merged run is sorted by (high, low), so that one id is found by binary search.
 */
/** Returns the same pairs, sorted by (high, low). */
export function sortRun(pairs: Uint32Array): Uint32Array {
  const hashes = new BigUint64Array(pairs.length / 2);
  new Uint32Array(hashes.buffer).set(pairs); // the words are little-endian, so the high one weighs more
  hashes.sort();
  return new Uint32Array(hashes.buffer);
}

/** Tells whether a sorted run holds the hash. */
export function runHas(run: Uint32Array, high: number, low: number): boolean {
  let from = 0;
  let to = run.length / 2;
  while (from < to) {
    const half = (from + to) >>> 1;
    const entryHigh = run[2 * half + 1]!;
    const entryLow = run[2 * half]!;
    if (entryHigh === high && entryLow === low) return true;
    if (entryHigh < high || (entryHigh === high && entryLow < low)) from = half + 1;
    else to = half;
  }
  return false;
}
