/**
 * Status: how far behind the tenant's answers are, and why: shards, watermark, tails not yet stored, sealed days, drift.
 *
 * Every shard of the directory is asked. A shard that does not answer is listed as unreachable and makes the answer
 * incomplete.
 */
import { Hono } from 'hono';
import type { ShardOf } from '../core/shard/rpc.ts';
import type { ShardAddress } from '../core/shard/shard-map.ts';
import { dayText } from '../core/std/day.ts';
import { DEFAULT_QUOTAS } from '../core/tenant/quota.ts';
import type { Tenant } from '../core/tenant/tenant.ts';
import { route } from '../http/route.ts';
import { readDropped } from '../lake/upkeep/expiry.ts';
import { logWarn } from '../observe/log.ts';
import { listShards } from '../query/view/shards.ts';
import type { Services } from '../services.ts';
import { statusSchema, type WireShardStatus, type WireStatus } from '../wire/operate.ts';
import { wireDropped } from './expiry-routes.ts';
import { readStoredStatus } from './status-store.ts';

export type StatusServices = Pick<Services, 'db' | 'auth' | 'shardOf' | 'directoryOf' | 'now'>;

/** @example app.route('/v1/status', statusRoutes(services)) */
export function statusRoutes(services: StatusServices): Hono {
  const app = new Hono();
  route(
    app,
    services.auth,
    {
      method: 'get',
      path: '/',
      summary: 'Lag, watermark, shards, seals and drift',
      tag: 'operations',
      key: 'read',
      answer: statusSchema,
      errors: ['directory-unavailable'],
    },
    ({ tenant }) => readStatus(services, tenant),
  );
  return app;
}

async function readStatus({ db, shardOf, directoryOf, now }: StatusServices, tenant: Tenant): Promise<WireStatus> {
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
    quota: {
      eventsPerMinute: tenant.quotas?.eventsPerMinute ?? null,
      limits: { ...DEFAULT_QUOTAS, ...tenant.quotas },
      storedBytes: tenant.storedBytes ?? null,
    },
    dropped: wireDropped(await readDropped(db, tenant.uid)),
  };
}

async function askShard(shardOf: ShardOf, address: ShardAddress): Promise<WireShardStatus> {
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

async function readStored(db: D1Database, uid: string): Promise<Pick<WireStatus, 'stored' | 'sealed' | 'drift'>> {
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
