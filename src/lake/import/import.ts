/**
 * Import: one chunk of bulk history → an L0 segment that only seals and scans count.
 *
 * steps: start (a row has the receipt of the chunk, or its verdict) → records by column → L0 to R2 → segment, days,
 *   links and verdict in one D1 batch
 *
 * A chunk that was killed anywhere and is sent again has the same receipt, so the same rows, so the same object. Copies,
 * inside the import and beside live events, are left to the seal, which has to look for them anyway.
 */
import { type EventColumns, LATE_IMPORT } from '../../core/event/columns.ts';
import type {
  ImportAccount,
  ImportChunk,
  Importer,
  ImportStart,
  ImportStatus,
  ImportVerdict,
} from '../../core/event/import.ts';
import { findLinks } from '../../core/people/find-links.ts';
import type { SealQueue } from '../../core/shard/rpc.ts';
import { dayText } from '../../core/std/day.ts';
import { namesToKeep } from '../manifest/keep-names.ts';
import { l0Path } from '../manifest/paths.ts';
import type { PlacedSegment } from '../manifest/segment-rows.ts';
import { queueImported } from '../seal/schedule.ts';
import { type PutBucket, putSegment } from '../segment/put.ts';
import { recordColumns } from '../segment/record-columns.ts';
import { encodeSegmentPausing } from '../segment/segment-write.ts';
import { importIncarnation, readImport, startChunk, storeChunk } from './import-store.ts';

export interface ImportServices {
  readonly db: D1Database;
  readonly lake: PutBucket;
  readonly sealQueue: SealQueue;
  readonly now: () => number;
}

/** @example importRoutes(services, lakeImporter(services)) */
export function lakeImporter({ db, lake, sealQueue, now }: ImportServices): Importer {
  return {
    start: (chunk): Promise<ImportStart> => startChunk(db, chunk, now()),

    async store(chunk, records, hasher, account): Promise<ImportVerdict> {
      const columns = recordColumns(records, hasher, LATE_IMPORT);
      const segment = records.length === 0 ? null : await placeSegment(lake, chunk, columns);
      const verdict = verdictOf(records.length, segment, account);
      const names = namesToKeep(db, chunk.uid, columns);
      await storeChunk(db, chunk, { segment, links: findLinks(columns, hasher), names, verdict }, now());
      return verdict;
    },

    async finish(uid, importId): Promise<ImportStatus | null> {
      const known = await readImport(db, uid, importId);
      if (known === null) return null;
      await queueImported({ db, sealQueue }, uid, known.open, now());
      return known.status;
    },

    status: async (uid, importId) => (await readImport(db, uid, importId))?.status ?? null,
  };
}

async function placeSegment(
  bucket: PutBucket,
  { uid, importId, chunk }: ImportChunk,
  columns: EventColumns,
): Promise<PlacedSegment> {
  const encoded = await encodeSegmentPausing(columns, { order: 'l0' });
  const path = l0Path(uid, importIncarnation(importId, chunk), 0, columns.rowCount);
  const { sizeBytes, isOurs } = await putSegment(bucket, path, encoded);
  return { path, encoded, sizeBytes, isOurs };
}

function verdictOf(
  accepted: number,
  segment: PlacedSegment | null,
  { received, errors, unlisted, notes, noted }: ImportAccount,
): ImportVerdict {
  const days = segment?.encoded.days.map(({ day }) => dayText(day)) ?? [];
  const told = { ...(noted > 0 && { notes, noted }), ...(unlisted.length > 0 && { unlisted }) };
  return { received, accepted, duplicate: 0, quarantined: 0, rejected: received - accepted, errors, days, ...told };
}
