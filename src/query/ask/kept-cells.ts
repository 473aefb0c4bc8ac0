/**
 * Kept cells: what an isolate has decoded of the parts of flushes, put together, so that a question that is asked again reads only
 * the parts that came since.
 *
 * A busy tenant's dashboard asks about a day of which some minutes are in hundreds of small parts, each with its people. A part
 * never changes, but it may be merged, sealed or collected: so the reader still learns from the database which parts count, and
 * takes the cells of those alone from here (CORRECTNESS A4, A5, K1). Cells that were put together count as long as each of
 * their parts does; else they are forgotten, and the parts are read.
 *
 * The cells of eight parts are put together, and eight of those again: a merge, which takes some parts away, then takes few that
 * are kept. Cells that are kept never change, because a question may still be ranking what it took.
 */
import { DAY_MS, LIMITS, MINUTE_MS } from '../../core/limits.ts';
import type { CellFold } from '../../core/query/fold/cell-fold.ts';
import { RollupCells } from '../../core/rollup/rollup-cells.ts';
import type { TimeRange } from '../../core/std/time-range.ts';
import { isolateMemory } from '../../lake/std/isolate-memory.ts';
import { SizedCache } from '../../lake/std/sized-cache.ts';
import type { CountingPart } from './rollup-parts.ts';

/** So many blocks of a level are put together to one of the next. */
const FAN_IN = 8;
const BLOCK_PARTS_MAX = FAN_IN * FAN_IN;
/** Memory of a part's key and bounds, and of a block. */
const PART_SIZE_BYTES = 200;
const BLOCK_SIZE_BYTES = 500;

/** What is kept of one rollup and kind: beside the people of a dashboard its counts are kept. */
const SIZE_BYTES_MAX = LIMITS.keptCellsSizeBytesMax / 2;

/** A part and the starts of its first and last window. */
interface PlacedPart {
  readonly key: string;
  readonly startMsMin: number;
  readonly startMsMax: number;
}

/** The cells of some parts of one day and incarnation. */
interface Block {
  readonly day: number;
  readonly incarnation: string;
  readonly parts: readonly PlacedPart[];
  readonly cells: RollupCells;
  readonly sizeBytes: number;
}

type Memory = SizedCache<string, readonly Block[]>;

const memoryOf = isolateMemory((_: D1Database): Memory => new SizedCache(LIMITS.keptCellsSizeBytesMax));

/** What one question takes of the parts that count: blocks that are kept, and the parts that it has to decode. */
export interface TakenParts {
  readonly blocks: readonly Block[];
  readonly unread: readonly CountingPart[];
}

/** The kept cells of one rollup and kind, as one question sees them. */
export class KeptCells {
  readonly #memory: Memory;
  readonly #name: string;
  readonly #known: readonly Block[] | undefined;
  readonly #decoded: Block[] = [];
  #decodedSizeBytes = 0;

  constructor(db: D1Database, uid: string, rollupId: string, kind: 'counts' | 'people') {
    this.#memory = memoryOf(db);
    this.#name = `${uid} ${rollupId} ${kind}`;
    this.#known = this.#memory.get(this.#name);
    if (this.#known === undefined) this.#set([]);
  }

  /**
   * Whether the next part is to be decoded with its windows as they are, to be kept: while there is room, and not for the first
   * question about a rollup, which may be the last.
   */
  get isKeeping(): boolean {
    return this.#known !== undefined && this.#decodedSizeBytes < SIZE_BYTES_MAX;
  }

  /** The keys of the parts whose cells a question about the range need not read. */
  keys(range: TimeRange): string[] {
    const blocks = (this.#known ?? []).filter(({ parts }) => parts.some((part) => isWithin(part, range)));
    return blocks.flatMap(({ parts }) => parts.map(({ key }) => key));
  }

  /**
   * Divides the parts that count for a range. Null when some parts of a block are gone: then the block is forgotten, and the cells
   * of its other parts have to be read.
   */
  take(parts: readonly CountingPart[], range: TimeRange): TakenParts | null {
    const counting = new Set(parts.map(({ part }) => part.key));
    const isOutdated = (block: Block) => block.parts.some((part) => isWithin(part, range) && !counting.has(part.key));
    const known = this.#known ?? [];
    const outdated = new Set(known.filter(isOutdated));
    if (outdated.size > 0) this.#set(this.#present.filter((block) => !outdated.has(block)));
    const blocks = known.filter((block) => !outdated.has(block) && block.parts.some((part) => isWithin(part, range)));
    const taken = new Set(blocks.flatMap((block) => block.parts.map(({ key }) => key)));
    const unread = parts.filter(({ part }) => !taken.has(part.key));
    return unread.some(({ part }) => part.cells === null) ? null : { blocks, unread };
  }

  /** Notes the cells of a part that was decoded while `isKeeping`. */
  note(part: CountingPart, cells: RollupCells): void {
    const block = blockOf(part, cells);
    if (block === null) return;
    this.#decoded.push(block);
    this.#decodedSizeBytes += block.sizeBytes;
  }

  /** Keeps what was noted, beside what other questions kept, or else beside the blocks that this one took, if that is room enough. */
  keep({ blocks }: TakenParts): void {
    const present = this.#present;
    const keys = new Set(present.flatMap(({ parts }) => parts.map(({ key }) => key)));
    const fresh = this.#decoded.filter(({ parts }) => !parts.some(({ key }) => keys.has(key)));
    if (fresh.length === 0) return;
    const fitting = [present, present.filter((block) => blocks.includes(block))]
      .map((held) => compacted([...held, ...fresh]))
      .find((held) => sizeBytesOf(held) <= SIZE_BYTES_MAX);
    if (fitting !== undefined) this.#set(fitting);
  }

  get #present(): readonly Block[] {
    return this.#memory.get(this.#name) ?? [];
  }

  #set(blocks: readonly Block[]): void {
    this.#memory.set(this.#name, blocks, sizeBytesOf(blocks));
  }
}

/** Whether a question about the range reads the part. */
function isWithin({ startMsMin, startMsMax }: PlacedPart, { startMs, endMs }: TimeRange): boolean {
  return startMsMin < endMs && startMsMax + MINUTE_MS > startMs;
}

/** Folds a block into what counts its day. */
export function foldBlock(fold: Pick<CellFold, 'add'>, { day, cells }: Block): void {
  fold.add(cells, day * DAY_MS, (day + 1) * DAY_MS);
}

/** The block of one part; null for a part without minutes, or one of an earlier release, which may be of several days. */
function blockOf({ part }: CountingPart, cells: RollupCells): Block | null {
  if (part.dayMin !== part.dayMax || cells.windowMs !== MINUTE_MS || cells.isEmpty) return null;
  const starts = [...cells.windows.keys()];
  const placed = { key: part.key, startMsMin: Math.min(...starts), startMsMax: Math.max(...starts) };
  return blockFrom(part.dayMin, part.incarnation, [placed], cells);
}

function blockFrom(day: number, incarnation: string, parts: readonly PlacedPart[], cells: RollupCells): Block {
  let sizeBytes = BLOCK_SIZE_BYTES + PART_SIZE_BYTES * parts.length + cells.sizeBytes;
  for (const window of cells.windows.values()) {
    for (const { people } of window.values()) sizeBytes += people.sizeBytes;
  }
  return { day, incarnation, parts, cells, sizeBytes };
}

/** The blocks, those of one day, incarnation and number of parts put together eight by eight. */
function compacted(blocks: readonly Block[]): readonly Block[] {
  const alike = Map.groupBy(blocks, ({ day, incarnation, parts }) => `${day} ${incarnation} ${parts.length}`);
  const isFull = ([first, ...others]: Block[]) => others.length + 1 >= FAN_IN && first!.parts.length < BLOCK_PARTS_MAX;
  const full = [...alike.values()].find(isFull);
  if (full === undefined) return blocks;
  const together = new Set(full.slice(0, FAN_IN));
  return compacted([...blocks.filter((block) => !together.has(block)), putTogether([...together])]);
}

function putTogether(blocks: readonly Block[]): Block {
  const [{ day, incarnation, cells: first }] = blocks as readonly [Block];
  const cells = new RollupCells(first.dimensionCount, first.numberCount, Number.MAX_SAFE_INTEGER);
  for (const block of blocks) cells.merge(block.cells);
  return blockFrom(
    day,
    incarnation,
    blocks.flatMap(({ parts }) => parts),
    cells,
  );
}

function sizeBytesOf(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => sum + block.sizeBytes, 0);
}
