/** Encoder: pieces of events as the bytes of one file. */
import type { EventColumns } from '../../core/event/columns.ts';
import { csvHeader, csvLines } from '../../core/export/csv.ts';
import { ndjsonLines } from '../../core/export/ndjson.ts';
import type { ExportColumn, RowSpan } from '../../core/export/values.ts';
import { ParquetStream } from '../../lake/segment/parquet-stream.ts';
import type { ExportFormat } from '../../wire/export.ts';

/**
 * The caller calls `begin` once, then `rows` for each piece and takes all portions of it, then `end` once. The file is their
 * results, in that order.
 */
export interface Encoder {
  begin(): Uint8Array;
  /** The bytes of the rows, in portions between which the caller pauses; a portion may be empty. */
  rows(piece: EventColumns): Iterable<Uint8Array>;
  end(): Uint8Array;
}

const utf8 = new TextEncoder();
const NOTHING = new Uint8Array();

/** A text of so many rows takes some five milliseconds. */
const TEXT_ROWS = 256;

export function encoderOf(format: ExportFormat, columns: readonly ExportColumn[]): Encoder {
  switch (format) {
    case 'parquet':
      return new ParquetStream(new Set(columns));
    case 'csv':
      return textEncoder(csvHeader(columns), (piece, rows) => csvLines(piece, columns, rows));
    case 'ndjson':
      return textEncoder('', (piece, rows) => ndjsonLines(piece, columns, rows));
  }
}

function textEncoder(header: string, lines: (piece: EventColumns, rows: RowSpan) => string): Encoder {
  return {
    begin: () => utf8.encode(header),
    *rows(piece) {
      for (let from = 0; from < piece.rowCount; from += TEXT_ROWS) {
        yield utf8.encode(lines(piece, { from, to: Math.min(piece.rowCount, from + TEXT_ROWS) }));
      }
    },
    end: () => NOTHING,
  };
}
