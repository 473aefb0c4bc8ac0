/**
 * Lake sink: a flush becomes an L0 segment in R2, created once; what it is called says which range of which log it holds.
 */
import type { EventColumns } from '../core/columns.ts';
import type { FlushRef } from '../core/rpc.ts';
import { l0Path } from '../lake/manifest.ts';
import { putSegment } from '../lake/put.ts';
import { type EncodedSegment, encodeSegment } from '../lake/segment-write.ts';

export interface StoredSegment {
  readonly path: string;
  readonly encoded: EncodedSegment;
}

/** Null: the flush accepted nothing, there is no segment to write. */
export async function storeSegment(
  bucket: R2Bucket,
  uid: string,
  flush: FlushRef,
  columns: EventColumns,
): Promise<StoredSegment | null> {
  if (columns.rowCount === 0) return null;
  const encoded = encodeSegment(columns, { order: 'l0' });
  const path = l0Path(uid, flush.incarnation, flush.seqFrom, flush.seqTo);
  await putSegment(bucket, path, encoded);
  return { path, encoded };
}
