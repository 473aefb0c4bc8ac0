/**
 * Export store: all SQL of the table `exports`: the receipts of exports that ended whole.
 */
import { LIMITS } from '../../core/limits.ts';
import type { ExportFormat } from '../../wire/export.ts';

export interface ExportReceipt {
  readonly id: string;
  readonly format: ExportFormat;
  readonly rows: number;
  readonly sizeBytes: number;
  /** The hash of the whole stream, 64 hex digits. */
  readonly sha256: string;
  readonly asOfMs: number;
  readonly finishedAtMs: number;
}

/** Keeps the receipt, and forgets those that are too old. */
export async function keepReceipt(db: D1Database, uid: string, receipt: ExportReceipt): Promise<void> {
  const { id, format, rows, sizeBytes, sha256, asOfMs, finishedAtMs } = receipt;
  await db.batch([
    db
      .prepare(
        `INSERT INTO exports (uid, export_id, format, row_count, size_bytes, sha256, as_of_ms, finished_at_ms)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .bind(uid, id, format, rows, sizeBytes, sha256, asOfMs, finishedAtMs),
    db.prepare('DELETE FROM exports WHERE finished_at_ms < ?').bind(finishedAtMs - LIMITS.exportReceiptMs),
  ]);
}

/** null when no export of this id ended whole, or its receipt is forgotten. */
export function findReceipt(db: D1Database, uid: string, id: string): Promise<ExportReceipt | null> {
  return db
    .prepare(
      `SELECT export_id AS id, format, row_count AS rows, size_bytes AS sizeBytes, sha256, as_of_ms AS asOfMs,
         finished_at_ms AS finishedAtMs FROM exports WHERE uid = ? AND export_id = ?`,
    )
    .bind(uid, id)
    .first<ExportReceipt>();
}
