/**
 * Flush: a cut of the log, `[seqFrom, seqTo)`, with the cells and counts of its events: the one unit that is stored and
 * confirmed.
 *
 * Before the cut it is the open flush, which the engine adds to; the cut only closes it. Its cells, tally and ids are a
 * pure function of the logged blocks of its range (and their dispositions), so a replay after a crash rebuilds the same
 * bytes.
 */

import { type EventBlock, openBlock } from '../block/block.ts';
import type { RollupSection } from '../block/block-rollups.ts';
import { isAccepted } from '../block/disposition.ts';
import { FLAG_CLAMPED, LATE_BEYOND, LATE_CORRECTION } from '../event/columns.ts';
import { DAY_MS, LIMITS } from '../limits.ts';
import { type CellKind, encodeRollupCells, readCellsHeader } from '../rollup/cell-codec.ts';
import { RollupCells } from '../rollup/rollup-cells.ts';
import { dayOf } from '../std/day.ts';
import { hashHex } from '../std/hash.ts';
import type { FlushPart, Tally } from './rpc.ts';
import { addSection } from './section-cells.ts';
import { mayBeCopy } from './window.ts';

/**
 * Events and bytes of a flush up to which its blocks wait after a restart until someone asks for the cells: a shard of few events wakes
 * for each of its requests, and would add the events of all rows of the open flush to cells each time. What waits is not in
 * `cellSizeBytes`.
 */
const WAITING_EVENTS_MAX = 256;
const WAITING_SIZE_BYTES_MAX = 262_144;

export class FlushState {
  readonly seqFrom: number;
  /** Exclusive; grows while the flush is open. */
  seqTo: number;
  events = 0;
  sizeBytes = 0;
  /** Receipt of the first block; null while the flush is empty. */
  openedAtMs: number | null = null;
  /** Receipt of the last block. */
  receivedAtMsMax = 0;
  readonly tally = { received: 0, accepted: 0, duplicate: 0, quarantined: 0, rejected: 0, clamped: 0 };
  readonly #cells = new Map<string, RollupCells>();
  /** Blocks whose events are in no cell yet, in order. */
  #waiting: { readonly block: EventBlock; readonly dispositions: Uint8Array }[] = [];
  #waitingSizeBytes = 0;
  /** Rollups that every block with events was made under; null before the first such block. */
  rollupIds: Set<string> | null = null;
  /** Late corrections, and events that are in no cell, per UTC day. */
  readonly corrections = new Map<number, number>();
  readonly beyond = new Map<number, number>();
  /** The part of `beyond` that may be copies, per UTC day. */
  readonly undecided = new Map<number, number>();
  /** Accepted ids as (low, high) pairs, in order: the durable run of dedupe. */
  readonly #ids: number[] = [];
  readonly #checksums: number[] = [];
  #parts: readonly FlushPart[] | null = null;

  constructor(seqFrom: number) {
    this.seqFrom = seqFrom;
    this.seqTo = seqFrom;
  }

  /** True when no row of the log is in the flush. A row without events counts: an empty block still carries a tally. */
  get isEmpty(): boolean {
    return this.seqTo === this.seqFrom;
  }

  /** When its age cuts it. */
  get dueMs(): number {
    const ageMsMax = this.events < LIMITS.flushFewEventsMax ? LIMITS.flushFewAgeMsMax : LIMITS.flushAgeMsMax;
    return this.openedAtMs === null ? Number.POSITIVE_INFINITY : this.openedAtMs + ageMsMax;
  }

  /** True over a bound of CORRECTNESS A6: the flush must be cut now. */
  get isFull(): boolean {
    return (
      this.events >= LIMITS.flushEventsMax ||
      this.sizeBytes >= LIMITS.flushSizeBytesMax ||
      this.cellSizeBytes >= LIMITS.flushCellSizeBytesMax
    );
  }

  /** Tells whether a row of so many events and bytes may join; an empty flush takes any row. */
  hasRoomFor(events: number, sizeBytes: number): boolean {
    return (
      this.isEmpty ||
      (this.events + events <= LIMITS.flushEventsMax && this.sizeBytes + sizeBytes <= LIMITS.flushSizeBytesMax)
    );
  }

  /** The cells of every event, by rollup. */
  get cells(): ReadonlyMap<string, RollupCells> {
    this.makeCells();
    return this.#cells;
  }

  /** Approximate memory of the cells that are made. */
  get cellSizeBytes(): number {
    let sum = 0;
    for (const cells of this.#cells.values()) sum += cells.sizeBytes;
    return sum;
  }

  /** Begins a row of the log, to which the following calls of `addBlock` belong. */
  addRow(seq: number, sizeBytes: number, checksum: number): void {
    this.#parts = null;
    this.seqTo = seq + 1;
    this.sizeBytes += sizeBytes;
    this.#checksums.push(checksum);
  }

  /** `isReplay`: the block was in cells before a restart. */
  addBlock(block: EventBlock, dispositions: Uint8Array, isReplay = false): void {
    this.openedAtMs ??= block.receivedAtMs;
    this.receivedAtMsMax = Math.max(this.receivedAtMsMax, block.receivedAtMs);
    let accepted = 0;
    for (let row = 0; row < block.eventCount; row++) {
      const disposition = dispositions[row]!;
      if (!isAccepted(disposition)) continue;
      accepted++;
      if (block.flags[row]! & FLAG_CLAMPED) this.tally.clamped++;
      this.#ids.push(block.idHash[2 * row]!, block.idHash[2 * row + 1]!);
      if (disposition & LATE_CORRECTION) count(this.corrections, dayOf(block.at[row]!));
      if (disposition & LATE_BEYOND) {
        count(this.beyond, dayOf(block.at[row]!));
        if (mayBeCopy(block.at[row]!, block.receivedAtMs)) count(this.undecided, dayOf(block.at[row]!));
      }
    }
    this.events += accepted;
    const { tally } = this;
    tally.received += block.eventCount + block.rejected + block.quarantined;
    tally.accepted += accepted;
    tally.duplicate += block.eventCount - accepted;
    tally.rejected += block.rejected;
    tally.quarantined += block.quarantined;
    if (accepted === 0) return;

    this.rollupIds = commonIds(this.rollupIds, block.rollups);
    if (isReplay || this.#waiting.length > 0) this.#wait(block, dispositions, isReplay);
    else addTo(this.#cells, block, dispositions);
  }

  /** Cells depend on the order of blocks, so a new one waits behind those of a replay. */
  #wait(block: EventBlock, dispositions: Uint8Array, isReplay: boolean): void {
    // A block of which no cells can be made must fail now, before it is acknowledged. Opened anew, it keeps no texts.
    if (!isReplay) addTo(new Map(), openBlock(block.bytes), dispositions);
    this.#waiting.push({ block, dispositions });
    this.#waitingSizeBytes += block.bytes.byteLength;
    if (this.events > WAITING_EVENTS_MAX || this.#waitingSizeBytes > WAITING_SIZE_BYTES_MAX) this.makeCells();
  }

  /** Adds the blocks that wait to the cells. */
  makeCells(): void {
    for (const { block, dispositions } of this.#waiting) addTo(this.#cells, block, dispositions);
    this.#waiting = [];
    this.#waitingSizeBytes = 0;
  }

  get correctionCount(): number {
    return [...this.corrections.values()].reduce((sum, events) => sum + events, 0);
  }

  /** Returns the ids of the flush in order of arrival, 8 bytes each. */
  dedupeRun(): Uint8Array {
    return new Uint8Array(Uint32Array.from(this.#ids).buffer);
  }

  /** Returns a hash of the flush's content, over the checksums of its rows. */
  checksum(): string {
    return hashHex(`${this.seqFrom}-${this.seqTo}:${this.#checksums.join(',')}`);
  }

  /**
   * Returns the parts: the packed cells of every rollup that all blocks were made under (CORRECTNESS C3), by day and kind.
   * Made once.
   */
  parts(): readonly FlushPart[] {
    this.#parts ??= this.#encodeParts();
    return this.#parts;
  }

  #encodeParts(): FlushPart[] {
    const parts: FlushPart[] = [];
    for (const [rollupId, cells] of this.cells) {
      if (!this.rollupIds?.has(rollupId)) continue;
      for (const day of daysOf(cells)) {
        for (const kind of KINDS) parts.push(...partsOf(cells, { rollupId, kind, day }));
      }
    }
    return parts;
  }

  tallied(): Tally {
    return { ...this.tally };
  }
}

/**
 * Returns the rollup ids that both have; `before` itself when the block has the same rollups, as nearly all blocks
 * have.
 */
function addTo(all: Map<string, RollupCells>, block: EventBlock, dispositions: Uint8Array): void {
  for (const section of block.rollups) {
    let cells = all.get(section.id);
    if (cells === undefined) {
      cells = new RollupCells(section.dimensionCount, section.numberColumns.length);
      all.set(section.id, cells);
    }
    addSection(cells, { block, section, dispositions }, null);
  }
}

function commonIds(before: Set<string> | null, sections: readonly RollupSection[]): Set<string> {
  if (before === null) return new Set(sections.map(({ id }) => id));
  if (before.size === sections.length && sections.every(({ id }) => before.has(id))) return before;
  return new Set(sections.map(({ id }) => id).filter((id) => before.has(id)));
}

const KINDS = ['counts', 'people'] as const;

function partsOf(
  cells: RollupCells,
  { rollupId, kind, day }: { readonly rollupId: string; readonly kind: CellKind; readonly day: number },
): FlushPart[] {
  const { overflowed } = cells;
  const options = { kind, startMs: day * DAY_MS, endMs: (day + 1) * DAY_MS };
  return encodeRollupCells(cells, options).map((encoded, chunk) => {
    const { startMsMin, startMsMax } = readCellsHeader(encoded);
    return { rollupId, kind, chunk, cells: encoded, startMsMin, startMsMax, overflowed };
  });
}

/** The days of the windows, ascending. */
function daysOf({ windows }: RollupCells): number[] {
  return [...new Set(Array.from(windows.keys(), dayOf))].sort((a, b) => a - b);
}

function count(days: Map<number, number>, day: number): void {
  days.set(day, (days.get(day) ?? 0) + 1);
}
