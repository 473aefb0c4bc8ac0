/**
 * Import: the versions and chunks of bulk history → L0 segments that count from the finish of their version on.
 *
 * steps of a chunk: start (a row has its times, or its verdict) → records by column → L0 to R2 → what waits and the verdict,
 *   in one D1 batch
 * steps of a finish: leave out repeated ids → segments, days, links and version in one D1 batch → queue the days → publish
 *
 * A chunk that was killed anywhere and is sent again has the same times, so the same rows. Copies beside live events and
 * other imports are left to the seal, which has to look for them anyway.
 */
import { type EventColumns, LATE_IMPORT } from '../../core/event/columns.ts';
import type { EventRecord } from '../../core/event/event.ts';
import type {
  FinishOutcome,
  FinishRequest,
  ImportAccount,
  ImportChunk,
  Importer,
  ImportStatus,
  ImportVerdict,
} from '../../core/event/import.ts';
import { findLinks } from '../../core/people/find-links.ts';
import type { SealQueue } from '../../core/shard/rpc.ts';
import { dayText } from '../../core/std/day.ts';
import type { Hasher } from '../../core/std/hash.ts';
import { hashHex } from '../../core/std/hash.ts';
import { type CurrentBucket, publishCurrent } from '../manifest/current.ts';
import { importPath, workPath } from '../manifest/paths.ts';
import type { PlacedSegment } from '../manifest/segment-rows.ts';
import { namesToKeep } from '../names/keep-names.ts';
import { queueImported } from '../seal/schedule.ts';
import { type PutBucket, putSegment } from '../segment/put.ts';
import { recordColumns } from '../segment/record-columns.ts';
import { encodeSegmentPausing } from '../segment/segment-write.ts';
import { readWaiting, replaceWaiting, startChunk, storeChunk, type WaitingSegment } from './chunk-store.ts';
import { givenIdsOf, idFileOf } from './id-file.ts';
import { importIncarnation } from './names.ts';
import { leaveOutRepeats } from './repeats.ts';
import { countChunks, findMissing, listImports, readImport } from './status-store.ts';
import {
  drawVersion,
  finishedOf,
  finishVersion,
  type ImportKey,
  readVersions,
  undoImport,
  type VersionKey,
} from './version-store.ts';

export interface ImportServices {
  readonly db: D1Database;
  readonly lake: PutBucket & CurrentBucket & Pick<R2Bucket, 'get'>;
  readonly sealQueue: SealQueue;
  readonly now: () => number;
}

/** @example importRoutes(services, lakeImporter(services)) */
export function lakeImporter(services: ImportServices): Importer {
  const { db, now } = services;
  return {
    draw: (uid, importId, request) => drawVersion(db, { uid, importId }, request, now()),
    start: (chunk) => startChunk(db, chunk, now()),
    store: (chunk, records, hasher, account) => storeRecords(services, chunk, { records, hasher, account }),
    finish: (uid, importId, hasher, request) => finishImport(services, { uid, importId }, hasher, request),
    async undo(uid, importId): Promise<ImportStatus | null> {
      await undoImport(db, { uid, importId }, now());
      // Also when it was undone before: the call may be the next try of one that was killed after its batch.
      return settle(services, { uid, importId }, 'changed');
    },
    status: async (uid, importId) => (await readImport(db, { uid, importId }))?.status ?? null,
    list: (uid, before, countMax) => listImports(db, uid, before, countMax),
  };
}

interface NewChunk {
  readonly records: readonly EventRecord[];
  readonly hasher: Hasher;
  readonly account: ImportAccount;
}

async function storeRecords(
  { db, lake, now }: ImportServices,
  chunk: ImportChunk,
  { records: all, hasher, account }: NewChunk,
): Promise<ImportVerdict> {
  const { records, words } = givenIdsOf(all, hasher, account.madeIds);
  const columns = recordColumns(records, hasher, LATE_IMPORT);
  const segment = records.length === 0 ? null : await placeSegment(lake, chunk, columns);
  const idsPath = segment === null || words.length === 0 ? null : await placeIds(lake, chunk, segment, words);
  const verdict = verdictOf(all.length, records.length, segment, account);
  const names = namesToKeep(db, chunk.uid, columns);
  const links = findLinks(columns, hasher);
  if (await storeChunk(db, chunk, { segment, idsPath, links, names, verdict })) return verdict;
  // Another try was ahead, or the version has ended: the caller hears what now holds.
  const again = await startChunk(db, chunk, now());
  if (again.status === 'kept') return again.verdict;
  throw new Error(`chunk ${chunk.chunk} of import ${chunk.importId} was overtaken: it is ${again.status} now`);
}

async function placeSegment(
  bucket: PutBucket,
  { uid, importId, version, chunk }: Omit<ImportChunk, 'contentHash'>,
  columns: EventColumns,
): Promise<PlacedSegment> {
  const encoded = await encodeSegmentPausing(columns, { order: 'l0' });
  const incarnation = importIncarnation(importId, version, chunk);
  const path = importPath(uid, incarnation, columns.rowCount, encoded.contentHash);
  const { sizeBytes, isOurs } = await putSegment(bucket, path, encoded);
  return { path, encoded, sizeBytes, isOurs };
}

/** The name has the hash of the segment, and so the content follows from it. */
async function placeIds(
  bucket: PutBucket,
  { uid, importId, version, chunk }: ImportChunk,
  { path: segmentPath }: PlacedSegment,
  words: Uint32Array,
): Promise<string> {
  const path = workPath(uid, importIncarnation(importId, version, chunk), `ids-${hashHex(segmentPath)}`);
  await bucket.put(path, idFileOf(words));
  return path;
}

async function finishImport(
  services: ImportServices,
  key: ImportKey,
  hasher: Hasher,
  request: FinishRequest,
): Promise<FinishOutcome> {
  const versions = await readVersions(services.db, key);
  const finished = finishedOf(versions);
  const version = request.version ?? versions.find(({ state }) => state === 'open')?.version ?? finished?.version;
  const stored = versions.find((each) => each.version === version);
  if (stored === undefined) return { status: 'unknown' };
  if (finished !== undefined && finished.version > stored.version) return { status: 'superseded' };
  if (stored.state === 'dropped') return { status: 'closed' };
  if (stored.state === 'open') {
    const ended = await finishOpen(services, { ...key, version: stored.version }, hasher, request.chunks);
    if (ended !== 'overtaken') return ended;
    // The next reading says what now holds.
    return finishImport(services, key, hasher, { ...request, version: stored.version });
  }
  if (request.chunks !== undefined && request.chunks !== stored.chunkCount)
    return { status: 'incomplete', missing: [] };
  return { status: 'finished', import: (await settle(services, key, 'as before'))! };
}

/** 'overtaken' when another call has finished this version meanwhile, or a greater one. */
async function finishOpen(
  services: ImportServices,
  key: VersionKey,
  hasher: Hasher,
  named: number | undefined,
): Promise<FinishOutcome | 'overtaken'> {
  const { db, lake, now } = services;
  const count = await countChunks(db, key);
  const chunks = named ?? count;
  const missing = await findMissing(db, key, chunks);
  if (missing.length > 0 || count > chunks) return { status: 'incomplete', missing };
  const replace = async (waiting: WaitingSegment, rows: EventColumns | null) => {
    const segment = rows && (await placeSegment(lake, { ...key, chunk: waiting.chunk }, rows));
    await replaceWaiting(db, key, waiting, segment, now());
  };
  const copies = await leaveOutRepeats(await readWaiting(db, key), { lake, hasher, replace });
  if (!(await finishVersion(db, key, { chunks, copies }, now()))) return 'overtaken';
  return { status: 'finished', import: (await settle(services, key, 'changed'))! };
}

/**
 * Queues the days of the import that are not sealed as it stands, and publishes which files count. A call that has changed
 * nothing publishes only beside days to seal: it may be the next try of one that was killed in between. Null when there is no
 * such import.
 */
async function settle(
  { db, lake, sealQueue, now }: ImportServices,
  key: ImportKey,
  state: 'changed' | 'as before',
): Promise<ImportStatus | null> {
  const known = await readImport(db, key);
  if (known === null) return null;
  const { status, open } = known;
  if (state === 'changed' || open.length > 0) await publishCurrent(db, lake, key.uid, now());
  await queueImported({ db, sealQueue }, key.uid, open, now());
  return status;
}

function verdictOf(
  admitted: number,
  accepted: number,
  segment: PlacedSegment | null,
  { received, errors, unlisted, notes, noted }: ImportAccount,
): ImportVerdict {
  const days = segment?.encoded.days.map(({ day }) => dayText(day)) ?? [];
  const told = { ...(noted > 0 && { notes, noted }), ...(unlisted.length > 0 && { unlisted }) };
  const counts = { accepted, duplicate: admitted - accepted, quarantined: 0 as const, rejected: received - admitted };
  return { received, ...counts, errors, days, ...told };
}
