/**
 * FactStore: all SQL of the table `name_facts`: what is known of each name that a tenant has sent.
 *
 * Facts only grow: types and events are added, the first time falls and the last rises. So they may be written again, in
 * any order, by any number of isolates. At most `LIMITS.namesKeptMax` of a kind are kept that browsers alone have sent, and as
 * many that servers have sent: a name of a server is never refused because of a browser's. When those of browsers are full,
 * the ones that were not sent for a month are forgotten.
 */
import { LIMITS } from '../../core/limits.ts';
import { type FactKind, FROM_SERVER, isFromServer, type NameFacts } from '../../core/names/name-facts.ts';
import { jsonParameters } from '../std/json-parameters.ts';

export interface KeptFacts {
  readonly kind: FactKind;
  readonly name: string;
  readonly types: number;
  readonly events: readonly string[];
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Returns the statements that add the facts, each with a parameter that D1 takes. */
export function insertFacts(db: D1Database, uid: string, facts: readonly NameFacts[]): D1PreparedStatement[] {
  const rows = facts.map(({ kind, name, types, events, firstMs, lastMs }) => {
    return [kind, name, types, JSON.stringify([...events]), firstMs, lastMs] as const;
  });
  const inserts = jsonParameters(rows, sizeOf).map((parameter) =>
    db.prepare(INSERT).bind(uid, parameter, LIMITS.namesKeptMax),
  );
  const ofBrowsers = facts.filter((one) => !isFromServer(one));
  if (ofBrowsers.length === 0) return inserts;
  const newestMs = ofBrowsers.reduce((newest, { lastMs }) => Math.max(newest, lastMs), 0);
  return [db.prepare(FORGET).bind(uid, LIMITS.namesKeptMax, newestMs - LIMITS.browserNamesKeptMs), ...inserts];
}

/** Forgets old names that browsers alone have sent, of the kinds that are full of those. */
const FORGET = `
  DELETE FROM name_facts
  WHERE uid = ?1 AND types & ${FROM_SERVER} = 0 AND last_at_ms < ?3 AND kind IN (
    SELECT kind FROM name_facts WHERE uid = ?1 AND types & ${FROM_SERVER} = 0 GROUP BY kind HAVING count(*) >= ?2)`;

/** The kept names are counted once, and not for each name: a batch of unknown ones would read a million rows at the limit. */
const INSERT = `
  WITH kept AS MATERIALIZED (
    SELECT kind, types & ${FROM_SERVER} AS origin, count(*) AS names FROM name_facts WHERE uid = ?1 GROUP BY 1, 2)
  INSERT INTO name_facts (uid, kind, name, types, events, first_at_ms, last_at_ms)
  SELECT ?1, new.kind, new.name, new.types, new.events, new.first_at_ms, new.last_at_ms
  FROM (SELECT value ->> 0 AS kind, value ->> 1 AS name, value ->> 2 AS types, value ->> 3 AS events,
               value ->> 4 AS first_at_ms, value ->> 5 AS last_at_ms FROM json_each(?2)) new
  WHERE EXISTS (SELECT 1 FROM name_facts WHERE uid = ?1 AND kind = new.kind AND name = new.name)
     OR COALESCE(
       (SELECT names FROM kept WHERE kept.kind = new.kind AND kept.origin = new.types & ${FROM_SERVER}), 0) < ?3
  ON CONFLICT (uid, kind, name) DO UPDATE SET
    types = types | excluded.types,
    events = (SELECT json_group_array(value) FROM (
      SELECT value FROM json_each(name_facts.events) UNION SELECT value FROM json_each(excluded.events)
      LIMIT ${LIMITS.factEventsMax})),
    first_at_ms = min(first_at_ms, excluded.first_at_ms),
    last_at_ms = max(last_at_ms, excluded.last_at_ms)`;

export async function readFacts(db: D1Database, uid: string): Promise<readonly KeptFacts[]> {
  const { results } = await db
    .prepare(
      `SELECT kind, name, types, events, first_at_ms AS firstMs, last_at_ms AS lastMs FROM name_facts WHERE uid = ?1`,
    )
    .bind(uid)
    .all<Omit<KeptFacts, 'events'> & { readonly events: string }>();
  return results.map(({ events, ...facts }) => ({ ...facts, events: JSON.parse(events) as string[] }));
}

/** An upper bound of the row as JSON in UTF-8, in which a unit takes up to six bytes. */
function sizeOf([kind, name, , events]: readonly [string, string, number, string, number, number]): number {
  return kind.length + 6 * name.length + 6 * events.length + 60;
}
