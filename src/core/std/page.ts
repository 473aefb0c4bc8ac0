/** Page: the part of a list that is sent, or written, at a time: as many items as are within a bound of bytes together. */

/** The first of the items; the very first always, however big. */
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
