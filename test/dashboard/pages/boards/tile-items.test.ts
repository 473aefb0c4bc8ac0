import { describe, expect, it } from 'vitest';
import { tileItems } from '../../../../src/dashboard/pages/boards/tile-items.ts';

type Tile = Parameters<typeof tileItems>[0][number];

function tile(id: string, x: number, w: number): Tile {
  return { id, title: id, chart: 'line', insight: 'i', place: { x, y: 0, w, h: 4 } };
}

const tiles = [tile('a', 0, 4), tile('b', 4, 4), tile('c', 8, 3)];

function changed(id: string, label: string): (string | number)[][] | undefined {
  const item = tileItems(tiles, id).find((one) => one.label === label);
  return item?.tiles.map((one) => [one.id, one.place.x, one.place.y, one.place.w]);
}

describe('the menu of a tile', () => {
  it('moves a tile within its row', () => {
    expect(changed('b', 'Move forward')).toEqual([
      ['b', 0, 0, 4],
      ['a', 4, 0, 4],
      ['c', 8, 0, 3],
    ]);
    expect(changed('b', 'Move back')).toEqual([
      ['a', 0, 0, 4],
      ['c', 4, 0, 3],
      ['b', 7, 0, 4],
    ]);
  });

  it('offers no move beyond the ends, and no size beyond the least and the greatest', () => {
    expect(changed('a', 'Move forward')).toBeUndefined();
    expect(changed('c', 'Move back')).toBeUndefined();
    expect(changed('c', 'Narrower')).toBeUndefined();
    expect(tileItems([tile('a', 0, 12)], 'a').map(({ label }) => label)).not.toContain('Wider');
  });

  it('resizes a tile and moves those behind it on', () => {
    expect(changed('a', 'Wider')).toEqual([
      ['a', 0, 0, 6],
      ['b', 6, 0, 4],
      ['c', 0, 4, 3],
    ]);
  });

  it('takes a tile off the board', () => {
    expect(changed('a', 'Take off the board')).toEqual([
      ['b', 0, 0, 4],
      ['c', 4, 0, 3],
    ]);
  });

  it('has nothing for a tile that is gone', () => {
    expect(tileItems(tiles, 'gone')).toEqual([]);
  });
});
