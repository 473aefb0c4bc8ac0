/**
 * Engine: the shard's step function. Blocks go in, decisions come out; the shell logs them between plan and apply.
 *
 *   plan(blocks)  → RowPlan: dispositions and watermark, no mutation      (CORRECTNESS D1)
 *   (the shell writes the row)
 *   apply(row)    → ids remembered, cells added, watermark moved
 *   cut()         → the open flush joins the outbox; a new one opens
 *   confirm(seq)  → stored flushes leave
 *
 * `apply` is also the replay of a logged row: it reads the decisions, it never makes them again.
 * Invariants: storedSeq ≤ first outbox seqFrom; flushes tile [storedSeq, headSeq); the watermark never goes back.
 */

import type { EventBlock } from '../block/block.ts';
import { DUPLICATE, isAccepted } from '../block/disposition.ts';
import { LIMITS } from '../limits.ts';
import { encodeRollupCells } from '../rollup/cell-codec.ts';
import { dayOf } from '../std/day.ts';
import { HashSet64 } from '../std/hash-set.ts';
import { assert } from '../std/result.ts';
import { Dedupe, KNOWN, MAYBE, type ReadRuns, type RunMerge } from './dedupe.ts';
import { FlushState } from './flush.ts';
import type { LiveReply, LiveRequest } from './rpc.ts';
import { type ReadLog, sliceCells } from './slice-cells.ts';
import { advanceWatermark, idleWatermark } from './watermark.ts';
import { admit } from './window.ts';

const NO_IDS = new HashSet64(0);

export interface RowPlan {
  readonly seq: number;
  readonly blocks: readonly EventBlock[];
  /** One array a block, one byte an event. */
  readonly dispositions: readonly Uint8Array[];
  readonly watermarkMs: number | null;
}

/** Row of the log, as written: a plan with the checksum of its bytes. */
export interface LogRow extends RowPlan {
  readonly sizeBytes: number;
  readonly checksum: number;
}

export class Engine {
  readonly incarnation: string;
  readonly #dedupe: Dedupe;
  readonly #planned = new HashSet64();
  #storedSeq: number;
  #headSeq: number;
  #watermarkMs: number | null;
  #outbox: FlushState[] = [];
  #outboxCellSizeBytes = 0;
  #open: FlushState;
  #lastReceivedAtMs = 0;

  constructor(
    restored: { incarnation: string; storedSeq: number; watermarkMs: number | null },
    readRuns: ReadRuns = () => [],
  ) {
    this.#dedupe = new Dedupe(readRuns);
    this.incarnation = restored.incarnation;
    this.#storedSeq = restored.storedSeq;
    this.#headSeq = restored.storedSeq;
    this.#watermarkMs = restored.watermarkMs;
    this.#open = new FlushState(restored.storedSeq);
  }

  get storedSeq(): number {
    return this.#storedSeq;
  }
  get headSeq(): number {
    return this.#headSeq;
  }
  /** The seq below which all rows are cut, stored or not. */
  get cutSeq(): number {
    return this.#open.seqFrom;
  }
  get watermarkMs(): number | null {
    return this.#watermarkMs;
  }
  get open(): FlushState {
    return this.#open;
  }
  get outbox(): readonly FlushState[] {
    return this.#outbox;
  }
  /** Approximate memory of the cells, open and waiting. */
  get cellSizeBytes(): number {
    return this.#outboxCellSizeBytes + this.#open.cellSizeBytes;
  }
  /** Time of the latest receipt, or refusal, that this instance knows of. */
  get lastReceivedAtMs(): number {
    return this.#lastReceivedAtMs;
  }
  get rememberedIds(): number {
    return this.#dedupe.size;
  }

  /** Decides on the blocks of one row, without changing anything that an answer depends on. */
  plan(blocks: readonly EventBlock[], seq: number = this.#headSeq): RowPlan {
    this.#planned.clear();
    let watermarkMs = this.#watermarkMs;
    const { horizonMs } = this.#dedupe;
    const probes = blocks.map((block) => this.#probe(block));
    const held = this.#settle(blocks, probes);
    const dispositions = blocks.map((block, i) => {
      const probed = probes[i]!;
      const decided = new Uint8Array(block.eventCount);
      let atMsMax = Number.NEGATIVE_INFINITY;
      for (let row = 0; row < block.eventCount; row++) {
        const low = block.idHash[2 * row]!;
        const high = block.idHash[2 * row + 1]!;
        const isKnown = probed[row] === KNOWN || (probed[row] === MAYBE && held.has(high, low));
        if (isKnown || !this.#planned.add(high, low)) {
          decided[row] = DUPLICATE;
          continue;
        }
        const atMs = block.at[row]!;
        decided[row] = admit(atMs, block.receivedAtMs, { watermarkMs, horizonMs });
        if (atMs > atMsMax) atMsMax = atMs;
      }
      if (block.eventCount > 0) watermarkMs = advanceWatermark(watermarkMs, atMsMax, block.receivedAtMs);
      return decided;
    });
    return { seq, blocks, dispositions, watermarkMs };
  }

  /** Probes memory alone for each event's id. */
  #probe({ idHash, eventCount }: EventBlock): Uint8Array {
    const probed = new Uint8Array(eventCount);
    for (let row = 0; row < eventCount; row++) {
      probed[row] = this.#dedupe.probe(idHash[2 * row + 1]!, idHash[2 * row]!);
    }
    return probed;
  }

  /** Returns the ids that the runs hold, of those that memory could not decide: one reading for all of a row. */
  #settle(blocks: readonly EventBlock[], probes: readonly Uint8Array[]): HashSet64 {
    const maybes: number[] = [];
    blocks.forEach(({ idHash }, i) => {
      probes[i]!.forEach((probe, row) => {
        if (probe === MAYBE) maybes.push(idHash[2 * row]!, idHash[2 * row + 1]!);
      });
    });
    return maybes.length === 0 ? NO_IDS : this.#dedupe.settle(maybes);
  }

  /** Applies a written row, at its first time or as a replay. */
  apply(row: LogRow, isReplay = false): void {
    assert(row.seq === this.#headSeq, `row ${row.seq} applied where ${this.#headSeq} was expected`);
    assert(
      this.#watermarkMs === null || (row.watermarkMs !== null && row.watermarkMs >= this.#watermarkMs),
      `the watermark would go back from ${this.#watermarkMs} to ${row.watermarkMs}`,
    );
    this.#watermarkMs = row.watermarkMs;
    this.#headSeq = row.seq + 1;
    this.#open.addRow(row.seq, row.sizeBytes, row.checksum);
    row.blocks.forEach((block, i) => {
      const dispositions = row.dispositions[i]!;
      this.#remember(block, dispositions);
      this.#open.addBlock(block, dispositions, isReplay);
    });
  }

  /**
   * Applies a row of the log again after a restart. A row lower than an idle advance that was saved after it keeps its
   * decisions; only the watermark stays where it was.
   */
  replay(row: LogRow): void {
    const watermarkMs = maxOrNull(this.#watermarkMs, row.watermarkMs);
    this.apply({ ...row, watermarkMs }, true);
  }

  /** Makes the cells that wait, which a reading of cells would do otherwise. A throw leaves half a change (CORRECTNESS D1). */
  makeCells(): void {
    for (const flush of this.#flushes()) flush.makeCells();
  }

  /** Closes the open flush. Null when the flush is empty. */
  cut(): FlushState | null {
    if (this.#open.isEmpty) return null;
    const flush = this.#open;
    flush.makeCells();
    this.#outbox.push(flush);
    this.#outboxCellSizeBytes += flush.cellSizeBytes;
    this.#open = new FlushState(this.#headSeq);
    return flush;
  }

  /**
   * Drops the oldest flush, which is stored: the shard no longer answers for it. Returns false when the flush given is
   * not the oldest.
   */
  confirm(seqFrom: number, seqTo: number): boolean {
    const oldest = this.#outbox[0];
    if (oldest === undefined || oldest.seqFrom !== seqFrom) return false;
    assert(oldest.seqTo === seqTo, `flush ${seqFrom}-${oldest.seqTo} confirmed as ${seqFrom}-${seqTo}`);
    this.#outbox.shift();
    this.#outboxCellSizeBytes -= oldest.cellSizeBytes;
    this.#storedSeq = seqTo;
    return true;
  }

  /** Restores ids from the durable runs of flushes. `day`: the beginning of a run's generation. */
  restoreIds(runs: Iterable<{ readonly day: number; readonly ids: Uint32Array }>): void {
    for (const [day, ofDay] of Map.groupBy(runs, (run) => run.day)) {
      this.#dedupe.restore(
        day,
        ofDay.map(({ ids }) => ids),
      );
    }
  }

  /** The beginning, in days, of the generation of ids that the receipt belongs to. */
  idGenerationOf(receivedAtMs: number): number {
    return this.#dedupe.generationOf(receivedAtMs);
  }

  /** From this receipt on every id is remembered; before it ids were forgotten for want of room. */
  get idHorizonMs(): number {
    return this.#dedupe.horizonMs;
  }

  restoreIdHorizon(horizonMs: number): void {
    this.#dedupe.restoreHorizon(horizonMs);
  }

  /** Restores a generation whose merged runs are in storage. */
  restoreIdsOfDay(day: number): void {
    this.#dedupe.restoreDay(day);
  }

  /**
   * Returns recent ids to be written as merged runs in place of the flushes' own. The open flush must be empty, as it
   * is right after a cut.
   */
  planMerge(): RunMerge[] {
    assert(this.#open.isEmpty, 'ids of the open flush are in no run yet');
    return this.#dedupe.planMerge();
  }

  applyMerge(merges: readonly RunMerge[]): void {
    this.#dedupe.applyMerge(merges);
  }

  forgetBefore(nowMs: number): void {
    this.#dedupe.expire(nowMs);
  }

  /** Forgets ids whose time is over, then the oldest ones while there are too many. */
  makeRoomForIds(nowMs: number): void {
    this.#dedupe.makeRoom(nowMs);
  }

  /** Notes a refusal: back-pressure is not idleness (G3), so a refusal holds the watermark as an event would. */
  noteRefusal(nowMs: number): void {
    this.#lastReceivedAtMs = Math.max(this.#lastReceivedAtMs, nowMs);
  }

  /**
   * Returns the watermark that the clock may set when no event came for `idleMs` and no flush waits; null when it
   * stays.
   */
  idleAdvance(nowMs: number): number | null {
    if (this.#watermarkMs === null || this.#outbox.length > 0) return null;
    if (nowMs - this.#lastReceivedAtMs < LIMITS.idleMs) return null;
    const advanced = idleWatermark(this.#watermarkMs, nowMs);
    return advanced > this.#watermarkMs ? advanced : null;
  }

  /** The watermark that was told for the shard while it rested; null when it is no later than the shard's own. */
  advanceTo(watermarkMs: number | null): number | null {
    if (watermarkMs === null || this.#watermarkMs === null) return null;
    return watermarkMs > this.#watermarkMs ? watermarkMs : null;
  }

  /** Sets the watermark after an idle advance that has been logged. */
  applyIdle(watermarkMs: number): void {
    assert(this.#watermarkMs !== null && watermarkMs >= this.#watermarkMs, 'the watermark never goes back');
    this.#watermarkMs = watermarkMs;
  }

  /**
   * Returns the shard's answer to a question: everything from storedSeq on. `readLog` reads back the blocks that hold the
   * events of `slices`.
   */
  live(request: Omit<LiveRequest, 'address'>, readLog?: ReadLog): LiveReply {
    const { rollupId, startMs, endMs, slices, kind = 'all' } = request;
    const flushes = this.#flushes();
    const cells: Uint8Array[] = [];
    let rollupMissing = false;
    if (rollupId !== undefined) {
      for (const flush of flushes) {
        if (flush.rollupIds !== null && !flush.rollupIds.has(rollupId)) rollupMissing = true;
        const found = flush.cells.get(rollupId);
        if (found !== undefined && found.windows.size > 0)
          cells.push(...encodeRollupCells(found, { startMs, endMs, kind }));
      }
    }
    return {
      incarnation: this.incarnation,
      storedSeq: this.#storedSeq,
      headSeq: this.#headSeq,
      watermarkMs: this.#watermarkMs,
      cells: cells.length > 0 ? cells : null,
      ...(rollupId !== undefined &&
        slices &&
        readLog && { sliceCells: sliceCells(flushes, { rollupId, slices }, readLog) }),
      rollupMissing,
      pendingEvents: flushes.reduce((sum, flush) => sum + inRange(flush.beyond, startMs, endMs), 0),
      undecidedEvents: flushes.reduce((sum, flush) => sum + inRange(flush.undecided, startMs, endMs), 0),
      corrections: flushes.reduce((sum, flush) => sum + inRange(flush.corrections, startMs, endMs), 0),
      tailEvents: flushes.reduce((sum, flush) => sum + flush.events, 0),
    };
  }

  #flushes(): FlushState[] {
    return [...this.#outbox, this.#open];
  }

  #remember(block: EventBlock, dispositions: Uint8Array): void {
    this.#lastReceivedAtMs = Math.max(this.#lastReceivedAtMs, block.receivedAtMs);
    for (let row = 0; row < block.eventCount; row++) {
      if (!isAccepted(dispositions[row]!)) continue;
      this.#dedupe.add(block.idHash[2 * row + 1]!, block.idHash[2 * row]!, block.receivedAtMs);
    }
  }
}

function maxOrNull(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}

function inRange(days: ReadonlyMap<number, number>, startMs: number, endMs: number): number {
  let sum = 0;
  for (const [day, events] of days) if (day >= dayOf(startMs) && day <= dayOf(endMs - 1)) sum += events;
  return sum;
}
