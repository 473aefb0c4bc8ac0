/**
 * CellRow: the encoded cells of one rollup and grain of a sealed day, as one row stores them.
 */
export interface CellRow {
  readonly rollupId: string;
  readonly grain: 'hour' | 'day';
  readonly chunk: number;
  readonly overflowed: boolean;
  readonly cells: Uint8Array;
}
