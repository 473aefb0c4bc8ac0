/**
 * Spread: the rows of one stretch of a big day, read once and divided by people range, with the records by which their ids are
 * compared. It is the distribution pass of an external sort.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { LIMITS } from '../../core/limits.ts';
import type { HashKey } from '../../core/std/hash.ts';
import { COSTLY, Pacer } from '../std/pacer.ts';
import { encodeFrame } from './frames.ts';
import { HeldRows } from './held-rows.ts';
import { IdRecordList } from './id-records.ts';
import { rangesOf } from './people-ranges.ts';
import { putSpread, type WorkBucket, type WorkPlan } from './work-store.ts';

export class Spread {
  readonly #plan: WorkPlan;
  readonly #hashKey: HashKey;
  readonly #pacer = new Pacer();
  /** The frames of each part of the ids, then those of each people range. */
  readonly #sections: Uint8Array[][];
  #held: { readonly rows: HeldRows; readonly records: IdRecordList } | null = null;
  #rowsLeft: number;

  /** `rowCount`: the rows of the stretch. `hashKey`: the tenant's. */
  constructor(plan: WorkPlan, rowCount: number, hashKey: HashKey) {
    this.#plan = plan;
    this.#hashKey = hashKey;
    this.#rowsLeft = rowCount;
    this.#sections = Array.from({ length: plan.partCount + plan.rangeCount }, () => []);
  }

  /** `firstRow`: the number of the first row in the day. Needs all columns. */
  async add(columns: EventColumns, firstRow: number): Promise<void> {
    if (this.#held?.rows.hasRoom(columns.rowCount) === false) await this.#write();
    this.#held ??= this.#hold(columns.rowCount);
    const ranges = rangesOf(columns, this.#plan.rangeCount);
    this.#held.records.add(columns, firstRow, ranges);
    this.#held.rows.add(columns, firstRow, ranges);
    this.#rowsLeft -= columns.rowCount;
    await this.#pacer.spend(COSTLY * columns.rowCount);
  }

  #hold(rowsMin: number) {
    const rowsMax = Math.max(rowsMin, Math.min(LIMITS.sealSpreadRowsMax, this.#rowsLeft));
    return { rows: new HeldRows(this.#plan.day, rowsMax), records: new IdRecordList(rowsMax, this.#hashKey) };
  }

  async #write(): Promise<void> {
    if (this.#held === null) return;
    const { rows, records } = this.#held;
    const { partCount, rangeCount } = this.#plan;
    for (const [part, frame] of records.takeParts(partCount).entries()) {
      if (frame !== null) this.#sections[part]!.push(encodeFrame(frame));
      await this.#pacer.spend(rows.rowCount / partCount);
    }
    for (const { range, frame, rowCount } of rows.pieces(rangeCount)) {
      this.#sections[partCount + range]!.push(encodeFrame(frame));
      await this.#pacer.spend(COSTLY * rowCount);
    }
    this.#held = null;
  }

  /** Puts the file of the stretch. */
  async finish(bucket: WorkBucket, stretch: number): Promise<void> {
    await this.#write();
    await putSpread(bucket, this.#plan, stretch, this.#sections);
  }
}
