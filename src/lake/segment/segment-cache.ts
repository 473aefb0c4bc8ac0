/**
 * Segment cache: segments kept open while one batch of days is sealed: an import chunk holds rows of many days, and its
 * bytes and parsed footer are fetched once instead of once a day.
 *
 * Whole in memory while all that a day reads fits; a day of more is read by range, and only footers are kept: of whole
 * segments each would push out the one the next day begins with.
 */
import { readFooter } from './footer.ts';
import { bytesSource, type ReadBucket, r2Source, type SegmentSource } from './source.ts';

const CACHE_SIZE_BYTES_MAX = 24 * 1024 * 1024;
/** What all segments of one day may have to be read whole. */
export const WHOLE_SIZE_BYTES_MAX = 16 * 1024 * 1024;
/** Of a segment read by range only the footer stays: an allowance. */
const FOOTER_SIZE_BYTES = 64 * 1024;

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

  /** `isWhole`: fetch all of it, if it is not open yet. */
  async open(path: string, sizeBytes: number, isWhole: boolean): Promise<OpenSegment> {
    const known = this.#entries.get(path);
    const entry = known ?? {
      sizeBytes: isWhole ? sizeBytes : FOOTER_SIZE_BYTES,
      segment: this.#fetch(path, sizeBytes, isWhole),
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

  async #fetch(path: string, sizeBytes: number, isWhole: boolean): Promise<OpenSegment> {
    const remote = r2Source(this.#bucket, path, sizeBytes);
    const source = isWhole ? bytesSource(await remote.read(0, sizeBytes)) : remote;
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
