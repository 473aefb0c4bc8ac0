/**
 * Lake sink: the transactional sink (sink.ts). A flush becomes an L0 segment in R2, then, in one D1 batch, its parts, its
 * manifest rows, its links, its names and its own row.
 *
 * The segment's name says which range of which log it holds, and it is created once. An invocation that dies between R2
 * and D1 leaves an object that no reader counts; the next try finds it and goes on.
 */
import type { EventColumns } from '../core/event/columns.ts';
import type { FlushRef } from '../core/shard/rpc.ts';
import { storeFlush } from '../lake/manifest/flushes.ts';
import { l0Path } from '../lake/manifest/paths.ts';
import type { PlacedSegment } from '../lake/manifest/segment-rows.ts';
import { namesToKeep } from '../lake/names/keep-names.ts';
import { type PutBucket, putSegment } from '../lake/segment/put.ts';
import { encodeSegmentPausing } from '../lake/segment/segment-write.ts';
import { pause } from '../lake/std/pause.ts';
import { flushLinks } from './flush-links.ts';
import type { Sink } from './sink.ts';

export interface LakeSinkServices {
  readonly db: D1Database;
  readonly lake: PutBucket;
  readonly now: () => number;
}

/** @example consumeFlushes(batch, { ...services, sink: lakeSink(services) }) */
export function lakeSink({ db, lake, now }: LakeSinkServices): Sink {
  return {
    async store({ address: { uid }, flush, columns, ...accounts }) {
      const segment = await storeSegment(lake, uid, flush, columns);
      const links = await flushLinks(db, uid, columns);
      const names = namesToKeep(db, uid, columns);
      await storeFlush(db, { uid, flush, ...accounts, segment, links, names, nowMs: now() });
      return { rowCount: columns.rowCount, sizeBytes: segment?.encoded.bytes.byteLength ?? 0 };
    },
  };
}

/** Writes the segment of a flush; null when the flush accepted no event and has none. */
export async function storeSegment(
  bucket: PutBucket,
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
