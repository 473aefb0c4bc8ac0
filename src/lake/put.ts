/**
 * Put: stores a segment under its name, once. The name says which range of which log it is; the content hash in the
 * metadata says whether what is there already is the same (CORRECTNESS C2).
 */
import type { EncodedSegment } from './segment-write.ts';

export type PutBucket = Pick<R2Bucket, 'put' | 'head'>;

/**
 * 'same': the object is there with the same content (a retry, or another consumer): its own bytes stay, and `stored`
 * tells their size. Another content under the name throws: nothing may be confirmed.
 */
export interface PutOutcome {
  readonly status: 'stored' | 'same';
  readonly sizeBytes: number;
}

export async function putSegment(_bucket: PutBucket, _path: string, _segment: EncodedSegment): Promise<PutOutcome> {
  throw new Error('not yet');
}
