/** Replaced files: the files of older seals of a day, but for those of its ground, which the next seal reads. */
import { afterScans, throwAwayFound } from '../manifest/garbage.ts';
import { dayTextSql, isL1PathSql, traitsPathSql } from '../manifest/paths.ts';
import type { DueDay } from './due-days.ts';

/** Parameter 1 is the days as JSON. */
const REPLACED_L1 = `FROM json_each(?1) g JOIN sealed_days d ON d.uid = g.value ->> 'uid' AND d.day = g.value ->> 'day'
  JOIN segments s ON s.uid = d.uid AND ${isL1PathSql('s.path', 'd.uid', dayTextSql('d.day'))}
  WHERE s.source = 'seal' AND s.day = d.day AND s.revision < d.revision AND s.revision <> d.ground_revision`;

/** Takes the rows of the files away, and throws the files away. */
export function deleteReplacedFiles(db: D1Database, days: readonly DueDay[], nowMs: number): D1PreparedStatement[] {
  const json = JSON.stringify(days);
  return [
    throwAwayFound(
      db,
      `SELECT s.path, ?2 ${REPLACED_L1} UNION ALL SELECT ${traitsPathSql('s.path')}, ?2 ${REPLACED_L1} AND s.traits_rows > 0`,
      json,
      afterScans(nowMs),
    ),
    db.prepare(`DELETE FROM segments WHERE manifest_seq IN (SELECT s.manifest_seq ${REPLACED_L1})`).bind(json),
  ];
}
