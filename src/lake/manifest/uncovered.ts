/**
 * Uncovered: the rule that tells the segments of a day that no seal covers, in SQL. Every reader of them goes by it.
 *
 * Of a day whose seal does not count these are the segments beyond the day's ground, whose files are read beside them.
 */
import { LAKE_DROPPED } from './dropped.ts';

/**
 * `FROM … WHERE …` of the days (`sd`) of segments (`s`) that count and are in no sealed files that count (`d`; null without any), without
 * days that have expired. Further conditions may follow. Parameter 1 is the uid.
 */
export const FROM_UNCOVERED = `FROM segment_days sd JOIN segments s ON s.manifest_seq = sd.manifest_seq
  LEFT JOIN counting_files d ON d.uid = sd.uid AND d.day = sd.day
  WHERE sd.uid = ?1 AND s.superseded_seq IS NULL AND sd.manifest_seq > COALESCE(d.covered_seq, 0) AND sd.day >= ${LAKE_DROPPED}`;
