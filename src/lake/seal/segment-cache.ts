/**
 * Segment cache: whole small segments in memory while one batch of days is sealed: an import chunk holds rows of many
 * days, and its bytes and parsed footer are fetched once instead of once a day. Big segments are read by range.
 */
import { readFooter } from '../footer.ts';
import { bytesSource, type ReadBucket, r2Source, type SegmentSource } from '../source.ts';

/** A flush is smaller; beyond it ranges cost less than the whole. */
const SEGMENT_SIZE_BYTES_MAX = 8 * 1024 * 1024;
const CACHE_SIZE_BYTES_MAX = 24 * 1024 * 1024;

export interface OpenSegment {
  readonly source: SegmentSource;
  readonly footer: Uint8Array;
}

interface Entry {
  readonly sizeBytes: number;
  readonly segment: Promise<OpenSegment>;
}

export class SegmentCache {
  readonly #bucket: ReadBucket;
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>();
  #sizeBytes = 0;

  constructor(bucket: ReadBucket) {
    this.#bucket = bucket;
  }

  async open(path: string, sizeBytes: number): Promise<OpenSegment> {
    const known = this.#entries.get(path);
    const entry = known ?? {
      sizeBytes: Math.min(sizeBytes, SEGMENT_SIZE_BYTES_MAX),
      segment: this.#fetch(path, sizeBytes),
    };
    this.#entries.delete(path);
    this.#entries.set(path, entry);
    if (known === undefined) this.#sizeBytes += entry.sizeBytes;
    this.#shrink();
    try {
      return await entry.segment;
    } catch (cause) {
      this.#drop(path, entry);
      throw cause;
    }
  }

  async #fetch(path: string, sizeBytes: number): Promise<OpenSegment> {
    const remote = r2Source(this.#bucket, path, sizeBytes);
    const source = sizeBytes > SEGMENT_SIZE_BYTES_MAX ? remote : bytesSource(await remote.read(0, sizeBytes));
    return { source, footer: await readFooter(source) };
  }

  #shrink(): void {
    for (const [path, entry] of this.#entries) {
      if (this.#sizeBytes <= CACHE_SIZE_BYTES_MAX || this.#entries.size === 1) return;
      this.#drop(path, entry);
    }
  }

  #drop(path: string, entry: Entry): void {
    if (this.#entries.get(path) !== entry) return;
    this.#entries.delete(path);
    this.#sizeBytes -= entry.sizeBytes;
  }
}
