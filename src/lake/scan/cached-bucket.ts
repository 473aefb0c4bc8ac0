/**
 * Cached bucket: ranges of segments that were read before, bounded by their bytes (LRU). Only for objects that never change,
 * as segments do not.
 */
import type { ReadBucket } from '../segment/source.ts';
import { rememberUnder } from '../std/isolate-memory.ts';
import { SizedCache } from '../std/sized-cache.ts';

/** Files of which ranges are remembered: as many as the cache has room for, at some 10 KB each. */
const PATHS_MAX = 4_096;

type Range = { readonly offset: number; readonly length: number };

export class CachedBucket {
  readonly #bucket: ReadBucket;
  readonly #sizeBytesMax: number;
  /** Not as promises: one of a scanner that was killed in the middle is never kept. */
  readonly #ranges: SizedCache<string, ArrayBuffer>;

  /** The ranges of each path that were read, of which some may be forgotten. */
  readonly #rangesOf = new Map<string, readonly Range[]>();

  constructor(bucket: ReadBucket, sizeBytesMax: number) {
    this.#bucket = bucket;
    this.#sizeBytesMax = sizeBytesMax;
    this.#ranges = new SizedCache(sizeBytesMax);
    // What is decoded of files serves those who read without this cache, too.
    rememberUnder(bucket, this);
  }

  /** This bucket under the type of the binding; only reads of ranges work. */
  get binding(): ReadBucket {
    return this as unknown as ReadBucket;
  }

  get sizeBytes(): number {
    return this.#ranges.sizeBytes;
  }

  async get(
    path: string,
    { range }: { readonly range: Range },
  ): Promise<{ arrayBuffer(): Promise<ArrayBuffer> } | null> {
    const buffer = await this.#read(path, range);
    return buffer === null ? null : { arrayBuffer: async () => buffer };
  }

  async #read(path: string, range: Range): Promise<ArrayBuffer | null> {
    if (range.length > this.#sizeBytesMax) return this.#fetch(path, range);
    const cover = this.#coverOf(path, range);
    if (cover !== null) {
      const buffer = await this.#read(path, cover);
      const from = range.offset - cover.offset;
      return buffer === null ? null : buffer.slice(from, from + range.length);
    }
    const key = keyOf(path, range);
    const kept = this.#ranges.get(key);
    if (kept !== undefined) return kept;
    const buffer = await this.#fetch(path, range);
    if (buffer !== null) {
      this.#note(path, range);
      this.#ranges.set(key, buffer, range.length);
    }
    return buffer;
  }

  /** A larger range that is cached and holds this one; null when there is none. */
  #coverOf(path: string, { offset, length }: Range): Range | null {
    const isCover = (range: Range) =>
      range.length > length && range.offset <= offset && range.offset + range.length >= offset + length;
    return this.#rangesOf.get(path)?.find((range) => isCover(range) && this.#ranges.has(keyOf(path, range))) ?? null;
  }

  #note(path: string, range: Range): void {
    const known = this.#rangesOf.get(path) ?? [];
    if (known.some(({ offset, length }) => offset === range.offset && length === range.length)) return;
    this.#rangesOf.delete(path);
    this.#rangesOf.set(path, [...known.filter((each) => this.#ranges.has(keyOf(path, each))), range]);
    if (this.#rangesOf.size > PATHS_MAX) this.#rangesOf.delete(this.#rangesOf.keys().next().value!);
  }

  async #fetch(path: string, range: Range): Promise<ArrayBuffer | null> {
    const object = await this.#bucket.get(path, { range });
    return object === null ? null : object.arrayBuffer();
  }
}

function keyOf(path: string, { offset, length }: Range): string {
  return `${offset}+${length} ${path}`;
}
