/**
 * LinkStore: all SQL of the table `links`. Written in the batch of the flush or chunk whose events make the links, so that a
 * stored event's link is never missing; read from a link_seq on, for links are only ever added.
 */
import type { Link, LinkKind } from '../../core/people/links.ts';
import { jsonParameters } from '../std/json-parameters.ts';

/** Rows of one reading: about 5 MB of answer. */
const PAGE_ROWS = 40_000;
/** Upper bound of one link as JSON. */
const LINK_SIZE_BYTES = 100;

/** May be run again: what is known as early or earlier stays as it is. */
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
           AND l.from_hash = j.value ->> 'from' AND l.to_hash = j.value ->> 'to' AND l.at_ms <= j.value ->> 'atMs')`,
      )
      .bind(uid, source, json),
  );
}

export interface LinkPage {
  readonly links: readonly Link[];
  /** Greatest link_seq read: the next page begins after it. */
  readonly linkSeq: number;
  readonly isLast: boolean;
}

export async function readLinks(db: D1Database, uid: string, afterSeq: number): Promise<LinkPage> {
  const { results } = await db
    .prepare(
      `SELECT link_seq AS linkSeq, kind, from_hash AS "from", to_hash AS "to", at_ms AS atMs FROM links
       WHERE uid = ?1 AND link_seq > ?2 ORDER BY link_seq LIMIT ?3`,
    )
    .bind(uid, afterSeq, PAGE_ROWS)
    .all<Omit<Link, 'kind'> & { kind: LinkKind; linkSeq: number }>();
  return { links: results, linkSeq: results.at(-1)?.linkSeq ?? afterSeq, isLast: results.length < PAGE_ROWS };
}
