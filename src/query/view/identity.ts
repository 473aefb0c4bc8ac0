/**
 * Identity: who is who, for a question asked now: the links that are stored, and those of events still in the shards.
 *
 * steps: the tails were read first → links that were stored since this isolate last looked → both together
 * Links only grow, and those of an acknowledged event are as good as stored: an isolate keeps what it has read, of as many
 * tenants as fit. One with more links than an answer can follow is not kept.
 */
import { loadTenant } from '../../control/tenants/tenants.ts';
import type { EventColumns } from '../../core/event/columns.ts';
import { LIMITS } from '../../core/limits.ts';
import { findLinks, hasAliases } from '../../core/people/find-links.ts';
import { type LinkedPeople, Links } from '../../core/people/links.ts';
import { Hasher } from '../../core/std/hash.ts';
import { ok, type Result } from '../../core/std/result.ts';
import { readLinks } from '../../lake/manifest/link-store.ts';
import { type LakeRefusal, tooLarge } from './refusal.ts';

interface Known {
  readonly links: Links;
  linkSeq: number;
}

/** However few links they have. */
const TENANTS_MAX = 256;
const known = new WeakMap<D1Database, Map<string, Known>>();

/** `linkEvents`: those of the tails, which were read before the call. */
export async function readIdentity(
  db: D1Database,
  uid: string,
  linkEvents: readonly EventColumns[],
): Promise<Result<LinkedPeople, LakeRefusal>> {
  const tenants = tenantsOf(db);
  const tenant = knownOf(tenants, uid);
  for (let isLast = false; !isLast; ) {
    const page = await readLinks(db, uid, tenant.linkSeq);
    for (const link of page.links) tenant.links.add(link);
    tenant.linkSeq = Math.max(tenant.linkSeq, page.linkSeq);
    isLast = page.isLast;
    makeRoom(tenants);
    if (tenant.links.size > 2 * LIMITS.linksMax) {
      if (tenants.get(uid) === tenant) tenants.delete(uid);
      return tooLarge(`The tenant has more than ${LIMITS.linksMax} links of ids, which is what one answer can follow.`);
    }
  }
  const configured = linkEvents.some(hasAliases) ? await loadTenant(db, uid) : null;
  const hasher = configured && new Hasher(configured.tenant.hashKey);
  for (const columns of linkEvents) for (const link of findLinks(columns, hasher)) tenant.links.add(link);
  return ok(tenant.links.people());
}

function tenantsOf(db: D1Database): Map<string, Known> {
  const tenants = known.get(db) ?? new Map<string, Known>();
  known.set(db, tenants);
  return tenants;
}

/** The one asked for last goes last: the first is the one to be forgotten. */
function knownOf(tenants: Map<string, Known>, uid: string): Known {
  const tenant = tenants.get(uid) ?? { links: new Links(), linkSeq: 0 };
  tenants.delete(uid);
  tenants.set(uid, tenant);
  return tenant;
}

/** Whoever reads a forgotten one still has it. */
function makeRoom(tenants: Map<string, Known>): void {
  let idCount = [...tenants.values()].reduce((sum, { links }) => sum + links.size, 0);
  for (const [uid, { links }] of tenants) {
    if (idCount <= LIMITS.linkIdsKeptMax && tenants.size <= TENANTS_MAX) return;
    tenants.delete(uid);
    idCount -= links.size;
  }
}
