/**
 * Keep: the cron's part in profiles: of each block of days that are long past and sealed, the events that still say what a trait
 * is, in a file or a few, so that a question about traits reads those instead of a file a day.
 *
 * The same seals give the same files, whoever makes them and how often; a seal made anew makes its block's files useless
 * at once, and the next run makes others. A file holds one bucket of people, so that the rows held at once are bounded.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { DAY_MS, HOUR_MS, LIMITS } from '../../core/limits.ts';
import { traitWinners } from '../../core/people/trait-winners.ts';
import { logError } from '../../observe/log.ts';
import { BLOCK_DAYS, profilesPath, sealsText } from '../manifest/digest-span.ts';
import { type Block, findBlocks, forgetDropped, keepProfiles } from '../manifest/digest-store.ts';
import { lakeFolder } from '../manifest/paths.ts';
import type { PlacedSegment } from '../manifest/segment-rows.ts';
import { readScanPlan, type ScanPlan } from '../manifest/segments.ts';
import { scan } from '../scan/scan.ts';
import { bucketCountOf, peopleOfBucket, rowsOfBucket } from '../seal/bucket.ts';
import { claim } from '../seal/schedule.ts';
import { concatColumns, selectRows } from '../segment/columns.ts';
import { type PutBucket, putSegment } from '../segment/put.ts';
import type { LakeColumn } from '../segment/segment-schema.ts';
import { encodeSegment } from '../segment/segment-write.ts';
import type { ReadBucket } from '../segment/source.ts';

export interface ProfileServices {
  readonly db: D1Database;
  readonly lake: ReadBucket & PutBucket;
}

/** Every sealed day is looked at to find blocks. */
const EVERY_MS = 6 * HOUR_MS;
/** Younger days may well be sealed again. */
const AFTER_MS = LIMITS.allowedLatenessMs + DAY_MS;
const BLOCKS_PER_RUN_MAX = 50;
const COLUMNS: ReadonlySet<LakeColumn> = new Set<LakeColumn>([
  'at',
  'received_at',
  'id',
  'type',
  'event',
  'person',
  'user_id',
  'anonymous_id',
  'group_id',
  'key_hash',
  'late',
  'properties',
]);
const SAYS_TRAITS: ReadonlySet<string | null> = new Set(['identify', 'group']);

/** Each block on its own: one that fails does not keep the others from their turn. */
export async function scheduleProfiles(services: ProfileServices, nowMs: number): Promise<void> {
  const { db } = services;
  if (!(await claim(db, ['schedule/profiles'], nowMs, EVERY_MS)).has('schedule/profiles')) return;
  await forgetDropped(db, nowMs);
  const beforeDay = Math.floor((nowMs - AFTER_MS) / DAY_MS);
  for (const block of await findBlocks(db, beforeDay, BLOCKS_PER_RUN_MAX)) {
    try {
      await keepBlock(services, block, nowMs);
    } catch (cause) {
      logError('lake.profiles', cause, { ...block });
    }
  }
}

/** Nothing is kept of a block that has no seals, or more than its seals: those come first. */
export async function keepBlock(
  services: ProfileServices,
  { uid, block }: Block,
  nowMs: number,
  bucketsOf: (rowCount: number) => number = bucketCountOf,
): Promise<void> {
  const dayFrom = block * BLOCK_DAYS;
  const plan = await readScanPlan(services.db, { uid, dayFrom, dayTo: dayFrom + BLOCK_DAYS - 1, only: 'traits' });
  const days = plan.days.filter(({ day }) => day >= plan.dropped.lake.dayBefore);
  if (days.length === 0 || plan.segments.some(({ source }) => source !== 'seal')) return;
  const seals = sealsText(days);
  if (plan.profiles.some((kept) => kept.seals === seals)) return;
  const rowCount = plan.segments.reduce((sum, segment) => sum + segment.rowCount, 0);
  const bucketCount = bucketsOf(rowCount);
  const files: { bucket: number; placed: PlacedSegment }[] = [];
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    const rows = await readBucket(services.lake, plan, dayFrom, bucket, bucketCount);
    if (rows === null) return;
    const winners = selectRows(rows, traitWinners(rows));
    if (winners.rowCount === 0) continue;
    const encoded = encodeSegment(winners, { order: 'l0' });
    const path = profilesPath(lakeFolder(uid), block, { bucket, bucketCount }, seals);
    const { sizeBytes, isOurs } = await putSegment(services.lake, path, encoded);
    files.push({ bucket, placed: { path, encoded, sizeBytes, isOurs } });
  }
  await keepProfiles(services.db, { uid, block, seals }, files, nowMs);
}

/** The identify and group events of a bucket's people; null: they are too many to be read at all. */
async function readBucket(
  lake: ReadBucket,
  { segments }: ScanPlan,
  dayFrom: number,
  bucket: number,
  bucketCount: number,
): Promise<EventColumns | null> {
  const taken: EventColumns[] = [];
  const people = peopleOfBucket(bucket, bucketCount);
  const range = { startMs: dayFrom * DAY_MS, endMs: (dayFrom + BLOCK_DAYS) * DAY_MS };
  const request = { bucket: lake, segments, tails: [], ...range, wanted: COLUMNS, narrowed: () => people };
  const scanned = await scan(request, (batch, shown) => {
    const ofBucket = new Set(rowsOfBucket(batch, bucket, bucketCount));
    const rows = shown.filter((row) => ofBucket.has(row) && SAYS_TRAITS.has(batch.strings.type?.[row] ?? null));
    if (rows.length > 0) taken.push(selectRows(batch, rows));
  });
  return scanned.ok ? concatColumns(taken) : null;
}
