/**
 * Put: stores a segment under its name, once. The name says which range of which log the segment holds; the content
 * hash in the metadata says whether an object that exists already is the same (CORRECTNESS C2).
 */
import { InvariantError } from '../../core/std/result.ts';
import type { EncodedSegment } from './segment-write.ts';

/** The part of an R2 bucket that writing uses; tests give a fake. */
export type PutBucket = Pick<R2Bucket, 'put' | 'head'>;

/**
 * Outcome of a put. 'same' means that the object existed with the same content (a retry, or another consumer). Its
 * bytes stay; they may differ from ours when another release wrote them, and then so do their size and footer.
 */
export interface PutOutcome {
  readonly status: 'stored' | 'same';
  /** Size of the object in the bucket. */
  readonly sizeBytes: number;
  /** True when the object's bytes are ours, so that our footer describes them. */
  readonly isOurs: boolean;
}

/** Another content exists under the name: nothing may be confirmed, and no retry heals it. */
export class SegmentConflictError extends InvariantError {
  override name = 'SegmentConflictError';
}

/** Names of the object's metadata; the values are text. */
export const OBJECT_METADATA = {
  contentHash: 'content-hash',
  footerHash: 'footer-hash',
  rowCount: 'row-count',
  atMinMs: 'at-min-ms',
  atMaxMs: 'at-max-ms',
} as const;

export async function putSegment(bucket: PutBucket, path: string, segment: EncodedSegment): Promise<PutOutcome> {
  const stored = await bucket.put(path, segment.bytes, {
    onlyIf: { etagDoesNotMatch: '*' },
    httpMetadata: { contentType: 'application/vnd.apache.parquet' },
    customMetadata: {
      [OBJECT_METADATA.contentHash]: segment.contentHash,
      [OBJECT_METADATA.footerHash]: segment.footerHash,
      [OBJECT_METADATA.rowCount]: String(segment.rowCount),
      [OBJECT_METADATA.atMinMs]: String(segment.atMinMs),
      [OBJECT_METADATA.atMaxMs]: String(segment.atMaxMs),
    },
  });
  if (stored !== null) return { status: 'stored', sizeBytes: segment.bytes.length, isOurs: true };

  const existing = await bucket.head(path);
  if (existing === null) throw new Error(`segment ${path} existed and is gone: try again`);
  const { [OBJECT_METADATA.contentHash]: hash, [OBJECT_METADATA.footerHash]: footerHash } =
    existing.customMetadata ?? {};
  if (hash !== segment.contentHash) {
    throw new SegmentConflictError(
      `segment ${path} holds content ${hash}, and is to be written with ${segment.contentHash}`,
    );
  }
  const isOurs = footerHash === segment.footerHash && existing.size === segment.bytes.length;
  return { status: 'same', sizeBytes: existing.size, isOurs };
}
