/**
 * current.json: the files of a tenant's lake that count now, for readers outside of Tidemark. A glob over the files would
 * count twice: an L0 file stays beside the L1 file that holds its events again.
 *
 * The days of a file are those for which its rows count; rows of other days in it must be left out. Files of `seal` hold
 * each event once. Among the other files copies are told by id and key_hash, or by person where key_hash is null. The list is
 * written by compare-and-set, so that an older reading never replaces a newer one.
 */

import { MINUTE_MS } from '../../core/limits.ts';
import { dayText } from '../../core/std/day.ts';
import { currentPath } from './paths.ts';
import { readCurrent } from './segments.ts';

export type CurrentBucket = Pick<R2Bucket, 'head' | 'put'>;

const TRIES = 3;

/** Replaced files stay in the lake for an hour, so that a list may be a little old. */
const YOUNG_MS = MINUTE_MS;

/** Whether the list was published a moment ago. */
export async function isYoung(bucket: Pick<CurrentBucket, 'head'>, uid: string, nowMs: number): Promise<boolean> {
  const published = await bucket.head(currentPath(uid));
  return published !== null && nowMs - published.uploaded.getTime() < YOUNG_MS;
}

/**
 * Publishes the present state of the manifest. False when others published meanwhile, from a reading at least as late.
 */
export async function publishCurrent(
  db: D1Database,
  bucket: CurrentBucket,
  uid: string,
  nowMs: number,
): Promise<boolean> {
  const path = currentPath(uid);
  for (let attempt = 0; attempt < TRIES; attempt++) {
    // The tag is read before the manifest: a list that is written between the two comes from a reading as old or older.
    const before = await bucket.head(path);
    const { headSeq, segments } = await readCurrent(db, uid);
    const files = segments.map(({ path, source, sizeBytes, days }) => ({
      path,
      source,
      rows: days.reduce((sum, { rowCount }) => sum + rowCount, 0),
      sizeBytes,
      days: days.map(({ day }) => dayText(day)),
    }));
    const text = JSON.stringify({ version: 1, manifestSeq: headSeq, writtenAt: new Date(nowMs).toISOString(), files });
    const onlyIf = before === null ? { etagDoesNotMatch: '*' } : { etagMatches: before.etag };
    const put = await bucket.put(path, text, { onlyIf, httpMetadata: { contentType: 'application/json' } });
    if (put !== null) return true;
  }
  return false;
}
