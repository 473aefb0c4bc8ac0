/**
 * Shard routes: the operator's command to spread a tenant over more shards; for the root key alone.
 */
import { Hono } from 'hono';
import { LIMITS } from '../../core/limits.ts';
import type { ShardMap } from '../../core/shard/shard-map.ts';
import { isoTime } from '../../core/std/instant.ts';
import { Problem, unavailable } from '../../http/problem.ts';
import { route } from '../../http/route.ts';
import { shardCountSchema, shardMapSchema, type WireShardMap } from '../../wire/tenants.ts';
import { tenantNotFound } from '../refusals.ts';
import type { ControlServices } from '../services.ts';
import { findTenant } from '../tenants/tenants.ts';
import { growShards } from './grow.ts';

/** @example app.route('/v1/tenants', shardRoutes(services)) */
export function shardRoutes(services: ControlServices): Hono {
  const { db, auth, tenants } = services;
  const app = new Hono();
  route(
    app,
    auth,
    {
      method: 'post',
      path: '/:id/shards',
      summary: 'Spreads a tenant over more shards, some minutes later; the count only grows',
      tag: 'control',
      key: 'root',
      body: { schema: shardCountSchema, sizeBytesMax: LIMITS.controlBodySizeBytesMax },
      answer: shardMapSchema,
      errors: ['tenant-not-found', 'shards-shrink', 'shard-unavailable'],
      example: { body: { count: 4 } },
    },
    async ({ params: { id }, body: { count } }) => {
      const tenant = await findTenant(db, id);
      if (tenant === null) throw tenantNotFound(id);
      if (count < tenant.shardCount) throw cannotShrink(tenant.shardCount, count);
      const forget = (uid: string) => tenants.invalidate(uid);
      const map = await growShards({ ...services, forget }, tenant.uid, count).catch((cause: unknown) => {
        throw unavailable('shard-unavailable', 'Some shard could not be told. Send the request again.', cause);
      });
      if (map === null) throw tenantNotFound(id);
      return wireShardMap(id, map);
    },
  );
  return app;
}

function wireShardMap(tenant: string, map: ShardMap): WireShardMap {
  return {
    tenant,
    shards: map.at(-1)?.shardCount ?? 1,
    epochs: map.map(({ epoch, startMs, shardCount }) => ({
      epoch,
      start: isoTime(startMs),
      shards: shardCount,
    })),
  };
}

function cannotShrink(count: number, wanted: number): Problem {
  const detail = `The tenant has ${count} shards in each region and cannot have ${wanted}: their number only grows.`;
  return new Problem(409, 'shards-shrink', detail, { extra: { limit: count, met: wanted } });
}
