/**
 * Stored flushes: the conditions, in SQL, that tell whether a flush is stored: by its own row, or by the row of its incarnation
 * that collected rows were added to (CORRECTNESS A3). Their arguments are SQL expressions.
 */

export function isFlushStoredSql(uid: string, incarnation: string, seqFrom: string): string {
  return `(EXISTS (SELECT 1 FROM flushes f WHERE f.uid = ${uid} AND f.incarnation = ${incarnation} AND f.seq_from = ${seqFrom})
    OR ${isFlushCollectedSql(uid, incarnation, seqFrom)})`;
}

/** Whether the flush was stored so long ago that its row is gone. */
export function isFlushCollectedSql(uid: string, incarnation: string, seqFrom: string): string {
  return `EXISTS (SELECT 1 FROM flush_heads h WHERE h.uid = ${uid} AND h.incarnation = ${incarnation} AND h.seq_to > ${seqFrom})`;
}
