/**
 * Delete folder: removes the objects of a deleted tenant: segments of all levels, work of seals, current.json.
 *
 * A listing finds them, not the manifest, so that an object which no row names any more goes too.
 */
import { lakeFolder } from '../manifest/paths.ts';

/** Deletes up to `countMax` objects (R2 lists and deletes 1,000 at once), and returns their number. */
export async function deleteFolder(
  bucket: Pick<R2Bucket, 'list' | 'delete'>,
  uid: string,
  countMax: number,
): Promise<number> {
  const { objects } = await bucket.list({ prefix: lakeFolder(uid), limit: countMax });
  if (objects.length > 0) await bucket.delete(objects.map(({ key }) => key));
  return objects.length;
}
