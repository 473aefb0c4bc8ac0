/** Encoder: pieces of events as the bytes of one file. */
import type { EventColumns } from '../../core/event/columns.ts';
import { csvHeader, csvLines } from '../../core/export/csv.ts';
import { ndjsonLines } from '../../core/export/ndjson.ts';
import type { ExportColumn } from '../../core/export/values.ts';
import { ParquetStream } from '../../lake/segment/parquet-stream.ts';
import type { ExportFormat } from '../../wire/export.ts';

/**
 * The caller calls `begin` once, then `rows` for each piece, then `end` once. The file is their results, in that order.
 */
export interface Encoder {
  begin(): Uint8Array;
  rows(piece: EventColumns): Uint8Array;
  end(): Uint8Array;
}

const utf8 = new TextEncoder();
const NOTHING = new Uint8Array();

export function encoderOf(format: ExportFormat, columns: readonly ExportColumn[]): Encoder {
  switch (format) {
    case 'parquet':
      return new ParquetStream(new Set(columns));
    case 'csv':
      return textEncoder(csvHeader(columns), (piece) => csvLines(piece, columns));
    case 'ndjson':
      return textEncoder('', (piece) => ndjsonLines(piece, columns));
  }
}

function textEncoder(header: string, lines: (piece: EventColumns) => string): Encoder {
  return { begin: () => utf8.encode(header), rows: (piece) => utf8.encode(lines(piece)), end: () => NOTHING };
}
