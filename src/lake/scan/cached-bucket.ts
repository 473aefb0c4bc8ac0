/**
 * Cached bucket: ranges of segments that were read before, bounded by their bytes (LRU). Only for objects that never change,
 * as segments do not.
 */
import type { ReadBucket } from '../segment/source.ts';
import { SizedCache } from '../std/sized-cache.ts';

type Range = { readonly offset: number; readonly length: number };

export class CachedBucket {
  readonly #bucket: ReadBucket;
  readonly #sizeBytesMax: number;
  /** A range resolves to null when the object is gone. */
  readonly #ranges: SizedCache<string, Promise<ArrayBuffer | null>>;

  constructor(bucket: ReadBucket, sizeBytesMax: number) {
    this.#bucket = bucket;
    this.#sizeBytesMax = sizeBytesMax;
    this.#ranges = new SizedCache(sizeBytesMax);
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
    const key = `${range.offset}+${range.length} ${path}`;
    const reading = this.#ranges.of(
      key,
      () => this.#fetch(path, range),
      () => range.length,
    );
    try {
      const buffer = await reading;
      if (buffer === null) this.#ranges.drop(key, reading);
      return buffer;
    } catch (cause) {
      this.#ranges.drop(key, reading);
      throw cause;
    }
  }

  async #fetch(path: string, range: Range): Promise<ArrayBuffer | null> {
    const object = await this.#bucket.get(path, { range });
    return object === null ? null : object.arrayBuffer();
  }
}
