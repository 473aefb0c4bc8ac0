/**
 * Kept block: the cells of some parts of one day and incarnation, put together.
 *
 * Blocks of as many parts are put together, and those again: a merge of parts, which takes some of them away, then takes few cells
 * that are kept. The cells of a block never change, because a question may still be ranking what it took.
 */
import { MINUTE_MS } from '../../core/limits.ts';
import { bucketIndex } from '../../core/query/question/interval.ts';
import { RollupCells } from '../../core/rollup/rollup-cells.ts';
import type { CountingPart } from './rollup-parts.ts';

/** A part and the starts of its first and last window. */
export interface PlacedPart {
  readonly key: string;
  readonly startMsMin: number;
  readonly startMsMax: number;
}

export interface Block {
  readonly day: number;
  readonly incarnation: string;
  readonly parts: readonly PlacedPart[];
  readonly cells: RollupCells;
  /** The windows of the parts lie in [startMs, endMs). */
  readonly startMs: number;
  readonly endMs: number;
  /** Starts of buckets between these, apart from which windows were put together; null when each window is one of its own. */
  readonly cuts: readonly number[] | null;
  readonly sizeBytes: number;
}

/** Where the windows of a part lie. */
export interface PartSpan {
  readonly startMs: number;
  readonly lastMs: number;
  readonly endMs: number;
}

const BLOCK_PARTS_MAX = 64;
/** Memory of a part's key and bounds, and of a block. */
const PART_SIZE_BYTES = 200;
const BLOCK_SIZE_BYTES = 500;

/** The block of one part; null for one of an earlier release, which may be of several days, and for a part without windows. */
export function blockOf(
  { part }: CountingPart,
  cells: RollupCells,
  { startMs, lastMs, endMs }: PartSpan,
  cuts: Block['cuts'],
): Block | null {
  if (part.dayMin !== part.dayMax || cells.isEmpty) return null;
  const parts = [{ key: part.key, startMsMin: startMs, startMsMax: lastMs }];
  const { dayMin: day, incarnation } = part;
  return { day, incarnation, parts, cells, startMs, endMs, cuts, sizeBytes: sizeBytesOf(parts, cells) };
}

/** The span of cells whose windows are as they came; null when they are not minutes. */
export function minutesOf({ windows, windowMs }: RollupCells): PartSpan | null {
  if (windowMs !== MINUTE_MS) return null;
  const starts = [...windows.keys()];
  const lastMs = Math.max(...starts);
  return { startMs: Math.min(...starts), lastMs, endMs: lastMs + MINUTE_MS };
}

/** Blocks that become one. */
interface Pile {
  readonly blocks: readonly Block[];
  readonly parts: number;
}

/**
 * The blocks, those of one day, incarnation and number of parts put together `fanIn` at a time, and those again. `cutsWithin`: the
 * cuts of a span; null when windows stay as they are.
 *
 * Which blocks become one is decided first, so that each cell is put together once and not at each level.
 */
export function compacted(
  blocks: readonly Block[],
  fanIn: number,
  cutsWithin: ((startMs: number, endMs: number) => readonly number[]) | null,
): readonly Block[] {
  const byName = new Map<string, Pile[]>();
  const add = (pile: Pile): void => {
    const [{ day, incarnation }] = pile.blocks as readonly [Block];
    const name = `${day} ${incarnation} ${pile.parts}`;
    const alike = byName.get(name) ?? [];
    byName.set(name, alike);
    alike.push(pile);
    if (alike.length < fanIn || pile.parts >= BLOCK_PARTS_MAX) return;
    byName.delete(name);
    add({ blocks: alike.flatMap((each) => each.blocks), parts: alike.length * pile.parts });
  };
  for (const block of blocks) add({ blocks: [block], parts: block.parts.length });
  const piles = [...byName.values()].flat();
  return piles.map((pile) => (pile.blocks.length === 1 ? pile.blocks[0]! : putTogether(pile.blocks, cutsWithin)));
}

function putTogether(
  blocks: readonly Block[],
  cutsWithin: ((startMs: number, endMs: number) => readonly number[]) | null,
): Block {
  const [{ day, incarnation, cells: first }] = blocks as readonly [Block];
  const cells = new RollupCells(first.dimensionCount, first.numberCount, Number.MAX_SAFE_INTEGER);
  const startMs = Math.min(...blocks.map((block) => block.startMs));
  const endMs = Math.max(...blocks.map((block) => block.endMs));
  const cuts = cutsWithin === null ? null : cutsWithin(startMs, endMs);
  for (const block of blocks) {
    for (const [windowMs, window] of block.cells.windows) {
      const toMs = cuts === null ? windowMs : (cuts[bucketIndex(cuts, windowMs)] ?? startMs);
      for (const [key, cell] of window) cells.cell(toMs, key).merge(cell);
    }
  }
  const parts = blocks.flatMap((block) => block.parts);
  return { day, incarnation, parts, cells, startMs, endMs, cuts, sizeBytes: sizeBytesOf(parts, cells) };
}

function sizeBytesOf(parts: readonly PlacedPart[], cells: RollupCells): number {
  return BLOCK_SIZE_BYTES + PART_SIZE_BYTES * parts.length + cellsSizeBytes(cells);
}

/** Memory of cells with their people. */
export function cellsSizeBytes(cells: RollupCells): number {
  let { sizeBytes } = cells;
  for (const window of cells.windows.values()) {
    for (const { people } of window.values()) sizeBytes += people.sizeBytes;
  }
  return sizeBytes;
}
