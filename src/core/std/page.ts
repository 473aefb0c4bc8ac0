/** Page: the part of a list that is sent or written at a time, bounded by its size in bytes. */

/**
 * Returns the longest prefix of the items whose sizes add up to at most `sizeBytesMax`. The first item is always in it,
 * however big.
 */
export function firstBySize<T>(items: readonly T[], sizeOf: (item: T) => number, sizeBytesMax: number): T[] {
  let sizeBytes = 0;
  let count = 0;
  for (const item of items) {
    sizeBytes += sizeOf(item);
    if (count > 0 && sizeBytes > sizeBytesMax) break;
    count++;
  }
  return items.slice(0, count);
}
