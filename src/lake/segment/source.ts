/**
 * Source: gives the bytes of one segment. Reads are few and coalesced, so a source needs no cache of its own.
 */
import { assert } from '../../core/std/result.ts';

export interface SegmentSource {
  readonly sizeBytes: number;
  /** Reads exactly `length` bytes from `offset`; throws when the object is gone or shorter. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** The part of an R2 bucket that reading uses; tests give a fake. */
export type ReadBucket = Pick<R2Bucket, 'get'>;

export function r2Source(bucket: ReadBucket, path: string, sizeBytes: number): SegmentSource {
  return {
    sizeBytes,
    async read(offset, length) {
      const object = await bucket.get(path, { range: { offset, length } });
      if (object === null) throw new Error(`segment ${path} is not in the lake`);
      const bytes = new Uint8Array(await object.arrayBuffer());
      assert(bytes.length === length, `segment ${path}: asked for ${length} bytes at ${offset}, got ${bytes.length}`);
      return bytes;
    },
  };
}

/** Returns a source over a segment that is already in memory. */
export function bytesSource(bytes: Uint8Array): SegmentSource {
  return {
    sizeBytes: bytes.length,
    async read(offset, length) {
      assert(offset + length <= bytes.length, `read of ${length} bytes at ${offset} beyond ${bytes.length}`);
      return bytes.subarray(offset, offset + length);
    },
  };
}

/** Returns a source that fetches the whole segment at the first read and serves the others from memory. */
export function sharedSource(source: SegmentSource): SegmentSource {
  let whole: Promise<Uint8Array> | undefined;
  return {
    sizeBytes: source.sizeBytes,
    async read(offset, length) {
      whole ??= source.read(0, source.sizeBytes);
      const bytes = await whole;
      assert(offset + length <= bytes.length, `read of ${length} bytes at ${offset} beyond ${bytes.length}`);
      return bytes.subarray(offset, offset + length);
    },
  };
}
