/**
 * Footers of segments from the manifest, so that a file that is read by range needs no read for its footer.
 */
import { unpackFooter } from '../segment/footer.ts';

/** The footers of the segments by manifest_seq; a segment of which the manifest has none is left out. */
export async function readFooters(
  db: D1Database,
  manifestSeqs: readonly number[],
): Promise<ReadonlyMap<number, Uint8Array>> {
  const { results } = await db
    .prepare(
      `SELECT manifest_seq AS manifestSeq, footer FROM segments
       WHERE manifest_seq IN (SELECT value FROM json_each(?1)) AND footer IS NOT NULL`,
    )
    .bind(JSON.stringify(manifestSeqs))
    .all<{ manifestSeq: number; footer: string }>();
  return new Map(results.map(({ manifestSeq, footer }) => [manifestSeq, unpackFooter(footer)]));
}
