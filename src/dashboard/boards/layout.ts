/** Layout: tiles on a grid of 12 columns, packed in their order into rows. */
import type { Tile } from '../../wire/boards/board.ts';

/** What is shown of a tile before its answer is there. */
export type ShownTile = Pick<Tile, 'id' | 'title' | 'chart' | 'place'>;

const COLUMNS = 12;
export const WIDTHS = [3, 4, 6, 8, 12] as const;
export const HEIGHTS = [2, 4, 6, 8, 10] as const;

/** The tiles in the order in which they are read. */
export function inOrder<T extends ShownTile>(tiles: readonly T[]): T[] {
  return [...tiles].sort((a, b) => a.place.y - b.place.y || a.place.x - b.place.x);
}

/** The tiles with their places: from left to right, and into a further row where they do not fit. */
export function packTiles<T extends ShownTile>(tiles: readonly T[]): T[] {
  let x = 0;
  let y = 0;
  let rowHeight = 0;
  return tiles.map((tile) => {
    const { w, h } = tile.place;
    if (x + w > COLUMNS) {
      x = 0;
      y += rowHeight;
      rowHeight = 0;
    }
    const placed = { ...tile, place: { x, y, w, h } };
    x += w;
    rowHeight = Math.max(rowHeight, h);
    return placed;
  });
}
