/** Tile items: the ways in which a tile can be moved, resized or removed, and the tiles of the board after each. */
import type { Tile } from '../../boards/board.ts';
import { HEIGHTS, inOrder, packTiles, WIDTHS } from '../../boards/layout.ts';

export interface TileItem {
  readonly label: string;
  readonly tiles: Tile[];
}

/** The items that would change something. */
export function tileItems(all: readonly Tile[], id: string): TileItem[] {
  const tiles = inOrder(all);
  const index = tiles.findIndex((tile) => tile.id === id);
  const tile = tiles[index];
  if (tile === undefined) return [];
  const { w, h } = tile.place;
  const resized = (place: Partial<Tile['place']>) =>
    packTiles(tiles.with(index, { ...tile, place: { ...tile.place, ...place } }));
  const swapped = (other: number) => packTiles(tiles.with(index, tiles[other]!).with(other, tile));
  const wider = WIDTHS.find((width) => width > w);
  const narrower = WIDTHS.findLast((width) => width < w);
  const taller = HEIGHTS.find((height) => height > h);
  const shorter = HEIGHTS.findLast((height) => height < h);
  return [
    ...(index > 0 ? [{ label: 'Move forward', tiles: swapped(index - 1) }] : []),
    ...(index < tiles.length - 1 ? [{ label: 'Move back', tiles: swapped(index + 1) }] : []),
    ...(wider === undefined ? [] : [{ label: 'Wider', tiles: resized({ w: wider }) }]),
    ...(narrower === undefined ? [] : [{ label: 'Narrower', tiles: resized({ w: narrower }) }]),
    ...(taller === undefined ? [] : [{ label: 'Taller', tiles: resized({ h: taller }) }]),
    ...(shorter === undefined ? [] : [{ label: 'Shorter', tiles: resized({ h: shorter }) }]),
    { label: 'Take off the board', tiles: packTiles(tiles.toSpliced(index, 1)) },
  ];
}
