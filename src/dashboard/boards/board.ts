/** Board: the boards and tiles of the wire, and the tile that a question becomes. */
import type { z } from 'zod';
import type { boardListSchema, Tile, TileAnswer, WireBoard } from '../../wire/boards/board.ts';
import type { sharedBoardSchema, shareListSchema } from '../../wire/boards/share.ts';
import { randomText } from '../data/random-text.ts';
import { lastOf, range } from '../data/range.ts';

export type { Tile, TileAnswer };
export type Board = WireBoard;
export type BoardList = z.output<typeof boardListSchema>;
export type ShareList = z.output<typeof shareListSchema>;
export type SharedBoard = z.output<typeof sharedBoardSchema>;
/** The question of a tile. */
export type TileQuestion = Pick<Tile, 'insight' | 'query' | 'journey' | 'chart'>;

/** The size with which a tile begins. */
export function sizeOf({ chart, journey }: TileQuestion): { readonly w: number; readonly h: number } {
  if (chart === 'number') return { w: 3, h: 2 };
  if (journey === undefined) return { w: 6, h: 4 };
  return journey.kind === 'sessions' || journey.kind === 'active' ? { w: 6, h: 4 } : { w: 12, h: 6 };
}

/** An id of a board or a tile: the letters and digits of its name, and an end that makes it unique. */
export function newId(name: string): string {
  const word = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 28);
  const end = randomText(4);
  return word === '' ? `b-${end}` : `${word}-${end}`;
}

/** A journey's question to be kept on a board: its range moves on where that of the page does. */
export function keptQuestion(body: { readonly from: string; readonly to: string }): Record<string, unknown> {
  const last = lastOf(range.value.id);
  if (last === null) return { ...body };
  const { from: _, to: __, ...rest } = body;
  return { ...rest, last };
}
