import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HEIGHTS, inOrder, packTiles, type ShownTile, WIDTHS } from '../../../src/dashboard/boards/layout.ts';

function tile(id: string, w: number, h = 4): ShownTile {
  return { id, title: id, chart: 'line', place: { x: 0, y: 0, w, h } };
}

const placesOf = (tiles: readonly ShownTile[]) => tiles.map(({ place: { x, y } }) => [x, y]);

describe('the layout of a board', () => {
  it('fills a row from left to right, and begins another where a tile does not fit', () => {
    expect(placesOf(packTiles([tile('a', 6), tile('b', 6, 2), tile('c', 8), tile('d', 3), tile('e', 3)]))).toEqual([
      [0, 0],
      [6, 0],
      [0, 4],
      [8, 4],
      [0, 8],
    ]);
  });

  it('puts a further row below the tallest tile of the one above', () => {
    expect(placesOf(packTiles([tile('a', 6, 2), tile('b', 6, 8), tile('c', 12)]))).toEqual([
      [0, 0],
      [6, 0],
      [0, 8],
    ]);
  });

  it('keeps the order, the sizes and the grid, lets no two tiles overlap, and changes nothing when packed again', () => {
    const size = fc.record({ w: fc.constantFrom(...WIDTHS), h: fc.constantFrom(...HEIGHTS) });
    fc.assert(
      fc.property(fc.array(size, { maxLength: 24 }), (sizes) => {
        const packed = packTiles(sizes.map(({ w, h }, index) => tile(`t${index}`, w, h)));
        expect(packed.map(({ place: { w, h } }) => ({ w, h }))).toEqual(sizes);
        const taken = new Set<string>();
        for (const { place } of packed) {
          expect(place.x + place.w).toBeLessThanOrEqual(12);
          for (let x = place.x; x < place.x + place.w; x++) {
            for (let y = place.y; y < place.y + place.h; y++) {
              expect(taken.has(`${x} ${y}`)).toBe(false);
              taken.add(`${x} ${y}`);
            }
          }
        }
        expect(inOrder(packed.toReversed())).toEqual(packed);
        expect(packTiles(packed)).toEqual(packed);
      }),
    );
  });
});
