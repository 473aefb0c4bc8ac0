/**
 * Seal routes: ask for seals of days, and list the sealed days.
 */
import { Hono } from 'hono';
import { LIMITS } from '../core/limits.ts';
import type { SealQueue } from '../core/shard/rpc.ts';
import { dayText } from '../core/std/day.ts';
import { Problem } from '../http/problem.ts';
import { type RouteAuth, route } from '../http/route.ts';
import { readRange } from '../lake/manifest/range.ts';
import { queueCommanded } from '../lake/seal/schedule.ts';
import { type SettleDeps, settleShards } from '../lake/seal/settle.ts';
import { daysSchema, queuedSealsSchema, sealRequestSchema, sealsSchema, type WireSeals } from '../wire/operate.ts';

export interface SealRouteDeps extends SettleDeps {
  readonly db: D1Database;
  readonly auth: RouteAuth;
  readonly sealQueue: SealQueue;
  readonly now: () => number;
}

const BODY_SIZE_BYTES_MAX = 128 * 1024;

/** @example app.route('/v1', sealRoutes(services)) */
export function sealRoutes(deps: SealRouteDeps): Hono {
  const { db, auth, now } = deps;
  const app = new Hono();

  route(
    app,
    auth,
    {
      method: 'post',
      path: '/seal',
      summary: 'Queues days to be sealed',
      description:
        'UTC days, both bounds inclusive. Days that a seal would change are queued: dirty days, days that lack a rollup, ' +
        'and all days while the shards hold events that are not stored yet, until it is known which. `queued` lists them. ' +
        'A few days of a tenant are sealed at a time; the others wait for them.',
      tag: 'operations',
      key: 'admin',
      body: { schema: sealRequestSchema, sizeBytesMax: BODY_SIZE_BYTES_MAX },
      answer: queuedSealsSchema,
      status: 202,
      example: { body: { from: '2026-07-01', to: '2026-07-02' }, answer: { queued: ['2026-07-01', '2026-07-02'] } },
    },
    async ({ tenant, body }) => {
      const days = 'days' in body ? [...new Set(body.days)] : daysBetween(body.from, body.to);
      const settled = await settleShards(deps, tenant.uid);
      const rollupIds = tenant.rollups.map(({ id }) => id);
      const queued = await queueCommanded(deps, { uid: tenant.uid, days, rollupIds, settled }, now());
      return { queued: queued.map(dayText) };
    },
  );

  route(
    app,
    auth,
    {
      method: 'get',
      path: '/seals',
      summary: 'Lists the sealed days of a range: revision, counts, drift, and whether the day is dirty by now',
      tag: 'operations',
      key: 'read',
      query: daysSchema,
      answer: sealsSchema,
    },
    async ({ tenant, query: { from, to } }) => {
      checkRange(from, to);
      return { days: await readSeals(db, tenant.uid, from, to) };
    },
  );

  return app;
}

async function readSeals(db: D1Database, uid: string, dayFrom: number, dayTo: number): Promise<WireSeals['days']> {
  const { days, uncovered, voidDays } = await readRange(db, { uid, rollupId: null, dayFrom, dayTo, grain: 'day' });
  const dirty = new Set([...uncovered.map(({ day }) => day), ...voidDays]);
  const sealed = days.map(({ day, revision, events, people, drift, sealedAtMs }) => ({
    day: dayText(day),
    revision,
    events,
    people,
    drift: { ...drift },
    sealedAt: new Date(sealedAtMs).toISOString(),
    dirty: dirty.has(day),
  }));
  const known = new Set(days.map(({ day }) => day));
  const unsealed = [...dirty]
    .filter((day) => !known.has(day))
    .map((day) => ({ day: dayText(day), revision: 0, events: 0, people: 0, drift: {}, sealedAt: null, dirty: true }));
  return [...sealed, ...unsealed].sort((a, b) => (a.day < b.day ? -1 : 1));
}

function daysBetween(from: number, to: number): number[] {
  checkRange(from, to);
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function checkRange(from: number, to: number): void {
  if (to < from) throw new Problem(400, 'request-invalid', '`to` is before `from`.', { extra: { path: '/to' } });
  const dayCount = to - from + 1;
  if (dayCount <= LIMITS.sealDaysMax) return;
  const extra = { path: '/to', limit: LIMITS.sealDaysMax, met: dayCount };
  throw new Problem(400, 'request-invalid', `At most ${LIMITS.sealDaysMax} days, these are ${dayCount}.`, { extra });
}
