/**
 * Identity: the ids that are one person, as of now: by the stored links and by those of events still in the shards.
 *
 * steps: the tails were read before → all stored links, or those stored since this isolate last read → the tails' links → without
 *   those that would give a person too many ids
 *
 * An isolate keeps the stored links, for as many tenants as fit, and reads those that came since. It begins anew when one that it
 * has read was undone. Of a tenant with more links than an answer can follow it keeps only that they are too many, and the next
 * questions read none until some are undone.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { LIMITS } from '../../core/limits.ts';
import { findLinks, hasAliases } from '../../core/people/find-links.ts';
import { type LinkedPeople, peopleOf } from '../../core/people/linked-people.ts';
import { holdingLink, type Link, Links } from '../../core/people/links.ts';
import { LinksById } from '../../core/people/links-by-id.ts';
import { Hasher, type HashKey } from '../../core/std/hash.ts';
import { ok, type Result } from '../../core/std/result.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';
import {
  isAnyUndone,
  readHoldingLinks,
  readLinkHead,
  readLinks,
  readLinksById,
} from '../../lake/manifest/link-store.ts';
import { isolateMemory } from '../../lake/std/isolate-memory.ts';
import { boundedLinks } from './bounded-links.ts';
import { type LakeRefusal, tooLarge } from './refusal.ts';

/** The stored links up to a link_seq. */
interface Stored {
  readonly links: Links;
  readonly linkSeq: number;
}

/** The links were too many when the isolate knew of those undone up to a link_seq. */
interface TooMany {
  readonly tooManyAt: number;
}

type Known = Stored | TooMany;

const NOTHING: Stored = { links: Links.EMPTY, linkSeq: 0 };

/** The number of tenants that are kept, however few links they have. */
const TENANTS_MAX = 256;
const tenantsOf = isolateMemory((_: D1Database) => new Map<string, Known>());

/** `linkEvents`: the link events of the tails, which were read before the call. */
export async function readIdentity(
  db: D1Database,
  { uid, hashKey }: Pick<Tenant, 'uid' | 'hashKey'>,
  linkEvents: readonly EventColumns[],
): Promise<Result<LinkedPeople, LakeRefusal>> {
  const tenants = tenantsOf(db);
  const before = tenants.get(uid);
  const stored = await readStored(db, uid, before, (links) => makeRoom(tenants, uid, links));
  keep(tenants, uid, stored);
  if ('tooManyAt' in stored) return tooMany();
  const further = linksIn(hashKey, linkEvents);
  const links = await withLinks(db, uid, stored.links, further);
  return isTooMany(links) ? tooMany() : ok(peopleOf(await boundedLinks(db, uid, links, further)));
}

/** `onGrowth` is told of the links read so far. */
async function readStored(
  db: D1Database,
  uid: string,
  before: Known | undefined,
  onGrowth: (links: Links) => void,
): Promise<Known> {
  if (before && 'tooManyAt' in before && !(await isAnyUndone(db, uid, before.tooManyAt))) return before;
  let stored = before === undefined || 'tooManyAt' in before ? NOTHING : before;
  for await (stored of readFrom(db, uid, stored)) {
    onGrowth(stored.links);
    if (stored.links.size > LIMITS.linksMax) return { tooManyAt: stored.linkSeq };
  }
  return isTooMany(stored.links) ? { tooManyAt: stored.linkSeq } : stored;
}

/** Yields what is read so far, page by page. */
async function* readFrom(db: D1Database, uid: string, before: Stored): AsyncGenerator<Stored> {
  let stored = before;
  for (;;) {
    const page = await readLinks(db, uid, stored.linkSeq);
    // A link that was read is undone since, by a row of a later place.
    if (stored !== NOTHING && page.hasUndone) return yield* readFrom(db, uid, NOTHING);
    // By id each page is appended; in the order of their coming it is spread over all that is held.
    if (stored === NOTHING && !page.isLast) return yield* readAll(db, uid);
    stored = { links: await withLinks(db, uid, stored.links, page.links), linkSeq: page.linkSeq };
    yield stored;
    if (page.isLast) return;
  }
}

/** Links that are stored meanwhile have a greater link_seq, and are read by the next question. */
async function* readAll(db: D1Database, uid: string): AsyncGenerator<Stored> {
  const linkSeq = await readLinkHead(db, uid);
  const byId = new LinksById();
  for await (const page of readLinksById(db, uid)) yield { links: byId.add(page), linkSeq };
  yield { links: byId.finish(), linkSeq };
}

/** Adds links in any order. Where they may change whose a device is, all of its links decide again. */
async function withLinks(db: D1Database, uid: string, links: Links, further: readonly Link[]): Promise<Links> {
  const undecided = links.undecided(further);
  if (undecided.length === 0) return links.with(further);
  const devices = new Set(undecided.map(({ from }) => from));
  const holding = await readHoldingLinks(db, uid, [...devices]);
  const byDevice = Map.groupBy([...holding, ...undecided], ({ from }) => from);
  const decided = further.filter(({ kind, from }) => kind === 'alias' || !devices.has(from));
  return links.with([...decided, ...[...byDevice.values()].map(holdingLink)]);
}

function linksIn(hashKey: HashKey, linkEvents: readonly EventColumns[]): Link[] {
  const hasher = linkEvents.some(hasAliases) ? new Hasher(hashKey) : null;
  return linkEvents.flatMap((columns) => findLinks(columns, hasher));
}

/** An id in the graph takes as much memory as two links. */
function isTooMany(links: Links): boolean {
  return links.size > LIMITS.linksMax || links.size + 2 * peopleOf(links).graph.size > LIMITS.linksMax;
}

function tooMany() {
  return tooLarge(`The tenant has more than the ${LIMITS.linksMax} links of ids that one answer can follow.`);
}

/**
 * Keeps what was read, at the end of the map: the least recently used tenant stands first and is the first to be
 * dropped. A question that began earlier may have read less than another one meanwhile.
 */
function keep(tenants: Map<string, Known>, uid: string, read: Known): void {
  const other = tenants.get(uid);
  tenants.delete(uid);
  tenants.set(
    uid,
    other && !('tooManyAt' in other) && !('tooManyAt' in read) && other.linkSeq > read.linkSeq ? other : read,
  );
  if (!('tooManyAt' in read)) makeRoom(tenants, uid, read.links);
}

/** Drops the least recently used other tenants beyond the limits. A reader that holds a dropped tenant goes on with it. */
function makeRoom(tenants: Map<string, Known>, uid: string, links: Links): void {
  const others = [...tenants].filter(([other]) => other !== uid);
  let linkCount = others.reduce((sum, [, each]) => sum + sizeOf(each), links.size);
  for (const [other, each] of others) {
    if (linkCount <= LIMITS.linksKeptMax && tenants.size <= TENANTS_MAX) return;
    tenants.delete(other);
    linkCount -= sizeOf(each);
  }
}

function sizeOf(tenant: Known): number {
  return 'tooManyAt' in tenant ? 0 : tenant.links.size;
}
