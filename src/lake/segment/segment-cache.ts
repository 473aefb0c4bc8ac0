/**
 * Segment cache: segments kept open while one batch of days is sealed (LRU). An import chunk holds rows of many days, and its
 * bytes and footer are fetched once instead of once a day.
 *
 * A segment is held whole in memory while everything that a day reads fits. A day that does not fit is read by range, and
 * only footers are kept: each whole segment would push out the one with which the next day begins.
 */
import { SizedCache } from '../std/sized-cache.ts';
import { readFooter } from './footer.ts';
import { bytesSource, type ReadBucket, r2Source, type SegmentSource } from './source.ts';

const CACHE_SIZE_BYTES_MAX = 24 * 1024 * 1024;
/** Up to this size all segments of one day together are read whole. */
export const WHOLE_SIZE_BYTES_MAX = 16 * 1024 * 1024;
/** An allowance for the footer, which is all that stays of a segment that is read by range. */
const FOOTER_SIZE_BYTES = 64 * 1024;

export interface OpenSegment {
  readonly source: SegmentSource;
  readonly footer: Uint8Array;
}

export class SegmentCache {
  readonly #bucket: ReadBucket;
  readonly #segments = new SizedCache<string, Promise<OpenSegment>>(CACHE_SIZE_BYTES_MAX);

  constructor(bucket: ReadBucket) {
    this.#bucket = bucket;
  }

  /** `isWhole`: whether to fetch all of a segment that is not open yet. */
  async open(path: string, sizeBytes: number, isWhole: boolean): Promise<OpenSegment> {
    const opening = this.#segments.of(
      path,
      () => this.#fetch(path, sizeBytes, isWhole),
      () => (isWhole ? sizeBytes : FOOTER_SIZE_BYTES),
    );
    try {
      return await opening;
    } catch (cause) {
      this.#segments.drop(path, opening);
      throw cause;
    }
  }

  async #fetch(path: string, sizeBytes: number, isWhole: boolean): Promise<OpenSegment> {
    const remote = r2Source(this.#bucket, path, sizeBytes);
    const source = isWhole ? bytesSource(await remote.read(0, sizeBytes)) : remote;
    return { source, footer: await readFooter(source) };
  }
}
