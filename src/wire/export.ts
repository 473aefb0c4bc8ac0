/**
 * Exports on the wire: asking for the events of a range as a file, and the receipt of an export that ended whole.
 */
import { z } from 'zod';
import { BOTS } from '../core/bots/bots.ts';
import { EXPORT_COLUMNS, type ExportColumn } from '../core/export/values.ts';
import { querySchema } from '../core/query/question/request.ts';

export const EXPORT_FORMATS = ['parquet', 'csv', 'ndjson'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Columns for Tidemark's own use are left out by default. */
const OWN_USE: ReadonlySet<ExportColumn> = new Set<ExportColumn>(['sender', 'key_hash', 'late']);
const DEFAULT_COLUMNS = EXPORT_COLUMNS.filter((column) => !OWN_USE.has(column));

export const exportSchema = querySchema
  .pick({ events: true, where: true, from: true, to: true, timezone: true, allowUnknown: true })
  .extend({
    format: z.enum(EXPORT_FORMATS),
    bots: z
      .enum(BOTS)
      .optional()
      .describe('Whether the file has events of bots. Default: `include`, whatever the tenant chose for questions.'),
    columns: z
      .array(z.enum(EXPORT_COLUMNS as [ExportColumn, ...ExportColumn[]]))
      .min(1)
      .max(EXPORT_COLUMNS.length)
      .default(DEFAULT_COLUMNS)
      .describe('Columns in the order of the file; Parquet keeps the order of the lake.'),
  });
export type ExportBody = z.output<typeof exportSchema>;

export const receiptSchema = z.object({
  id: z.string(),
  format: z.enum(EXPORT_FORMATS),
  rows: z.int(),
  sizeBytes: z.int(),
  sha256: z.string().describe('Hash of the whole stream, 64 hex digits.'),
  asOf: z.iso.datetime().describe('The watermark of the export: the file holds every event that happened before it.'),
  finishedAt: z.iso.datetime(),
});
export type WireReceipt = z.output<typeof receiptSchema>;
