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
/**
 * An allowance for the footer, which is all that stays of a segment that is read by range: those of a day of 1,500 files stay open, and are
 * parsed once for all tasks of an invocation.
 */
const FOOTER_SIZE_BYTES = 16 * 1024;

export interface OpenSegment {
  readonly source: SegmentSource;
  readonly footer: Uint8Array;
}

/** A segment that is to be opened. */
export interface ListedSegment {
  readonly manifestSeq: number;
  readonly path: string;
  readonly sizeBytes: number;
}

/** Looks up footers in the manifest, by manifest_seq. */
export type FootersOf = (manifestSeqs: readonly number[]) => Promise<ReadonlyMap<number, Uint8Array>>;

export class SegmentCache {
  readonly #bucket: ReadBucket;
  readonly #footersOf: FootersOf;
  readonly #segments = new SizedCache<string, Promise<OpenSegment>>(CACHE_SIZE_BYTES_MAX);

  /** Default: each footer is read from its file. */
  constructor(bucket: ReadBucket, footersOf: FootersOf = async () => new Map()) {
    this.#bucket = bucket;
    this.#footersOf = footersOf;
  }

  /** Opens several segments at once. The manifest is asked once for the footers of those that are to be read by range. */
  async openAll(segments: readonly ListedSegment[], isWhole: boolean): Promise<OpenSegment[]> {
    const missing = isWhole ? [] : segments.filter(({ path }) => !this.#segments.has(path));
    const footers = missing.length > 0 ? await this.#footersOf(missing.map(({ manifestSeq }) => manifestSeq)) : null;
    return Promise.all(
      segments.map(({ manifestSeq, path, sizeBytes }) =>
        this.open(path, sizeBytes, isWhole, footers?.get(manifestSeq)),
      ),
    );
  }

  /**
   * `isWhole`: whether to fetch all of a segment that is not open yet. Otherwise its footer is fetched, unless the manifest
   * has it.
   */
  async open(path: string, sizeBytes: number, isWhole: boolean, footer?: Uint8Array | null): Promise<OpenSegment> {
    const opening = this.#segments.of(
      path,
      () => this.#fetch(path, sizeBytes, isWhole, footer ?? null),
      () => (isWhole ? sizeBytes : FOOTER_SIZE_BYTES),
    );
    try {
      return await opening;
    } catch (cause) {
      this.#segments.drop(path, opening);
      throw cause;
    }
  }

  async #fetch(path: string, sizeBytes: number, isWhole: boolean, footer: Uint8Array | null): Promise<OpenSegment> {
    const remote = r2Source(this.#bucket, path, sizeBytes);
    const source = isWhole ? bytesSource(await remote.read(0, sizeBytes)) : remote;
    return { source, footer: footer ?? (await readFooter(source)) };
  }
}
