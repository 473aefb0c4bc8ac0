/**
 * Control routes: tenants, their shards and quotas (root key), the keys of a tenant (its admin key or the root key), its
 * rollups and cohorts (admin; read to list).
 *
 * Thin shells: authenticate, parse, one call to the store, answer. Whatever changes a tenant invalidates it in this isolate;
 * other isolates follow within `LIMITS.tenantCacheMs`.
 */
import { Hono } from 'hono';
import type { Services } from '../services.ts';
import { cohortRoutes } from './cohort-routes.ts';
import { keyRoutes } from './key-routes.ts';
import { quotaRoutes } from './quota-routes.ts';
import { rollupRoutes } from './rollup-routes.ts';
import { shardRoutes } from './shard-routes.ts';
import { tenantRoutes } from './tenant-routes.ts';

export type ControlServices = Pick<
  Services,
  'db' | 'tenants' | 'auth' | 'keys' | 'random' | 'now' | 'shardOf' | 'directoryOf'
>;

export function controlRoutes(services: ControlServices): Hono {
  const app = new Hono();
  app.route('/', tenantRoutes(services));
  app.route('/', keyRoutes(services));
  app.route('/', rollupRoutes(services));
  app.route('/', cohortRoutes(services));
  app.route('/', shardRoutes(services));
  app.route('/', quotaRoutes(services));
  return app;
}
