/**
 * Words: 64-bit hashes as pairs of unsigned 32-bit words. Hot loops read them so, because a BigInt per value would cost
 * more than the rest of the loop.
 */

/** Returns a view of the hashes as (low, high) pairs: those of the hash at `i` are at `2 * i` and `2 * i + 1`. */
export function wordsOf(hashes: BigInt64Array): Uint32Array {
  return new Uint32Array(hashes.buffer, hashes.byteOffset, 2 * hashes.length);
}
