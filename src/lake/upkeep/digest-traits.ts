/**
 * Digest traits: the cron's duty that writes trait digests. A digest holds, for a span of days that are long past and sealed,
 * the events that decide the present traits, so that a question about traits reads one file or a few instead of a file
 * a day.
 *
 * The same seals give the same files, in every run. A seal made anew makes the digests of its span useless at once, and the
 * next run makes others. A file holds one people range, so that the rows held at once are bounded.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { DAY_MS, HOUR_MS, LIMITS } from '../../core/limits.ts';
import { traitWinners } from '../../core/people/trait-winners.ts';
import { dayOf } from '../../core/std/day.ts';
import { logError } from '../../observe/log.ts';
import { SPAN_DAYS, sealsText } from '../manifest/digest-span.ts';
import { findSpans, forgetDropped, type Span, storeDigests } from '../manifest/digest-store.ts';
import { digestPath } from '../manifest/paths.ts';
import type { PlacedSegment } from '../manifest/segment-rows.ts';
import { readScanPlan, type ScanPlan } from '../manifest/segments.ts';
import { scan } from '../scan/scan.ts';
import { concatColumns, selectRows } from '../segment/columns.ts';
import { type PutBucket, putSegment } from '../segment/put.ts';
import type { LakeColumn } from '../segment/segment-schema.ts';
import { encodeSegment } from '../segment/segment-write.ts';
import type { ReadBucket } from '../segment/source.ts';
import { personRange, rangeCountOf, rowsInRange } from '../spread/people-ranges.ts';
import { nextTenants, type TenantRound } from './tenant-round.ts';

export interface DigestServices {
  readonly db: D1Database;
  readonly lake: ReadBucket & PutBucket;
}

const ROUND: TenantRound = {
  name: 'schedule/profiles',
  everyMs: 6 * HOUR_MS,
  select: 'SELECT uid FROM tenants WHERE deleted_at_ms IS NULL AND uid > ?1 ORDER BY uid LIMIT ?2',
};
/** A younger day may well be sealed again. */
const AFTER_MS = LIMITS.allowedLatenessMs + DAY_MS;
/**
 * Spans of one run, of all its tenants: some twenty statements each, of the 1,000 that an invocation may ask D1. The next
 * round finds the others.
 */
const SPANS_PER_RUN_MAX = 25;
/** The columns that `traitWinners` and a later reading of the digest need. */
const COLUMNS: ReadonlySet<LakeColumn> = new Set<LakeColumn>([
  'at',
  'received_at',
  'id',
  'sender',
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

/** Each tenant and span is tried on its own: a failure does not keep the others from their turn. */
export async function scheduleDigests(services: DigestServices, nowMs: number): Promise<void> {
  let left = SPANS_PER_RUN_MAX;
  for (const uid of await nextTenants(services.db, ROUND, nowMs)) {
    if (left === 0) return;
    try {
      left -= await digestTenant(services, uid, { nowMs, spansMax: left });
    } catch (cause) {
      logError('lake.profiles', cause, { uid });
    }
  }
}

/** Returns the number of spans that were tried. */
async function digestTenant(
  services: DigestServices,
  uid: string,
  { nowMs, spansMax }: { readonly nowMs: number; readonly spansMax: number },
): Promise<number> {
  const { db } = services;
  await forgetDropped(db, uid, nowMs);
  const spans = await findSpans(db, uid, dayOf(nowMs - AFTER_MS), spansMax);
  for (const span of spans) {
    try {
      await digestSpan(services, { uid, span }, nowMs);
    } catch (cause) {
      logError('lake.profiles', cause, { uid, span });
    }
  }
  return spans.length;
}

/** Writes the digests of a span. Does nothing when the span has no seals, or events that no seal covers. */
export async function digestSpan(
  services: DigestServices,
  { uid, span }: Span,
  nowMs: number,
  countRanges: (rowCount: number) => number = rangeCountOf,
): Promise<void> {
  const dayFrom = span * SPAN_DAYS;
  const plan = await readScanPlan(services.db, { uid, dayFrom, dayTo: dayFrom + SPAN_DAYS - 1, only: 'traits' });
  const days = plan.days.filter(({ day }) => day >= plan.dropped.lake.dayBefore);
  if (days.length === 0 || plan.segments.some(({ source }) => source !== 'seal')) return;
  const seals = sealsText(days);
  if (plan.digests.some((digest) => digest.seals === seals)) return;
  const rowCount = plan.segments.reduce((sum, segment) => sum + segment.rowCount, 0);
  const rangeCount = countRanges(rowCount);
  const files: { range: number; placed: PlacedSegment }[] = [];
  for (let range = 0; range < rangeCount; range++) {
    const rows = await readRange(services.lake, plan, dayFrom, { range, rangeCount });
    if (rows === null) return;
    const winners = selectRows(rows, traitWinners(rows));
    if (winners.rowCount === 0) continue;
    const encoded = encodeSegment(winners, { order: 'l0' });
    const path = digestPath(uid, span, { range, rangeCount }, seals);
    const { sizeBytes, isOurs } = await putSegment(services.lake, path, encoded);
    files.push({ range, placed: { path, encoded, sizeBytes, isOurs } });
  }
  await storeDigests(services.db, { uid, span, seals }, files, nowMs);
}

/** The identify and group events of the people of a range; null when they are too many to be read. */
async function readRange(
  lake: ReadBucket,
  { segments }: ScanPlan,
  dayFrom: number,
  { range, rangeCount }: { readonly range: number; readonly rangeCount: number },
): Promise<EventColumns | null> {
  const taken: EventColumns[] = [];
  const people = personRange(range, rangeCount);
  const times = { startMs: dayFrom * DAY_MS, endMs: (dayFrom + SPAN_DAYS) * DAY_MS };
  const request = {
    bucket: lake,
    hashKey: null,
    segments,
    tails: [],
    ...times,
    wanted: COLUMNS,
    narrowed: () => people,
  };
  const scanned = await scan(request, (batch, shown) => {
    const inRange = new Set(rowsInRange(batch, range, rangeCount));
    const rows = shown.filter((row) => inRange.has(row) && SAYS_TRAITS.has(batch.strings.type?.[row] ?? null));
    if (rows.length > 0) taken.push(selectRows(batch, rows));
  });
  return scanned.ok ? concatColumns(taken) : null;
}
