/**
 * Cached bucket: ranges of segments that were read before, by bytes, the least recently used given up first. For objects
 * that never change, as segments.
 */
import type { ReadBucket } from '../segment/source.ts';

type Range = { readonly offset: number; readonly length: number };

export class CachedBucket {
  readonly #bucket: ReadBucket;
  readonly #sizeBytesMax: number;
  /** Least recently used first. */
  readonly #ranges = new Map<string, Promise<ArrayBuffer>>();
  readonly #sizes = new Map<string, number>();
  #sizeBytes = 0;

  constructor(bucket: ReadBucket, sizeBytesMax: number) {
    this.#bucket = bucket;
    this.#sizeBytesMax = sizeBytesMax;
  }

  /** Under the type of the binding: for reads of ranges. */
  get binding(): ReadBucket {
    return this as unknown as ReadBucket;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  async get(
    path: string,
    { range }: { readonly range: Range },
  ): Promise<{ arrayBuffer(): Promise<ArrayBuffer> } | null> {
    const key = `${range.offset}+${range.length} ${path}`;
    const known = this.#ranges.get(key);
    const bytes = known ?? this.#fetch(path, range);
    this.#ranges.delete(key);
    this.#ranges.set(key, bytes);
    if (known === undefined) {
      this.#sizes.set(key, range.length);
      this.#sizeBytes += range.length;
      this.#shrink();
    }
    try {
      const buffer = await bytes;
      return { arrayBuffer: async () => buffer };
    } catch (cause) {
      this.#drop(key);
      if (cause instanceof Gone) return null;
      throw cause;
    }
  }

  async #fetch(path: string, range: Range): Promise<ArrayBuffer> {
    const object = await this.#bucket.get(path, { range });
    if (object === null) throw new Gone(path);
    return object.arrayBuffer();
  }

  #shrink(): void {
    for (const key of this.#ranges.keys()) {
      if (this.#sizeBytes <= this.#sizeBytesMax) return;
      this.#drop(key);
    }
  }

  #drop(key: string): void {
    if (!this.#ranges.delete(key)) return;
    this.#sizeBytes -= this.#sizes.get(key)!;
    this.#sizes.delete(key);
  }
}

class Gone extends Error {}
