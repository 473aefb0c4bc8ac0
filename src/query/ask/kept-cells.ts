/**
 * Kept cells: what an isolate has decoded of the parts of flushes, put together, so that a question that is asked again reads only
 * the parts that came since.
 *
 * A busy tenant's dashboard asks about a day of which some minutes are in hundreds of small parts, each with its people. A part
 * never changes, but it may be merged, sealed or collected: so the reader still learns from the database which parts count, and
 * takes the cells of those alone from here (CORRECTNESS A4, A5, K1). Cells that were put together (kept-block.ts) count as long as
 * each of their parts does; else they are forgotten, and the parts are read.
 *
 * A question by the minute keeps the cells of eight parts together, and eight of those again; any other, whose windows are few
 * (kept-grid.ts), of two and two. The first question about a rollup keeps them as it decoded them, if that is room enough: it may be
 * the last.
 */
import { DAY_MS, LIMITS, MINUTE_MS } from '../../core/limits.ts';
import type { CellFold } from '../../core/query/fold/cell-fold.ts';
import { decodeRollupCells } from '../../core/rollup/cell-codec.ts';
import type { RollupCells } from '../../core/rollup/rollup-cells.ts';
import type { TimeRange } from '../../core/std/time-range.ts';
import { isolateMemory } from '../../lake/std/isolate-memory.ts';
import { SizedCache } from '../../lake/std/sized-cache.ts';
import { type Block, blockOf, compacted, minutesOf, type PlacedPart } from './kept-block.ts';
import type { KeptGrid } from './kept-grid.ts';
import type { CountingPart } from './rollup-parts.ts';

/** So many blocks of a level are put together to one of the next. */
const MINUTES_FAN_IN = 8;
const COARSE_FAN_IN = 2;

/** What is kept of one rollup, kind and grid: beside the people of a dashboard its counts are kept. */
const SIZE_BYTES_MAX = LIMITS.keptCellsSizeBytesMax / 2;

type Memory = SizedCache<string, readonly Block[]>;

const memoryOf = isolateMemory((_: D1Database): Memory => new SizedCache(LIMITS.keptCellsSizeBytesMax));

/** What one question takes of the parts that count: blocks that are kept, and the parts that it has to decode. */
export interface TakenParts {
  readonly blocks: readonly Block[];
  readonly unread: readonly CountingPart[];
}

/** The rollup whose cells are kept, and what of them. */
export interface KeptOf {
  readonly uid: string;
  readonly rollupId: string;
  readonly kind: 'counts' | 'people';
}

/** The kept cells of one rollup, kind and grid, as one question sees them. */
export class KeptCells {
  readonly #memory: Memory;
  readonly #name: string;
  readonly #grid: KeptGrid;
  readonly #withPeople: boolean;
  readonly #known: readonly Block[] | undefined;
  readonly #decoded: Block[] = [];
  #decodedSizeBytes = 0;

  constructor(db: D1Database, { uid, rollupId, kind }: KeptOf, grid: KeptGrid) {
    this.#memory = memoryOf(db);
    this.#name = `${uid} ${rollupId} ${kind} ${grid.name}`;
    this.#grid = grid;
    this.#withPeople = kind === 'people';
    this.#known = this.#memory.get(this.#name);
    if (this.#known === undefined) this.#set([]);
  }

  /** The keys of the parts whose cells a question about the range need not read. */
  keys(range: TimeRange): string[] {
    return this.#usable(range).flatMap(({ parts }) => parts.map(({ key }) => key));
  }

  /**
   * Divides the parts that count for a range. Null when some parts of a block are gone: then the block is forgotten, and the cells
   * of its other parts have to be read.
   */
  take(parts: readonly CountingPart[], range: TimeRange): TakenParts | null {
    const counting = new Set(parts.map(({ part }) => part.key));
    const isOutdated = (block: Block) => block.parts.some((part) => isWithin(part, range) && !counting.has(part.key));
    const usable = this.#usable(range);
    const outdated = new Set(usable.filter(isOutdated));
    if (outdated.size > 0) this.#set(this.#present.filter((block) => !outdated.has(block)));
    const blocks = usable.filter((block) => !outdated.has(block));
    const taken = new Set(blocks.flatMap((block) => block.parts.map(({ key }) => key)));
    const unread = parts.filter(({ part }) => !taken.has(part.key));
    return unread.some(({ part }) => part.cells === null) ? null : { blocks, unread };
  }

  /** Decodes a part that no block has, and notes its cells while there is room. */
  decode(part: CountingPart): RollupCells {
    const bytes = part.part.cells!;
    const withPeople = this.#withPeople;
    if (this.#grid.isMinutes && this.#isKeepingMinutes) {
      const minutes = decodeRollupCells(bytes, { withPeople });
      const span = minutes.isEmpty ? null : minutesOf(minutes);
      if (span !== null) this.#note(blockOf(part, minutes, span, null));
      return minutes;
    }
    const windows = this.#grid.windows();
    const cells = decodeRollupCells(bytes, { withPeople, windowOf: windows.windowOf });
    const { span } = windows;
    if (span === null || this.#grid.isMinutes || this.#decodedSizeBytes >= SIZE_BYTES_MAX) return cells;
    // No bound of a question that takes them cuts a window.
    cells.windowMs = MINUTE_MS;
    this.#note(blockOf(part, cells, span, this.#grid.cutsWithin(span.startMs, span.endMs)));
    return cells;
  }

  /** Keeps what was noted, beside what other questions kept, or else beside the blocks that this one took, if that is room enough. */
  keep({ blocks }: TakenParts): void {
    const present = this.#present;
    const keys = new Set(present.flatMap(({ parts }) => parts.map(({ key }) => key)));
    const fresh = this.#decoded.filter(({ parts }) => !parts.some(({ key }) => keys.has(key)));
    if (fresh.length === 0 && this.#known === undefined) return;
    const all = [...present, ...fresh];
    const ways = [
      () => (this.#known === undefined ? all : this.#compacted(all)),
      () => this.#compacted(all),
      () => this.#compacted([...present.filter((block) => blocks.includes(block)), ...fresh]),
    ];
    for (const way of ways) {
      const held = way();
      if (sizeBytesOf(held) > SIZE_BYTES_MAX) continue;
      this.#set(held);
      return;
    }
  }

  /** Blocks that this question may not take stay as they are: it does not tell their cuts. */
  #compacted(blocks: readonly Block[]): readonly Block[] {
    if (this.#grid.isMinutes) return compacted(blocks, MINUTES_FAN_IN, null);
    const { true: own = [], false: others = [] } = Object.groupBy(blocks, (block) => `${this.#grid.holds(block)}`);
    const cutsWithin = (startMs: number, endMs: number) => this.#grid.cutsWithin(startMs, endMs);
    return [...others, ...compacted(own, COARSE_FAN_IN, cutsWithin)];
  }

  #note(block: Block | null): void {
    if (block === null) return;
    this.#decoded.push(block);
    this.#decodedSizeBytes += block.sizeBytes;
  }

  /** The blocks with parts that the question reads, and that it may take. */
  #usable(range: TimeRange): readonly Block[] {
    const isRead = ({ parts }: Block) => parts.some((part) => isWithin(part, range));
    return (this.#known ?? []).filter((block) => isRead(block) && this.#grid.holds(block));
  }

  /** Not for the first question about a rollup: minutes take long to be put together, and it may be the last. */
  get #isKeepingMinutes(): boolean {
    return this.#known !== undefined && this.#decodedSizeBytes < SIZE_BYTES_MAX;
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

function sizeBytesOf(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => sum + block.sizeBytes, 0);
}
