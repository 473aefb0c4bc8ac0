/**
 * Sealed days: the table `sealed_days`: for each sealed day the revision that counts, the vector it covers, and its
 * accounts.
 */

import type { Piece } from './cells.ts';

/** Incarnation → the seq below which the seal covers everything. */
export type SealVector = Readonly<Record<string, number>>;

export interface Drift {
  /** Events the day's parts counted, under the seal's vector. */
  readonly live: number;
  /** Events that the seal counts. live − sealed = duplicates + expired − beyond − imported + rest. */
  readonly sealed: number;
  /** Further copies of events (rule B7), with those of rows from before classes of senders. */
  readonly duplicates: number;
  /** The further copies by the class of the row; each is absent when it is 0. */
  readonly serverCopies?: number;
  readonly importCopies?: number;
  readonly browserCopies?: number;
  /** Events older than the allowed lateness, which are in no part. */
  readonly beyond: number;
  readonly imported: number;
  /** Events left out because their names had expired; absent when there were none. */
  readonly expired?: number;
  /** The rest, which none of these causes explains: must be 0. */
  readonly rest: number;
}

/** The file with the people by the hour of a sealed day. */
export interface HourFile {
  /** Its name within the folder of the day (`hoursPath`). */
  readonly file: string;
  /** By rollup: where its chunks lie in the file, as [offset, bytes]. */
  readonly chunks: Readonly<Record<string, readonly Piece[]>>;
}

/**
 * The column `lake_cells`: how a seal has stored its cells. It counts only with the revision that it names: a release from before
 * the column leaves it as it was when it seals the day anew.
 */
export interface LakeCells {
  readonly revision: number;
  /** The column `rollup_ids` is empty beside it, so that an older release reads the events instead of the cells. */
  readonly rollupIds: readonly string[];
  /** Null when no hour has cells, or when they were dropped. */
  readonly hours: HourFile | null;
}

export interface SealedDay {
  readonly day: number;
  readonly revision: number;
  /** Segments of the day with a manifest_seq above it are not in the seal. */
  readonly coveredSeq: number;
  readonly vector: SealVector;
  readonly rollupIds: readonly string[];
  /** Null when people by the hour are in D1, or nowhere. */
  readonly hours: HourFile | null;
  readonly events: number;
  readonly people: number;
  readonly drift: Drift;
  readonly sealedAtMs: number;
  /** Names of events that had expired when the day was sealed: it holds none of them. */
  readonly expired: readonly string[];
  /** The seal lacks what was superseded up to here. */
  readonly supersededSeq: number;
}

export interface SealedDayRow {
  day: number;
  revision: number;
  coveredSeq: number;
  vector: string;
  rollupIds: string;
  hours: string | null;
  events: number;
  people: number;
  drift: string;
  sealedAtMs: number;
  expired: string;
  supersededSeq: number;
}

/** The rollups that a row of `sealed_days` has cells of, as JSON. */
export function rollupIdsSql(row: string): string {
  return `IIF(${row}.lake_cells ->> '$.revision' = ${row}.revision, ${row}.lake_cells ->> '$.rollupIds', ${row}.rollup_ids)`;
}

/** A condition on writes of a seal: no revision as new as its own has been flipped to. Parameters 1–3: uid, day, revision. */
export const IS_NOT_OVERTAKEN =
  'NOT EXISTS (SELECT 1 FROM sealed_days d WHERE d.uid = ?1 AND d.day = ?2 AND d.revision >= ?3)';

/** The seals that count: a day of which something was superseded since is as if it were not sealed (CORRECTNESS B3). */
export function selectSealedDays(db: D1Database, uid: string, dayFrom: number, dayTo: number): D1PreparedStatement {
  return selectSeals(db, 'counting_seals', { uid, dayFrom, dayTo });
}

/** All seals, whether they count or not: what the next seal of a day goes by. */
export function selectAnySeals(db: D1Database, uid: string, dayFrom: number, dayTo: number): D1PreparedStatement {
  return selectSeals(db, 'sealed_days', { uid, dayFrom, dayTo });
}

function selectSeals(
  db: D1Database,
  table: 'sealed_days' | 'counting_seals',
  { uid, dayFrom, dayTo }: { readonly uid: string; readonly dayFrom: number; readonly dayTo: number },
): D1PreparedStatement {
  return db
    .prepare(
      `SELECT day, revision, covered_seq AS coveredSeq, vector, ${rollupIdsSql(table)} AS rollupIds,
         IIF(lake_cells ->> '$.revision' = revision, lake_cells ->> '$.hours', NULL) AS hours, events, people, drift, sealed_at_ms AS sealedAtMs,
         expired, superseded_seq AS supersededSeq
       FROM ${table} WHERE uid = ?1 AND day BETWEEN ?2 AND ?3 ORDER BY day`,
    )
    .bind(uid, dayFrom, dayTo);
}

/**
 * One row that differs whenever a day of the range was sealed or a version of an import superseded: how many days are sealed,
 * the sum of their revisions, and the latest supersession.
 */
export function selectRevisions(db: D1Database, uid: string, dayFrom: number, dayTo: number): D1PreparedStatement {
  return db
    .prepare(
      `SELECT count(*) AS days, coalesce(sum(revision), 0) AS revisions,
         (SELECT max(x.supersession_seq) FROM supersessions x WHERE x.uid = ?1) AS supersededSeq FROM sealed_days
       WHERE uid = ?1 AND day BETWEEN ?2 AND ?3`,
    )
    .bind(uid, dayFrom, dayTo);
}

export function sealedDayOf(row: SealedDayRow): SealedDay {
  const { vector, rollupIds, hours, drift, expired, ...rest } = row;
  return {
    ...rest,
    vector: JSON.parse(vector),
    rollupIds: JSON.parse(rollupIds),
    hours: hours === null ? null : JSON.parse(hours),
    drift: JSON.parse(drift),
    expired: JSON.parse(expired),
  };
}
