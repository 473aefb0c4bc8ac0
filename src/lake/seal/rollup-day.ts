/** RollupDay: the cells of one rollup for one day, by the day and by the hour, and the rows in which ranges leave them. */
import { type EncodeOptions, encodeRollupCells } from '../../core/rollup/cell-codec.ts';
import type { RollupCells } from '../../core/rollup/rollup-cells.ts';
import type { CellRow } from '../manifest/cells.ts';

export interface RollupDay {
  readonly rollupId: string;
  readonly day: RollupCells;
  readonly hours: RollupCells;
}

/**
 * All cells of both grains, as a range of a big day leaves them for the end of its seal. They are read once and thrown away, so
 * that people are not worth sharing.
 */
export function rangeRows(rollups: readonly RollupDay[]): CellRow[] {
  return rollups.flatMap(({ rollupId, day, hours }) => [
    ...rowsOf({ rollupId, grain: 'day' }, day, {}),
    ...rowsOf({ rollupId, grain: 'hour' }, hours, {}),
  ]);
}

/** The rows of one grain: cells by the day or hour with people, or counts by the hour. */
export function cellRows(name: RowName, cells: RollupCells): CellRow[] {
  return rowsOf(name, cells, name.grain === 'hour-counts' ? { kind: 'counts' } : { sharesPeople: true });
}

type RowName = Pick<CellRow, 'rollupId' | 'grain'>;

function rowsOf(name: RowName, cells: RollupCells, options: EncodeOptions): CellRow[] {
  const { overflowed } = cells;
  const chunks = encodeRollupCells(cells, options);
  return chunks.map((bytes, chunk) => ({ ...name, chunk, overflowed, cells: bytes }));
}
