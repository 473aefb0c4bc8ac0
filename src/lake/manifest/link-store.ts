/**
 * LinkStore: all SQL of the table `links`. Links are written in the batch of the flush or chunk whose events make them, so
 * that the link of a stored event is never missing. They are read from a link_seq on: a link that is told by another source, or
 * undone, has a link_seq of its own, and no row goes.
 */
import type { Link, LinkKind } from '../../core/people/links.ts';
import { jsonParameters } from '../std/json-parameters.ts';

/** Rows of one page: about 5 MB of answer. */
const PAGE_ROWS = 40_000;
/** Upper bound of one link as JSON. */
const LINK_SIZE_BYTES = 100;

/**
 * Adds the links of a source, or earlier dates of those that it has told. May be run again: a link that the source has told as
 * early stays as it is.
 */
export function insertLinks(
  db: D1Database,
  uid: string,
  source: string,
  links: readonly Link[],
): D1PreparedStatement[] {
  return jsonParameters(links, () => LINK_SIZE_BYTES).map((json) =>
    db
      .prepare(
        `INSERT OR REPLACE INTO links (uid, kind, from_hash, to_hash, at_ms, source)
         SELECT ?1, j.value ->> 'kind', j.value ->> 'from', j.value ->> 'to', j.value ->> 'atMs', ?2 FROM json_each(?3) j
         WHERE NOT EXISTS (SELECT 1 FROM links l WHERE l.uid = ?1 AND l.kind = j.value ->> 'kind'
           AND l.from_hash = j.value ->> 'from' AND l.to_hash = j.value ->> 'to' AND l.source = ?2 AND l.at_ms <= j.value ->> 'atMs')`,
      )
      .bind(uid, source, json),
  );
}

export interface LinkPage {
  readonly links: readonly Link[];
  /** The greatest link_seq read; the next page begins after it. */
  readonly linkSeq: number;
  readonly isLast: boolean;
  /** The link_seq of the last undone link of the page; 0 when none is undone. A reader that read it before it was undone begins anew. */
  readonly undoneSeq: number;
}

/** The greatest link_seq of the tenant: grows with each link. */
export function selectLinkHead(db: D1Database, uid: string): D1PreparedStatement {
  return db.prepare('SELECT coalesce(max(link_seq), 0) AS linkSeq FROM links WHERE uid = ?1').bind(uid);
}

export async function readLinkHead(db: D1Database, uid: string): Promise<number> {
  return (await selectLinkHead(db, uid).first<number>('linkSeq')) ?? 0;
}

export async function readLinks(db: D1Database, uid: string, afterSeq: number): Promise<LinkPage> {
  const { results } = await db
    .prepare(
      `SELECT link_seq AS linkSeq, kind, from_hash AS "from", to_hash AS "to", at_ms AS atMs, undone FROM links
       WHERE uid = ?1 AND link_seq > ?2 ORDER BY link_seq LIMIT ?3`,
    )
    .bind(uid, afterSeq, PAGE_ROWS)
    .all<Omit<Link, 'kind'> & { kind: LinkKind; linkSeq: number; undone: number }>();
  const links = results.filter(({ undone }) => undone === 0);
  return {
    links,
    linkSeq: results.at(-1)?.linkSeq ?? afterSeq,
    isLast: results.length < PAGE_ROWS,
    undoneSeq: results.findLast(({ undone }) => undone === 1)?.linkSeq ?? 0,
  };
}
