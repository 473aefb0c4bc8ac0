/**
 * Status: how far behind the tenant's answers are, and why: shards, watermark, tails not yet stored, sealed days, drift.
 *
 * Every shard of the directory is asked. A shard that does not answer is listed as unreachable and makes the answer
 * incomplete.
 */
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import type { ShardOf } from '../core/shard/rpc.ts';
import type { ShardAddress } from '../core/shard/shard-map.ts';
import type { Tenant } from '../core/tenant/tenant.ts';
import { describe } from '../http/describe.ts';
import { dayText } from '../lake/manifest/paths.ts';
import { readDropped } from '../lake/upkeep/expiry.ts';
import { logWarn } from '../observe/log.ts';
import { listShards } from '../query/view/shards.ts';
import type { Services } from '../services.ts';
import { droppedSchema, wireDropped } from './expiry-routes.ts';
import { readStoredStatus } from './status-store.ts';

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
  waitingFlushes: z.int().nullable().describe('Flushes that are cut and not yet stored.'),
  oldestFlushAttempts: z.int().nullable().describe('How often the sink has begun to store the oldest of them.'),
  oldestFlushAgeMs: z.int().nullable().describe('Time since the first event of the oldest waiting flush was received.'),
  logSizeBytes: z.int().nullable(),
  rememberedIds: z.int().nullable().describe('Ids held for de-duplication.'),
  rowsWritten: z.int().nullable().describe('Rows written since the shard woke.'),
});
type ShardStatus = z.output<typeof shardSchema>;

const tallySchema = z.object({
  received: z.int(),
  accepted: z.int(),
  duplicate: z.int(),
  quarantined: z.int(),
  rejected: z.int(),
});

const failingSchema = z.object({
  region: z.string(),
  index: z.int(),
  incarnation: z.string(),
  seqFrom: z.int(),
  attempts: z.int(),
  error: z.string().describe('The error of the latest attempt.'),
  since: z.iso.datetime(),
});

const statusSchema = z.object({
  tenant: z.string(),
  complete: z.boolean().describe('Every shard answered.'),
  asOf: instantSchema.describe('The least watermark of the shards; null when no event was ever taken.'),
  lagMs: z.int().nullable().describe('Now minus `asOf`.'),
  tailEvents: z.int().describe('Events that are accepted and not yet stored: the shards answer for them.'),
  pending: z.int().describe('The part of `tailEvents` that is in no cell: counted once its day is sealed.'),
  shards: z.array(shardSchema),
  stored: z.object({
    flushes: z.int(),
    events: z.int(),
    tally: tallySchema.describe(
      'Accounts of the requests whose flushes are stored: received is the sum of the others.',
    ),
    gaps: z.int().describe('Flushes that do not begin where the one before ended; must be 0.'),
    latestAt: instantSchema,
    failing: z
      .array(failingSchema)
      .describe('Flushes that could not be stored so far. Their shards hold them and keep trying.'),
  }),
  sealed: z.object({
    days: z.int(),
    dirtyDays: z.int().describe('Days with stored events that no seal covers yet.'),
    events: z.int(),
    firstDay: z.iso.date().nullable(),
    lastDay: z.iso.date().nullable(),
    latestAt: instantSchema,
  }),
  drift: z.record(z.string(), z.number()).describe('Live minus sealed counts by cause, over all sealed days.'),
  quota: z.object({ eventsPerMinute: z.int().nullable().describe('null when there is no quota.') }),
  dropped: droppedSchema.describe('What the policy of /v1/retention has dropped.'),
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

async function readStored(db: D1Database, uid: string): Promise<Pick<Status, 'stored' | 'sealed' | 'drift'>> {
  const { flushes, failing, sealed, dirtyDays, drift } = await readStoredStatus(db, uid);
  return {
    stored: {
      flushes: flushes.flushes,
      events: flushes.tally.accepted,
      tally: flushes.tally,
      gaps: flushes.gaps,
      latestAt: instant(flushes.latestAtMs),
      failing: failing.map(({ index, firstAtMs, ...flush }) => ({
        ...flush,
        index,
        since: new Date(firstAtMs).toISOString(),
      })),
    },
    sealed: {
      days: sealed.days,
      dirtyDays,
      events: sealed.events,
      firstDay: date(sealed.firstDay),
      lastDay: date(sealed.lastDay),
      latestAt: instant(sealed.latestAtMs),
    },
    drift,
  };
}

function instant(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}

function date(day: number | null): string | null {
  return day === null ? null : dayText(day);
}

function sum(counts: readonly (number | null)[]): number {
  return counts.reduce<number>((total, count) => total + (count ?? 0), 0);
}
