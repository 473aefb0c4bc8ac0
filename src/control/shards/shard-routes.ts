/**
 * Shard routes: the operator's command to spread a tenant over more shards; for the root key alone.
 */
import { Hono } from 'hono';
import { z } from 'zod';
import { LIMITS } from '../../core/limits.ts';
import type { ShardMap } from '../../core/shard/shard-map.ts';
import { isoTime } from '../../core/std/instant.ts';
import { describe } from '../../http/describe.ts';
import { Problem, parseJson, unavailable } from '../../http/problem.ts';
import { tenantNotFound } from '../refusals.ts';
import type { ControlServices } from '../services.ts';
import { shardsSchema } from '../tenants/schemas.ts';
import { findTenant } from '../tenants/tenants.ts';
import { growShards } from './grow.ts';

const answerSchema = z.object({
  tenant: z.string(),
  shards: z.int().describe('Shards a region, from the start of the latest epoch on.'),
  epochs: z.array(z.object({ epoch: z.int(), start: z.iso.datetime(), shards: z.int() })),
});

export function shardRoutes(services: ControlServices): Hono {
  const { db, auth, tenants } = services;
  const app = new Hono();
  app.post(
    '/v1/tenants/:id/shards',
    describe({
      summary: 'Spreads a tenant over more shards, from some minutes ahead on; the count only grows',
      tag: 'control',
      key: 'root',
      body: shardsSchema,
      answer: answerSchema,
    }),
    async (c) => {
      await auth.authenticateRoot(c.req.raw.headers);
      const { count } = await parseJson(c.req.raw, shardsSchema, LIMITS.controlBodySizeBytesMax);
      const id = c.req.param('id');
      const tenant = await findTenant(db, id);
      if (tenant === null) throw tenantNotFound(id);
      if (count < tenant.shardCount) throw cannotShrink(tenant.shardCount, count);
      const forget = (uid: string) => tenants.invalidate(uid);
      const map = await growShards({ ...services, forget }, tenant.uid, count).catch((cause: unknown) => {
        throw unavailable('shard-unavailable', 'Not every shard could be told; send the request again.', cause);
      });
      if (map === null) throw tenantNotFound(id);
      return c.json(answerOf(id, map));
    },
  );
  return app;
}

function answerOf(tenant: string, map: ShardMap): z.output<typeof answerSchema> {
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

function cannotShrink(now: number, wanted: number): Problem {
  const detail = `The tenant has ${now} shards a region; ${wanted} would be fewer, and a shard map only grows.`;
  return new Problem(409, 'shards-shrink', detail, { extra: { limit: now, met: wanted } });
}
