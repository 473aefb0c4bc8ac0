/** RollupDay: the cells of one rollup for one day, by the day and by the hour, and the rows in which ranges leave them. */
import { encodeRollupCells } from '../../core/rollup/cell-codec.ts';
import type { RollupCells } from '../../core/rollup/rollup-cells.ts';
import type { CellRow } from '../manifest/cells.ts';

export interface RollupDay {
  readonly rollupId: string;
  readonly day: RollupCells;
  readonly hours: RollupCells;
}

/** All cells of both grains, as a range of a big day leaves them for the end of its seal. */
export function rangeRows(rollups: readonly RollupDay[]): CellRow[] {
  return rollups.flatMap(({ rollupId, day, hours }) => [
    ...cellRows({ rollupId, grain: 'day' }, day),
    ...cellRows({ rollupId, grain: 'hour' }, hours),
  ]);
}

/** The rows of one grain: cells by the day or hour with people, or counts by the hour. */
export function cellRows({ rollupId, grain }: Pick<CellRow, 'rollupId' | 'grain'>, cells: RollupCells): CellRow[] {
  const { overflowed } = cells;
  const options = grain === 'hour-counts' ? ({ kind: 'counts' } as const) : { sharesPeople: true };
  const chunks = encodeRollupCells(cells, options);
  return chunks.map((bytes, chunk) => ({ rollupId, grain, chunk, overflowed, cells: bytes }));
}
