/**
 * Status: how far behind the tenant's answers are, and why: shards, watermark, tails not yet stored, sealed days, drift.
 *
 * Every shard of the directory is asked; one that does not answer is listed as such and makes the answer incomplete.
 */
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import type { ShardOf } from '../core/shard/rpc.ts';
import type { ShardAddress } from '../core/shard/shard-map.ts';
import type { Tenant } from '../core/tenant/tenant.ts';
import { describe } from '../http/describe.ts';
import { readDropped } from '../lake/upkeep/expiry.ts';
import { logWarn } from '../observe/log.ts';
import { listShards } from '../query/view/shards.ts';
import type { Services } from '../services.ts';
import { droppedSchema, wireDropped } from './expiry-routes.ts';

export type StatusServices = Pick<Services, 'db' | 'auth' | 'shardOf' | 'directoryOf' | 'now'>;

const instantSchema = z.iso.datetime().nullable();
const shardSchema = z.object({
  region: z.string(),
  index: z.int(),
  incarnation: z.string().nullable(),
  reachable: z.boolean(),
  watermark: instantSchema,
  storedSeq: z.int().nullable(),
  headSeq: z.int().nullable(),
  tailEvents: z.int().nullable(),
  pendingEvents: z.int().nullable(),
  waitingFlushes: z.int().nullable().describe('Cut and not yet stored.'),
  oldestFlushAttempts: z.int().nullable().describe('How often the sink has begun to store the oldest of them.'),
  oldestFlushAgeMs: z.int().nullable().describe('Since the first event of the oldest waiting flush was received.'),
  logSizeBytes: z.int().nullable(),
  rememberedIds: z.int().nullable().describe('Ids held for de-duplication.'),
  rowsWritten: z.int().nullable().describe('Since the shard woke.'),
});
type ShardStatus = z.output<typeof shardSchema>;

const tallySchema = z.object({
  received: z.int(),
  accepted: z.int(),
  duplicate: z.int(),
  quarantined: z.int(),
  rejected: z.int(),
});
type Tally = z.output<typeof tallySchema>;

const failingSchema = z.object({
  region: z.string(),
  index: z.int(),
  incarnation: z.string(),
  seqFrom: z.int(),
  attempts: z.int(),
  error: z.string().describe('Of the latest attempt.'),
  since: z.iso.datetime(),
});

const statusSchema = z.object({
  tenant: z.string(),
  complete: z.boolean().describe('Every shard answered.'),
  asOf: instantSchema.describe('The least watermark of the shards; null: no event was ever taken.'),
  lagMs: z.int().nullable().describe('Now minus `asOf`.'),
  tailEvents: z.int().describe('Accepted and not yet stored: answered from the shards.'),
  pending: z.int().describe('Of those, in no cell: counted once their day is sealed.'),
  shards: z.array(shardSchema),
  stored: z.object({
    flushes: z.int(),
    events: z.int(),
    tally: tallySchema.describe('Of the requests whose flushes are stored: received is the sum of the others.'),
    gaps: z.int().describe('Flushes that do not begin where the one before ended: must be 0.'),
    latestAt: instantSchema,
    failing: z
      .array(failingSchema)
      .describe('Flushes that could not be stored so far; their shards hold them, and try again and again.'),
  }),
  sealed: z.object({
    days: z.int(),
    dirtyDays: z.int().describe('Days with stored events no seal covers yet.'),
    events: z.int(),
    firstDay: z.iso.date().nullable(),
    lastDay: z.iso.date().nullable(),
    latestAt: instantSchema,
  }),
  drift: z.record(z.string(), z.number()).describe('Live minus sealed counts by cause, over all sealed days.'),
  quota: z.object({ eventsPerMinute: z.int().nullable().describe('null: none.') }),
  dropped: droppedSchema.describe('By retention: see /v1/retention.'),
});
type Status = z.output<typeof statusSchema>;

export function statusRoutes(services: StatusServices): Hono {
  const app = new Hono();
  app.get(
    '/v1/status',
    describe({
      summary: 'Lag, watermark, shards, seals and drift',
      tag: 'operations',
      key: 'read',
      answer: statusSchema,
    }),
    async (c: Context) => {
      const { tenant } = await services.auth.authenticate(c.req.raw.headers, 'read');
      return c.json(await readStatus(services, tenant));
    },
  );
  return app;
}

async function readStatus({ db, shardOf, directoryOf, now }: StatusServices, tenant: Tenant): Promise<Status> {
  const addresses = await listShards(directoryOf, tenant.uid);
  const shards = await Promise.all(addresses.map((address) => askShard(shardOf, address)));
  const watermarks = shards.flatMap(({ watermark }) => (watermark === null ? [] : [Date.parse(watermark)]));
  const asOfMs = watermarks.length === 0 ? null : Math.min(...watermarks);
  return {
    tenant: tenant.id,
    complete: shards.every(({ reachable }) => reachable),
    asOf: instant(asOfMs),
    lagMs: asOfMs === null ? null : now() - asOfMs,
    tailEvents: sum(shards.map(({ tailEvents }) => tailEvents)),
    pending: sum(shards.map(({ pendingEvents }) => pendingEvents)),
    shards,
    ...(await readStored(db, tenant.uid)),
    quota: { eventsPerMinute: tenant.quotaEventsPerMinute ?? null },
    dropped: wireDropped(await readDropped(db, tenant.uid)),
  };
}

async function askShard(shardOf: ShardOf, address: ShardAddress): Promise<ShardStatus> {
  const { region, index } = address;
  try {
    const { watermarkMs, cutSeq: _, ...state } = await shardOf(address).status({ address });
    return { region, index, reachable: true, watermark: instant(watermarkMs), ...state };
  } catch (cause) {
    logWarn('operate.status', cause, { address });
    return { region, index, reachable: false, ...UNKNOWN };
  }
}

const UNKNOWN = {
  incarnation: null,
  watermark: null,
  storedSeq: null,
  headSeq: null,
  tailEvents: null,
  pendingEvents: null,
  waitingFlushes: null,
  oldestFlushAttempts: null,
  oldestFlushAgeMs: null,
  logSizeBytes: null,
  rememberedIds: null,
  rowsWritten: null,
};

const NO_TALLY: Tally = { received: 0, accepted: 0, duplicate: 0, quarantined: 0, rejected: 0 };

interface FlushesRow {
  readonly flushes: number;
  /** JSON of a Tally. */
  readonly tally: string;
  readonly gaps: number;
  readonly latest_at_ms: number | null;
}
interface FailingRow {
  readonly region: string;
  readonly shard: number;
  readonly incarnation: string;
  readonly seq_from: number;
  readonly attempts: number;
  readonly error: string;
  readonly first_at_ms: number;
}
interface SealedRow {
  readonly days: number;
  readonly events: number;
  readonly first_day: number | null;
  readonly last_day: number | null;
  readonly latest_at_ms: number | null;
}

async function readStored(db: D1Database, uid: string): Promise<Pick<Status, 'stored' | 'sealed' | 'drift'>> {
  const [flushes, sealed, dirty, drift, failing] = (await db.batch<unknown>([
    db
      .prepare(
        `SELECT count(*) AS flushes, coalesce(sum(seq_from <> previous_seq_to), 0) AS gaps,
                json_object('received', coalesce(sum(received), 0), 'accepted', coalesce(sum(accepted), 0),
                  'duplicate', coalesce(sum(duplicate), 0), 'quarantined', coalesce(sum(quarantined), 0),
                  'rejected', coalesce(sum(rejected), 0)) AS tally,
                max(stored_at_ms) AS latest_at_ms
           FROM (SELECT *, lag(seq_to, 1, 0) OVER (PARTITION BY incarnation ORDER BY seq_from) AS previous_seq_to
                   FROM flushes WHERE uid = ?)`,
      )
      .bind(uid),
    db
      .prepare(
        `SELECT count(*) AS days, coalesce(sum(events), 0) AS events, min(day) AS first_day, max(day) AS last_day,
                max(sealed_at_ms) AS latest_at_ms FROM sealed_days WHERE uid = ?`,
      )
      .bind(uid),
    db
      .prepare(
        `SELECT count(DISTINCT segment_days.day) AS days FROM segment_days
           LEFT JOIN sealed_days ON sealed_days.uid = segment_days.uid AND sealed_days.day = segment_days.day
           WHERE segment_days.uid = ? AND segment_days.manifest_seq > coalesce(sealed_days.covered_seq, -1)
             AND segment_days.day >= coalesce((SELECT day_before FROM dropped WHERE uid = segment_days.uid AND tier = 'lake'), segment_days.day)`,
      )
      .bind(uid),
    db
      .prepare(
        `SELECT cause.key AS cause, sum(cause.value) AS events FROM sealed_days, json_each(sealed_days.drift) AS cause
           WHERE sealed_days.uid = ? AND cause.type IN ('integer', 'real') GROUP BY cause.key ORDER BY cause.key`,
      )
      .bind(uid),
    db
      .prepare(
        `SELECT region, shard, incarnation, seq_from, attempts, error, first_at_ms FROM flush_failures
           WHERE uid = ? AND NOT EXISTS (SELECT 1 FROM flushes WHERE flushes.uid = flush_failures.uid
             AND flushes.incarnation = flush_failures.incarnation AND flushes.seq_from = flush_failures.seq_from)
           ORDER BY first_at_ms LIMIT 100`,
      )
      .bind(uid),
  ])) as [
    D1Result<FlushesRow>,
    D1Result<SealedRow>,
    D1Result<{ days: number }>,
    D1Result<{ cause: string; events: number }>,
    D1Result<FailingRow>,
  ];
  const [stored] = flushes.results;
  const [days] = sealed.results;
  const tally: Tally = stored ? JSON.parse(stored.tally) : NO_TALLY;
  return {
    stored: {
      flushes: stored?.flushes ?? 0,
      events: tally.accepted,
      tally,
      gaps: stored?.gaps ?? 0,
      latestAt: instant(stored?.latest_at_ms ?? null),
      failing: failing.results.map(({ shard, seq_from, first_at_ms, ...flush }) => ({
        ...flush,
        index: shard,
        seqFrom: seq_from,
        since: new Date(first_at_ms).toISOString(),
      })),
    },
    sealed: {
      days: days?.days ?? 0,
      dirtyDays: dirty.results[0]?.days ?? 0,
      events: days?.events ?? 0,
      firstDay: date(days?.first_day ?? null),
      lastDay: date(days?.last_day ?? null),
      latestAt: instant(days?.latest_at_ms ?? null),
    },
    drift: Object.fromEntries(drift.results.map(({ cause, events }) => [cause, events])),
  };
}

function instant(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}

function date(day: number | null): string | null {
  return day === null ? null : new Date(day * 86_400_000).toISOString().slice(0, 10);
}

function sum(counts: readonly (number | null)[]): number {
  return counts.reduce<number>((total, count) => total + (count ?? 0), 0);
}
