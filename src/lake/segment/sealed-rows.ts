/**
 * SealedRows: the events of one L1 file with what their cells need as the file does: their order, and the columns of their
 * own that properties have.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { sortRowsL1 } from './columns.ts';
import { withTypedColumns } from './typed-columns.ts';

export interface SealedRows {
  readonly columns: ReturnType<typeof withTypedColumns>;
  /** Row indexes in the order of the file. */
  readonly order: Uint32Array;
}

export function sealedRows(events: EventColumns): SealedRows {
  return { columns: withTypedColumns(events), order: sortRowsL1(events) };
}
