/**
 * Execute: from a checked question to its answer; the stage's list of steps.
 *
 *   plan    → which rollups would answer it exactly
 *   list    → the tenant's shards
 *   rollup  → shards first, then D1; the smallest rollup that turns out to hold everything
 *   lake    → else the events themselves; of people, where those are too many, cells that do not know links: an estimate
 *   answer  → ranked series, and what they can vouch for
 */
import { type RankedSeries, rankSeries, type Series } from '../../core/query/fold/answer.ts';
import { rollupPlans } from '../../core/query/question/plan.ts';
import type { Query } from '../../core/query/question/request.ts';
import type { DirectoryOf, ShardOf } from '../../core/shard/rpc.ts';
import type { ShardAddress } from '../../core/shard/shard-map.ts';
import { ok, type Result } from '../../core/std/result.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';
import type { DroppedRange } from '../../lake/manifest/dropped.ts';
import type { ScannerOf } from '../../lake/scan/scan-task.ts';
import type { ReadBucket } from '../../lake/segment/source.ts';
import type { Coverage } from '../view/coverage.ts';
import type { LakeRefusal } from '../view/refusal.ts';
import { type LakeReading, readLake } from './lake-source.ts';
import { type Linked, type RollupOptions, type RollupReading, readRollup } from './rollup-source.ts';

export interface QueryPorts {
  readonly db: D1Database;
  readonly lake: ReadBucket;
  readonly shardOf: ShardOf;
  /** Absent: every scan is done here. */
  readonly scannerOf?: ScannerOf;
  readonly directoryOf: DirectoryOf;
  readonly now: () => number;
}

export interface QueryMeta {
  /** The least watermark of the tenant's shards: what happened before it is in. Without events: now. */
  readonly asOf: string;
  /** Nothing of the range is missing or still open. */
  readonly complete: boolean;
  /** Events of the range that are counted once their day is sealed again. */
  readonly pending: number;
  readonly sources: {
    /** Shards asked, those that answered, and the events they hold that are not stored yet. */
    readonly live: { readonly shards: number; readonly answered: number; readonly events: number };
    /** Null: not used. */
    readonly rollups: { readonly rollup: string; readonly sealedDays: number; readonly parts: number } | null;
    /** Null: not used. */
    readonly lake: { readonly segments: number } | null;
  };
  /** Of the seals of the range's days, and the late corrections since. */
  readonly revision: number;
  /** Events read one by one: 0 when rollups answered. */
  readonly scannedEvents: number;
  readonly elapsedMs: number;
  /** Some number is an estimate. */
  readonly estimated?: true;
  /** What retention has taken from the range: it is not in the answer. */
  readonly dropped?: readonly DroppedRange[];
  /** Links of ids made by events that were acknowledged before it are followed; absent: no people were asked for, or not all shards answered. */
  readonly identityAsOf?: string;
}

export interface QueryAnswer {
  readonly series: readonly Series[];
  readonly meta: QueryMeta;
}

/** A rollup that turns out not to hold the range is passed over for the next; more than so many are not tried. */
const ROLLUPS_TRIED_MAX = 2;

/** `shards`: as the directory listed them; their answers are what makes an acknowledged event count. */
export async function execute(
  ports: QueryPorts,
  tenant: Tenant,
  query: Query,
  shards: readonly ShardAddress[],
): Promise<Result<QueryAnswer, LakeRefusal>> {
  const startedAtMs = ports.now();
  const answer = await answerFromRollups(ports, tenant, query, shards, startedAtMs);
  return answer ? ok(answer) : answerFromLake(ports, tenant, query, shards, startedAtMs);
}

/** Several questions: from rollups all at once; from the lake one after the other, for each may hold a scan's memory. */
export async function executeAll(
  ports: QueryPorts,
  tenant: Tenant,
  queries: readonly Query[],
  shards: readonly ShardAddress[],
): Promise<Result<QueryAnswer[], LakeRefusal>> {
  const startedAtMs = ports.now();
  // The tails are read for links once: each question alone would hold a page of every shard at the same time.
  let reading: Promise<Linked> | null = null;
  const linked = (read: () => Promise<Linked>) => {
    reading ??= read();
    return reading;
  };
  const fromRollups = await Promise.all(
    queries.map((query) => answerFromRollups(ports, tenant, query, shards, startedAtMs, { linked })),
  );
  const answers: QueryAnswer[] = [];
  for (const [index, query] of queries.entries()) {
    const found = fromRollups[index];
    const answer = found ? ok(found) : await answerFromLake(ports, tenant, query, shards, ports.now());
    if (!answer.ok) return answer;
    answers.push(answer.value);
  }
  return ok(answers);
}

/** Null: no rollup holds all that is asked for, or not exactly enough. */
async function answerFromRollups(
  ports: QueryPorts,
  { uid, rollups }: Tenant,
  query: Query,
  shards: readonly ShardAddress[],
  startedAtMs: number,
  options: RollupOptions = {},
): Promise<QueryAnswer | null> {
  for (const plan of rollupPlans(query, rollups, startedAtMs).slice(0, ROLLUPS_TRIED_MAX)) {
    const reading = await readRollupTwice(ports, uid, shards, query, plan, startedAtMs, options);
    if (!reading.ok) continue;
    const ranked = rankSeries(query, reading.value.fold);
    if (query.exact && (ranked.estimated || reading.value.pending > 0)) return null;
    return answerOf(ranked, rollupMeta(reading.value), ports.now() - startedAtMs);
  }
  return null;
}

/** Again where a seal was ahead of what a shard knew: most often it was told in between. */
async function readRollupTwice(...request: Parameters<typeof readRollup>): ReturnType<typeof readRollup> {
  const reading = await readRollup(...request);
  return !reading.ok && reading.error === 'seal-ahead' ? readRollup(...request) : reading;
}

/**
 * People as they came, each of a person's linked ids for one: where the lake holds too much to be read. Said to be an
 * estimate; null where rollups do not hold it, or exactness was asked for.
 */
async function estimatePeople(
  ports: QueryPorts,
  { uid, rollups }: Tenant,
  query: Query,
  shards: readonly ShardAddress[],
  startedAtMs: number,
): Promise<QueryAnswer | null> {
  if (query.measure !== 'users' || query.exact) return null;
  for (const plan of rollupPlans(query, rollups, startedAtMs).slice(0, ROLLUPS_TRIED_MAX)) {
    const reading = await readRollup(ports, uid, shards, query, plan, startedAtMs, { asTheyCame: true });
    if (!reading.ok) continue;
    const ranked = rankSeries(query, reading.value.fold);
    const estimated = ranked.estimated || reading.value.isUnlinked;
    return answerOf({ ...ranked, estimated }, rollupMeta(reading.value), ports.now() - startedAtMs);
  }
  return null;
}

async function answerFromLake(
  ports: QueryPorts,
  tenant: Tenant,
  query: Query,
  shards: readonly ShardAddress[],
  startedAtMs: number,
): Promise<Result<QueryAnswer, LakeRefusal>> {
  const reading = await readLake(ports, tenant.uid, shards, query, startedAtMs);
  if (!reading.ok) {
    const estimate =
      reading.error.code === 'query-too-large' ? await estimatePeople(ports, tenant, query, shards, startedAtMs) : null;
    return estimate === null ? reading : ok(estimate);
  }
  return ok(answerOf(rankSeries(query, reading.value.fold), lakeMeta(reading.value), ports.now() - startedAtMs));
}

type ReadingMeta = Omit<QueryMeta, 'elapsedMs' | 'estimated'>;

function rollupMeta({
  coverage,
  pending,
  rollupName,
  sealedDays,
  parts,
  revision,
  identityAsOfMs,
}: RollupReading): ReadingMeta {
  return {
    asOf: new Date(coverage.asOfMs).toISOString(),
    complete: coverage.isClosed && pending === 0 && isWhole(coverage),
    pending,
    sources: { live: liveSource(coverage), rollups: { rollup: rollupName, sealedDays, parts }, lake: null },
    revision,
    scannedEvents: 0,
    ...identityMeta(coverage, identityAsOfMs),
    ...droppedOf(coverage),
  };
}

/** Of an answer from the events themselves: nothing is pending, for all that is stored was read. */
export function lakeMeta({
  coverage,
  segments,
  scannedEvents,
  revision,
  identityAsOfMs,
}: Omit<LakeReading, 'fold'>): ReadingMeta {
  return {
    asOf: new Date(coverage.asOfMs).toISOString(),
    complete: coverage.isClosed && isWhole(coverage),
    pending: 0,
    sources: { live: liveSource(coverage), rollups: null, lake: { segments } },
    revision,
    scannedEvents,
    ...identityMeta(coverage, identityAsOfMs),
    ...droppedOf(coverage),
  };
}

/** Whoever was not heard may have links. */
function identityMeta({ answered, shards }: Coverage, identityAsOfMs: number | null): Pick<QueryMeta, 'identityAsOf'> {
  if (identityAsOfMs === null || answered < shards) return {};
  return { identityAsOf: new Date(identityAsOfMs).toISOString() };
}

function isWhole({ dropped = [] }: Coverage): boolean {
  return dropped.length === 0;
}

function droppedOf({ dropped = [] }: Coverage): Pick<QueryMeta, 'dropped'> {
  return dropped.length === 0 ? {} : { dropped };
}

function liveSource({ shards, answered, tailEvents }: Coverage): QueryMeta['sources']['live'] {
  return { shards, answered, events: tailEvents };
}

function answerOf({ series, estimated }: RankedSeries, meta: ReadingMeta, elapsedMs: number): QueryAnswer {
  return { series, meta: { ...meta, elapsedMs, ...(estimated && { estimated }) } };
}
