/**
 * Columns: operations on EventColumns that the lake's writers and readers share. A column that was not read (a numeric
 * one of length 0 in a batch with rows, a text one that is absent) stays so.
 */
import type { EventColumns } from '../core/columns.ts';

export function concatColumns(_list: readonly EventColumns[]): EventColumns {
  throw new Error('not yet');
}

/** The rows at these indexes, in this order. */
export function selectRows(_columns: EventColumns, _rows: Uint32Array): EventColumns {
  throw new Error('not yet');
}

/** Row indexes by (day, person, at, received_at), ties in row order. */
export function sortRowsL0(_columns: EventColumns): Uint32Array {
  throw new Error('not yet');
}

/** Row indexes by (person, at, received_at, id), ties in row order. */
export function sortRowsL1(_columns: EventColumns): Uint32Array {
  throw new Error('not yet');
}
