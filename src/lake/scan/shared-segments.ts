/**
 * Shared segments: small segments that serve several days of a scan are fetched once, whole, and let go with the last of
 * these days.
 */
import { type ReadBucket, r2Source, type SegmentSource, sharedSource } from '../segment/source.ts';
import type { DayPlan } from './day-plan.ts';
import type { ScanSegment } from './scan-request.ts';

/** A larger segment is read by range for each of its days. */
const SIZE_BYTES_MAX = 4 * 1_024 * 1_024;
/** Bounds the segments that are held at one time. */
const TOTAL_SIZE_BYTES_MAX = 32 * 1_024 * 1_024;

export class SharedSegments {
  readonly #bucket: ReadBucket;
  /** The last day of each segment with several days. */
  readonly #lastDay = new Map<ScanSegment, number>();
  readonly #shared = new Map<ScanSegment, SegmentSource>();
  #sizeBytes = 0;

  constructor(bucket: ReadBucket, days: readonly DayPlan[]) {
    this.#bucket = bucket;
    const dayCounts = new Map<ScanSegment, number>();
    for (const { day, sources } of days) {
      for (const source of sources) {
        if (source.kind === 'tail') continue;
        const count = (dayCounts.get(source.segment) ?? 0) + 1;
        dayCounts.set(source.segment, count);
        if (count > 1) this.#lastDay.set(source.segment, day);
      }
    }
  }

  source(segment: ScanSegment): SegmentSource {
    const known = this.#shared.get(segment);
    if (known !== undefined) return known;
    const source = r2Source(this.#bucket, segment.path, segment.sizeBytes);
    const total = this.#sizeBytes + segment.sizeBytes;
    const isShared = this.#lastDay.has(segment) && segment.sizeBytes <= SIZE_BYTES_MAX;
    if (!isShared || total > TOTAL_SIZE_BYTES_MAX) return source;
    this.#sizeBytes = total;
    const shared = sharedSource(source);
    this.#shared.set(segment, shared);
    return shared;
  }

  /** Lets go of the segments whose last day this was. */
  release(day: number): void {
    for (const segment of this.#shared.keys()) {
      if ((this.#lastDay.get(segment) ?? day) > day) continue;
      this.#shared.delete(segment);
      this.#sizeBytes -= segment.sizeBytes;
    }
  }
}
