/**
 * Data version: one text that is another whenever an answer about a tenant's events could be another.
 *
 * It is made of what only ever grows, read in the order of every answer, shards first:
 *   - each shard's incarnation and headSeq: every acknowledged event has a seq, so an ack in between changes it;
 *   - the greatest manifest_seq: flushes and imports; links between people;
 *   - the revisions of the range's sealed days;
 *   - what else decides an answer: rollups, cohorts, what has expired.
 * It may change though the answer does not (an event outside of the range); never the other way round. It costs one call a
 * shard and one to D1, whatever the question would cost.
 */
import { createHash } from 'node:crypto';
import { selectCohortVersions } from '../../control/cohorts/cohort-store.ts';
import type { ShardAddress } from '../../core/shard/shard-map.ts';
import { dayRange } from '../../core/std/day.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';
import { selectDropped } from '../../lake/manifest/dropped.ts';
import { selectLinkHead } from '../../lake/manifest/link-store.ts';
import { selectRevisions } from '../../lake/manifest/sealed-days.ts';
import { selectManifestHead } from '../../lake/manifest/segments.ts';
import type { QueryPorts } from '../ask/execute.ts';
import { type Coverage, coverageOf } from '../view/coverage.ts';
import { askLive } from '../view/shards.ts';

export interface DataVersion {
  /** 64 hex digits; null: a shard did not answer, so nobody knows. */
  readonly hash: string | null;
  /** What an answer given now vouches for. */
  readonly coverage: Coverage;
}

export async function readDataVersion(
  { db, shardOf, now }: QueryPorts,
  { uid, rollups }: Tenant,
  shards: readonly ShardAddress[],
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
): Promise<DataVersion> {
  const replies = await askLive(shardOf, shards, { startMs, endMs });
  const coverage = coverageOf(replies, { endMs }, now());
  const heads = replies.map((reply) => (reply === null ? null : [reply.incarnation, reply.headSeq]));
  if (heads.includes(null)) return { hash: null, coverage };
  const { dayFrom, dayTo } = dayRange({ startMs, endMs });
  const read = await db.batch<unknown>([
    selectManifestHead(db, uid),
    selectLinkHead(db, uid),
    selectRevisions(db, uid, dayFrom, dayTo),
    selectCohortVersions(db, uid),
    selectDropped(db, uid),
  ]);
  const stored = read.map(({ results }) => results);
  const parts = [heads.sort(), stored, rollups.map(({ id }) => id)];
  return { hash: createHash('sha256').update(JSON.stringify(parts)).digest('hex'), coverage };
}
