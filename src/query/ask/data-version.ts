/**
 * Data version: a text that changes whenever an answer about a tenant's events could change.
 *
 * It is made of values that only grow, read in the order of every answer, shards first:
 *   - each shard's incarnation and headSeq: every acknowledged event has a seq, so an acknowledgement changes it;
 *   - the greatest manifest_seq, for flushes and imports, and the greatest link_seq, for links between people;
 *   - the revisions of the range's sealed days, and the latest supersession of an import's version;
 *   - the rows of imports that wait for their finish, which comes with a manifest_seq;
 *   - whatever else decides an answer: rollups, cohorts, days that retention dropped.
 * It may change when the answer does not (for an event outside of the range), never the other way round. It costs one call to
 * each shard and one to D1, however much the question would cost.
 */
import { createHash } from 'node:crypto';
import { selectCohortVersions } from '../../control/cohorts/cohort-store.ts';
import type { Query } from '../../core/query/question/request.ts';
import { dayRange } from '../../core/std/day.ts';
import { selectDropped } from '../../lake/manifest/dropped.ts';
import { selectLinkHead } from '../../lake/manifest/link-store.ts';
import { selectRevisions } from '../../lake/manifest/sealed-days.ts';
import { selectManifestHead } from '../../lake/manifest/segments.ts';
import { selectWaitingRows } from '../../lake/manifest/versions.ts';
import type { Asking } from '../view/asking.ts';
import { type Coverage, coverageOf } from '../view/coverage.ts';
import { askLive } from '../view/shards.ts';

export interface DataVersion {
  /** 64 hex digits; null when a shard did not reply, so that the version is unknown. */
  readonly hash: string | null;
  /** The coverage of an answer given now. */
  readonly coverage: Coverage;
}

export async function readDataVersion(
  asking: Asking,
  { startMs, endMs }: Pick<Query, 'startMs' | 'endMs'>,
): Promise<DataVersion> {
  const { ports, tenant, nowMs } = asking;
  const replies = await askLive(asking, { startMs, endMs });
  const coverage = coverageOf(replies, { endMs }, nowMs);
  const heads = replies.map((reply) => (reply === null ? null : [reply.incarnation, reply.headSeq]));
  if (heads.includes(null)) return { hash: null, coverage };
  const { dayFrom, dayTo } = dayRange({ startMs, endMs });
  const { db } = ports;
  const { uid } = tenant;
  const read = await db.batch<unknown>([
    selectManifestHead(db, uid),
    selectLinkHead(db, uid),
    selectRevisions(db, uid, dayFrom, dayTo),
    selectCohortVersions(db, uid),
    selectDropped(db, uid),
    selectWaitingRows(db, uid, dayFrom, dayTo),
  ]);
  const stored = read.map(({ results }) => results);
  const parts = [heads.sort(), stored, tenant.rollups.map(({ id }) => id)];
  return { hash: createHash('sha256').update(JSON.stringify(parts)).digest('hex'), coverage };
}
