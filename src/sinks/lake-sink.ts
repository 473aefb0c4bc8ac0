/**
 * Lake sink: a flush becomes an L0 segment in R2, created once; what it is called says which range of which log it holds.
 */
import type { EventColumns } from '../core/event/columns.ts';
import type { FlushRef } from '../core/shard/rpc.ts';
import { l0Path } from '../lake/manifest/paths.ts';
import type { PlacedSegment } from '../lake/manifest/segment-rows.ts';
import { putSegment } from '../lake/segment/put.ts';
import { encodeSegmentPausing } from '../lake/segment/segment-write.ts';
import { pause } from '../lake/std/pause.ts';

/** Null: the flush accepted nothing, there is no segment to write. */
export async function storeSegment(
  bucket: R2Bucket,
  uid: string,
  flush: FlushRef,
  columns: EventColumns,
): Promise<PlacedSegment | null> {
  if (columns.rowCount === 0) return null;
  await pause();
  const encoded = await encodeSegmentPausing(columns, { order: 'l0' });
  const path = l0Path(uid, flush.incarnation, flush.seqFrom, flush.seqTo);
  const { sizeBytes, isOurs } = await putSegment(bucket, path, encoded);
  return { path, encoded, sizeBytes, isOurs };
}
