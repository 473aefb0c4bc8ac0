/**
 * Identity: the ids that are one person, as of now: by the stored links and by those of events still in the shards.
 *
 * steps: the tails were read before → links that were stored since this isolate last read → both together
 * Links only grow, except that an import's are undone with it, and those of an acknowledged event are as good as stored. So an
 * isolate keeps what it has read, for as many tenants as fit; a tenant with more links than an answer can follow is not kept.
 */
import { loadTenant } from '../../control/tenants/tenants.ts';
import type { EventColumns } from '../../core/event/columns.ts';
import { LIMITS } from '../../core/limits.ts';
import { findLinks, hasAliases } from '../../core/people/find-links.ts';
import { type LinkedPeople, Links } from '../../core/people/links.ts';
import { Hasher } from '../../core/std/hash.ts';
import { ok, type Result } from '../../core/std/result.ts';
import { readLinkHead, readLinks } from '../../lake/manifest/link-store.ts';
import { type LakeRefusal, tooLarge } from './refusal.ts';

interface Known {
  readonly links: Links;
  linkSeq: number;
  /** Links that were undone up to here are not among these. */
  cleanSeq: number;
}

/** The number of tenants that are kept, however few links they have. */
const TENANTS_MAX = 256;
const known = new WeakMap<D1Database, Map<string, Known>>();

/** `linkEvents`: the link events of the tails, which were read before the call. */
export async function readIdentity(
  db: D1Database,
  uid: string,
  linkEvents: readonly EventColumns[],
): Promise<Result<LinkedPeople, LakeRefusal>> {
  const tenants = tenantsOf(db);
  let tenant = knownOf(tenants, uid);
  if (tenant.linkSeq === 0) tenant.cleanSeq = await readLinkHead(db, uid);
  for (let isLast = false; !isLast; ) {
    const page = await readLinks(db, uid, tenant.linkSeq);
    if (page.undoneSeq > tenant.cleanSeq) {
      // Others that read at this moment go on with what they hold.
      tenant = { links: new Links(), linkSeq: 0, cleanSeq: page.undoneSeq };
      tenants.set(uid, tenant);
      continue;
    }
    for (const link of page.links) tenant.links.add(link);
    tenant.linkSeq = Math.max(tenant.linkSeq, page.linkSeq);
    tenant.cleanSeq = Math.max(tenant.cleanSeq, tenant.linkSeq);
    isLast = page.isLast;
    makeRoom(tenants);
    if (tenant.links.size > 2 * LIMITS.linksMax) {
      if (tenants.get(uid) === tenant) tenants.delete(uid);
      return tooLarge(`The tenant has more than the ${LIMITS.linksMax} links of ids that one answer can follow.`);
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

/** Moves the tenant to the end of the map: the least recently used stands first and is the first to be dropped. */
function knownOf(tenants: Map<string, Known>, uid: string): Known {
  const tenant = tenants.get(uid) ?? { links: new Links(), linkSeq: 0, cleanSeq: 0 };
  tenants.delete(uid);
  tenants.set(uid, tenant);
  return tenant;
}

/** Drops the least recently used tenants beyond the limits. A reader that holds a dropped tenant goes on with it. */
function makeRoom(tenants: Map<string, Known>): void {
  let idCount = [...tenants.values()].reduce((sum, { links }) => sum + links.size, 0);
  for (const [uid, { links }] of tenants) {
    if (idCount <= LIMITS.linkIdsKeptMax && tenants.size <= TENANTS_MAX) return;
    tenants.delete(uid);
    idCount -= links.size;
  }
}
