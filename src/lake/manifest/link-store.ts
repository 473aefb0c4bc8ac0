/**
 * LinkStore: all SQL of the table `links`, and what is written of `full_people`. Links are written in the batch of the flush or chunk whose events make them, so
 * that the link of a stored event is never missing.
 *
 * A reader that has none reads them by id, and from then on those with a greater link_seq: a link that another source tells, or that
 * is undone, has a link_seq of its own, and no row goes.
 */
import { LIMITS } from '../../core/limits.ts';
import type { Link, LinkKind } from '../../core/people/links.ts';
import { jsonParameters } from '../std/json-parameters.ts';
import { isFlushStoredSql } from './stored-flushes.ts';

/** Devices of one statement: about 400 KB of parameters. */
const DEVICES_MAX = 20_000;
/** Upper bound of one link as JSON. */
const LINK_SIZE_BYTES = 100;

/**
 * Adds the links of a source, or earlier dates of those that it has told. May be run again: a link that the source has told as
 * early stays as it is, unless it was undone since: it holds again. `seqFrom`: that of the flush that tells them. A flush that is
 * stored tells nothing again.
 */
export function insertLinks(
  db: D1Database,
  uid: string,
  source: string,
  links: readonly Link[],
  seqFrom: number | null = null,
): D1PreparedStatement[] {
  return jsonParameters(earliestOf(links), () => LINK_SIZE_BYTES).map((json) =>
    db
      .prepare(
        `INSERT OR REPLACE INTO links (uid, kind, from_hash, to_hash, at_ms, source)
         SELECT ?1, j.value ->> 'kind', j.value ->> 'from', j.value ->> 'to', j.value ->> 'atMs', ?2 FROM json_each(?3) j
         WHERE NOT EXISTS (SELECT 1 FROM links l WHERE l.uid = ?1 AND l.kind = j.value ->> 'kind'
           AND l.from_hash = j.value ->> 'from' AND l.to_hash = j.value ->> 'to' AND l.source = ?2
           AND l.at_ms <= j.value ->> 'atMs' AND l.undone = 0)
         AND (?4 IS NULL OR NOT ${isFlushStoredSql('?1', '?2', '?4')})`,
      )
      .bind(uid, source, json, seqFrom),
  );
}

/** Each link once, with its earliest date: a statement that is told one twice would keep the later row. */
function earliestOf(links: readonly Link[]): Link[] {
  const earliest = new Map<string, Link>();
  for (const link of links) {
    const key = `${link.kind} ${link.from} ${link.to}`;
    const known = earliest.get(key);
    if (known === undefined || link.atMs < known.atMs) earliest.set(key, link);
  }
  return [...earliest.values()];
}

/**
 * Marks links as undone: those between these pairs of ids, in either direction, and those that these sources told. Returns the
 * number that held until now. Each has a link_seq of its own, as an undone link of an import has, so that readers see it.
 */
export async function undoLinks(
  db: D1Database,
  uid: string,
  { pairs, sources }: { readonly pairs: readonly Pick<Link, 'from' | 'to'>[]; readonly sources: readonly string[] },
): Promise<number> {
  const undo = `INSERT OR REPLACE INTO links (uid, kind, from_hash, to_hash, at_ms, source, undone)
     SELECT l.uid, l.kind, l.from_hash, l.to_hash, l.at_ms, l.source, 1 FROM links l WHERE l.uid = ?1 AND l.undone = 0`;
  const ofPairs = `${undo} AND l.kind IN ('device', 'alias')
     AND (l.from_hash, l.to_hash) IN (SELECT j.value ->> 'from', j.value ->> 'to' FROM json_each(?2) j) ORDER BY l.link_seq`;
  const ofSources = `${undo} AND l.source IN (SELECT value FROM json_each(?2)) ORDER BY l.link_seq`;
  const both = [...pairs, ...pairs.map(({ from, to }) => ({ from: to, to: from }))];
  const [first, second] = await db.batch([
    db.prepare(ofPairs).bind(uid, JSON.stringify(both)),
    db.prepare(ofSources).bind(uid, JSON.stringify(sources)),
    // Who is full is noted anew with the next link of each.
    db.prepare('DELETE FROM full_people WHERE uid = ?1').bind(uid),
  ]);
  return first!.meta.changes + second!.meta.changes;
}

/**
 * Notes to which of the ids that these links lead so many are linked as a person may have. The links stand before it in the batch.
 * The table serves the notes in verdicts alone: which links are made is decided by all links of a person (person-bound.ts).
 */
export function insertFullPeople(db: D1Database, uid: string, links: readonly Link[]): D1PreparedStatement[] {
  const targets = [...new Set(links.map(({ to }) => to))];
  return jsonParameters(targets, () => LINK_SIZE_BYTES).map((json) =>
    db
      .prepare(
        `INSERT OR IGNORE INTO full_people (uid, person_hash)
         SELECT ?1, p.value FROM json_each(?2) p WHERE ?3 = (SELECT COUNT(*) FROM (
           SELECT DISTINCT l.from_hash FROM links l
           WHERE l.uid = ?1 AND l.to_hash = p.value AND l.undone = 0 LIMIT ?3))`,
      )
      .bind(uid, json, LIMITS.personIdsMax - 1),
  );
}

type LinkRow = Omit<Link, 'kind'> & { readonly kind: LinkKind };

const LINK_COLUMNS = 'kind, from_hash AS "from", to_hash AS "to", at_ms AS atMs';

/** The greatest link_seq of the tenant: grows with each link. */
export function selectLinkHead(db: D1Database, uid: string): D1PreparedStatement {
  return db.prepare('SELECT coalesce(max(link_seq), 0) AS linkSeq FROM links WHERE uid = ?1').bind(uid);
}

/** Tells whether a link was undone after this link_seq. An index has the undone links alone. */
export async function isAnyUndone(db: D1Database, uid: string, afterSeq: number): Promise<boolean> {
  const undone = db
    .prepare('SELECT 1 FROM links WHERE uid = ?1 AND undone = 1 AND link_seq > ?2 LIMIT 1')
    .bind(uid, afterSeq);
  return (await undone.first()) !== null;
}

export async function readLinkHead(db: D1Database, uid: string): Promise<number> {
  const head = await selectLinkHead(db, uid).first<{ linkSeq: number }>();
  return head?.linkSeq ?? 0;
}

export interface LinkPage {
  readonly links: readonly Link[];
  /** The greatest link_seq read; the next page begins after it. */
  readonly linkSeq: number;
  readonly isLast: boolean;
  /** Whether the page has links that are undone, which are not among `links`. */
  readonly hasUndone: boolean;
}

/** Reads links in the order of their coming. */
export async function readLinks(db: D1Database, uid: string, afterSeq: number): Promise<LinkPage> {
  const { results } = await db
    .prepare(
      `SELECT link_seq AS linkSeq, ${LINK_COLUMNS}, undone FROM links
       WHERE uid = ?1 AND link_seq > ?2 ORDER BY link_seq LIMIT ?3`,
    )
    .bind(uid, afterSeq, LIMITS.linkPageRowsMax)
    .all<LinkRow & { linkSeq: number; undone: number }>();
  const links = results.filter(({ undone }) => undone === 0);
  return {
    links,
    linkSeq: results.at(-1)?.linkSeq ?? afterSeq,
    isLast: results.length < LIMITS.linkPageRowsMax,
    hasUndone: links.length < results.length,
  };
}

/**
 * Yields all links of the tenant, page by page, by kind and id: the links of one id stand together, but a page may end
 * between them. A link that is stored meanwhile may be missing.
 */
export async function* readLinksById(db: D1Database, uid: string): AsyncGenerator<readonly Link[]> {
  let last = { kind: '', from: '', to: '' };
  for (;;) {
    const { results } = await db
      .prepare(
        `SELECT kind, from_hash AS "from", to_hash AS "to", MIN(at_ms) AS atMs FROM links
         WHERE uid = ?1 AND undone = 0 AND (kind, from_hash, to_hash) > (?2, ?3, ?4) GROUP BY kind, from_hash, to_hash ORDER BY kind, from_hash, to_hash LIMIT ?5`,
      )
      .bind(uid, last.kind, last.from, last.to, LIMITS.linkPageRowsMax)
      .all<LinkRow>();
    yield results;
    if (results.length < LIMITS.linkPageRowsMax) return;
    last = results.at(-1)!;
  }
}

/** Reads the aliases of ids, each with its earliest time. */
export async function readAliases(db: D1Database, uid: string, ids: readonly string[]): Promise<Link[]> {
  if (ids.length === 0) return [];
  const { results } = await db
    .prepare(
      `SELECT kind, from_hash AS "from", to_hash AS "to", MIN(at_ms) AS atMs FROM links
       WHERE uid = ?1 AND undone = 0 AND kind = 'alias' AND from_hash IN (SELECT value FROM json_each(?2))
       GROUP BY from_hash, to_hash`,
    )
    .bind(uid, JSON.stringify(ids))
    .all<LinkRow>();
  return results;
}

/** Reads the one link of each device that holds: the first by time, then by the user's hash. */
export async function readHoldingLinks(db: D1Database, uid: string, devices: readonly string[]): Promise<Link[]> {
  const pages: LinkRow[][] = [];
  for (let from = 0; from < devices.length; from += DEVICES_MAX) {
    const { results } = await db
      .prepare(
        `SELECT kind, "from", "to", atMs FROM (
           SELECT ${LINK_COLUMNS}, row_number() OVER (PARTITION BY from_hash ORDER BY at_ms, to_hash) AS place FROM links
           WHERE uid = ?1 AND undone = 0 AND kind = 'device' AND from_hash IN (SELECT value FROM json_each(?2)))
         WHERE place = 1`,
      )
      .bind(uid, JSON.stringify(devices.slice(from, from + DEVICES_MAX)))
      .all<LinkRow>();
    pages.push(results);
  }
  return pages.flat();
}
