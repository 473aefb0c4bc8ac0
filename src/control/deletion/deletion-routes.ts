/**
 * Deletion routes: the progress of the deletions of tenants; for the root key alone.
 */

import { Hono } from 'hono';
import { isoTime } from '../../core/std/instant.ts';
import { route } from '../../http/route.ts';
import { deletionListSchema, type WireDeletion } from '../../wire/tenants.ts';
import type { ControlServices } from '../services.ts';
import { type Deletion, listDeletions } from './deletion-store.ts';

const DELETIONS_MAX = 100;

/** @example app.route('/v1/deletions', deletionRoutes(services)) */
export function deletionRoutes({ db, auth }: ControlServices): Hono {
  const app = new Hono();
  route(
    app,
    auth,
    {
      method: 'get',
      path: '/',
      summary: 'Lists the deletions of tenants with their progress, the latest first',
      tag: 'control',
      key: 'root',
      answer: deletionListSchema,
    },
    async () => {
      const deletions = await listDeletions(db, DELETIONS_MAX);
      return { deletions: deletions.map(wireDeletion) };
    },
  );
  return app;
}

function wireDeletion(deletion: Deletion): WireDeletion {
  const { uid, shards, objects, rowCount, error } = deletion;
  return {
    uid,
    requestedAt: isoTime(deletion.requestedAtMs),
    shards: shards.length,
    objects,
    rows: rowCount,
    error,
    emptiedAt: instantOrNull(deletion.emptiedAtMs),
    finishedAt: instantOrNull(deletion.finishedAtMs),
  };
}

function instantOrNull(atMs: number | null): string | null {
  return atMs === null ? null : isoTime(atMs);
}
