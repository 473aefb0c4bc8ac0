/**
 * Held rows: rows of a day as they were read, until they are written as pieces, each with the rows of one people range.
 *
 * A row takes some 80 bytes beside its texts, of which a held one is no string of its own: four rows take what one that is
 * decoded to objects does.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { STRING_COLUMNS } from '../../core/event/event.ts';
import { DAY_MS } from '../../core/limits.ts';
import { wordsOf } from '../../core/std/words.ts';
import type { Frame } from './frames.ts';
import { type HeldBatch, HeldTexts } from './held-texts.ts';
import { encodePiece, PIECE_ROWS_MAX } from './piece.ts';

/** Units of text that are held at a time, of one or two bytes each. */
const TEXT_UNITS_MAX = 24 * 1_024 * 1_024;

export class HeldRows {
  readonly #rowsMax: number;
  readonly #dayMs: number;
  readonly #at: Uint32Array;
  readonly #receivedAt: Float64Array;
  readonly #people: Uint32Array;
  readonly #keys: Uint32Array;
  readonly #late: Uint8Array;
  readonly #rows: Uint32Array;
  readonly #ranges: Uint32Array;
  readonly #batchOf: Uint32Array;
  readonly #texts: readonly (readonly [string, HeldTexts])[];
  readonly #batchFrom: number[] = [];
  #textUnits = 0;
  #rowCount = 0;

  constructor(day: number, rowsMax: number) {
    this.#dayMs = day * DAY_MS;
    this.#rowsMax = rowsMax;
    this.#at = new Uint32Array(rowsMax);
    this.#receivedAt = new Float64Array(rowsMax);
    this.#people = new Uint32Array(2 * rowsMax);
    this.#keys = new Uint32Array(2 * rowsMax);
    this.#late = new Uint8Array(rowsMax);
    this.#rows = new Uint32Array(rowsMax);
    this.#ranges = new Uint32Array(rowsMax);
    this.#batchOf = new Uint32Array(rowsMax);
    this.#texts = STRING_COLUMNS.map((column) => [column, new HeldTexts(column, rowsMax)] as const);
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** Whether there is room for as many rows more. A batch larger than the room of all is never asked for. */
  hasRoom(rowCount: number): boolean {
    return this.#rowCount + rowCount <= this.#rowsMax && (this.#rowCount === 0 || this.#textUnits < TEXT_UNITS_MAX);
  }

  /** `firstRow`: the number of the first row in the day. `ranges`: the people ranges of the rows. */
  add(columns: EventColumns, firstRow: number, ranges: Uint32Array): void {
    const from = this.#rowCount;
    const batch: HeldBatch = { from, columns };
    const number = this.#batchFrom.push(from) - 1;
    for (let row = 0; row < columns.rowCount; row++) {
      this.#at[from + row] = columns.at[row]! - this.#dayMs;
      this.#rows[from + row] = firstRow + row;
    }
    this.#receivedAt.set(columns.receivedAt, from);
    this.#people.set(wordsOf(columns.person), 2 * from);
    this.#keys.set(wordsOf(columns.keyHash), 2 * from);
    this.#late.set(columns.late, from);
    this.#ranges.set(ranges, from);
    this.#batchOf.fill(number, from, from + columns.rowCount);
    for (const [, texts] of this.#texts) this.#textUnits += texts.add(batch, number);
    this.#rowCount += columns.rowCount;
  }

  /** The rows of each range as pieces, range by range; within a range in the order in which they were added. */
  *pieces(rangeCount: number): Generator<{ readonly range: number; readonly frame: Frame; readonly rowCount: number }> {
    const { order, starts } = this.#byRange(rangeCount);
    for (let range = 0; range < rangeCount; range++) {
      for (let from = starts[range]!; from < starts[range + 1]!; from += PIECE_ROWS_MAX) {
        const rows = order.subarray(from, Math.min(from + PIECE_ROWS_MAX, starts[range + 1]!));
        yield { range, frame: this.#piece(rows), rowCount: rows.length };
      }
    }
  }

  /** A counting sort. */
  #byRange(rangeCount: number): { readonly order: Uint32Array; readonly starts: Uint32Array } {
    const starts = new Uint32Array(rangeCount + 1);
    for (let row = 0; row < this.#rowCount; row++) starts[this.#ranges[row]! + 1]!++;
    for (let range = 0; range < rangeCount; range++) starts[range + 1]! += starts[range]!;
    const next = starts.slice();
    const order = new Uint32Array(this.#rowCount);
    for (let row = 0; row < this.#rowCount; row++) order[next[this.#ranges[row]!]!++] = row;
    return { order, starts };
  }

  #piece(rows: Uint32Array): Frame {
    const placeOf = (row: number) => {
      const batch = this.#batchOf[row]!;
      return { batch, row: row - this.#batchFrom[batch]! };
    };
    return encodePiece({
      at: pick(this.#at, rows, new Uint32Array(rows.length)),
      receivedAt: pick(this.#receivedAt, rows, new Float64Array(rows.length)),
      people: pairs(this.#people, rows),
      keys: pairs(this.#keys, rows),
      late: pick(this.#late, rows, new Uint8Array(rows.length)),
      rows: pick(this.#rows, rows, new Uint32Array(rows.length)),
      texts: this.#texts.flatMap(([column, texts]) => {
        const chosen = texts.choose(rows, placeOf);
        return chosen === null ? [] : [{ column, ...chosen }];
      }),
    });
  }
}

/** A plain loop: the `from` of typed arrays is ten times as slow. */
function pick<T extends Float64Array | Uint32Array | Uint8Array>(values: T, rows: Uint32Array, chosen: T): T {
  for (let at = 0; at < rows.length; at++) chosen[at] = values[rows[at]!]!;
  return chosen;
}

function pairs(words: Uint32Array, rows: Uint32Array): Uint32Array {
  const chosen = new Uint32Array(2 * rows.length);
  for (let at = 0; at < rows.length; at++) {
    chosen[2 * at] = words[2 * rows[at]!]!;
    chosen[2 * at + 1] = words[2 * rows[at]! + 1]!;
  }
  return chosen;
}
