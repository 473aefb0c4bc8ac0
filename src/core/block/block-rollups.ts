/**
 * Block rollups: the dimension tuple of each event of a block, for each rollup that the block was made under.
 *
 * The edge evaluates filters and dimensions once; the shard only looks up cells and adds. Layout of a section:
 *
 *   u32 id[2]  u32 tupleCount  u16 dimensionCount  u16 numberCount
 *   u32 tuple[tupleCount][dimensionCount]   string indexes
 *   u16 numberColumn[numberCount]           u16 tupleOf[eventCount]  0: filtered out, else 1 + tuple
 *   padded to 4
 *
 * A rollup that tells bots has a second tuple for those of a tuple: the first of two equal ones is of all others, and stands there
 * also without events. Those of bots come behind all others. A shard of an earlier release counts both as one.
 */
import { BOT_DEVICE } from '../bots/bots.ts';
import { evaluate } from '../event/condition.ts';
import type { EventRecord } from '../event/event.ts';
import { dimensionText, propertyReader } from '../event/property.ts';
import { countedNames, UNCLEAR } from '../rollup/counted-names.ts';
import type { Rollup } from '../rollup/rollup.ts';
import { assert } from '../std/result.ts';
import type { StringTable } from './string-table.ts';

/** One rollup over the events of a block. */
export interface RollupSection {
  readonly id: string;
  readonly dimensionCount: number;
  /** String indexes, tuple by tuple. */
  readonly tuples: Uint32Array;
  readonly tupleCount: number;
  /** Indexes into the block's number columns. */
  readonly numberColumns: Uint16Array;
  /** Per event 1 + tuple, or 0 when the filter leaves the event out. */
  readonly tupleOf: Uint16Array;
}

const numbersOf = new WeakMap<readonly Rollup[], readonly string[]>();

/** Returns the distinct numeric properties that any of the rollups measures, computed once for a tenant's list. */
export function numberProperties(rollups: readonly Rollup[]): readonly string[] {
  const known = numbersOf.get(rollups);
  if (known !== undefined) return known;
  const properties = [...new Set(rollups.flatMap((rollup) => rollup.numbers))];
  numbersOf.set(rollups, properties);
  return properties;
}

/** Evaluates every rollup over the records and fills the number columns (NaN when absent). */
export function evaluateRollups(
  records: readonly EventRecord[],
  rollups: readonly Rollup[],
  strings: StringTable,
  numbers: Float64Array,
): RollupSection[] {
  const properties = numberProperties(rollups);
  const readers = records.map(propertyReader);
  properties.forEach((property, column) => {
    readers.forEach((read, row) => {
      const value = read(property);
      numbers[column * records.length + row] = typeof value === 'number' ? value : Number.NaN;
    });
  });

  return rollups.map((rollup) => {
    const { where, dimensions, isUnclear } = countedNames(rollup);
    const dimensionCount = dimensions.length;
    const tuples = new Tuples();
    const bots: number[] = [];
    const tupleOf = new Uint16Array(records.length);
    const indexes = new Array<number>(dimensionCount);
    readers.forEach((read, row) => {
      const unclear = isUnclear(read);
      if (!unclear && where !== null && !evaluate(where, read)) return;
      for (let d = 0; d < dimensionCount; d++) {
        indexes[d] = strings.intern(unclear ? UNCLEAR : dimensionText(read(dimensions[d]!)));
      }
      const isBot = rollup.tellsBots === true && records[row]!.strings.device === BOT_DEVICE;
      const place = tuples.place(indexes);
      tupleOf[row] = place + 1;
      if (isBot) bots.push(row);
    });
    tuples.moveBots(tupleOf, bots, dimensionCount);
    return {
      id: rollup.id,
      dimensionCount,
      tuples: Uint32Array.from(tuples.indexes),
      tupleCount: tuples.count,
      numberColumns: Uint16Array.from(rollup.numbers, (property) => properties.indexOf(property)),
      tupleOf,
    };
  });
}

/** The tuples of one section while it is made. */
class Tuples {
  readonly indexes: number[] = [];
  count = 0;
  readonly #places = new Map<number | string, number>();

  place(indexes: readonly number[]): number {
    const key = tupleIndexKey(indexes);
    let place = this.#places.get(key);
    if (place === undefined) {
      place = this.count++;
      this.#places.set(key, place);
      this.indexes.push(...indexes);
    }
    return place;
  }

  /** Gives the rows of bots a second tuple that is equal to theirs, behind all others. */
  moveBots(tupleOf: Uint16Array, rows: readonly number[], dimensionCount: number): void {
    const seconds = new Map<number, number>();
    for (const row of rows) {
      const first = tupleOf[row]! - 1;
      let second = seconds.get(first);
      if (second === undefined) {
        second = this.count++;
        seconds.set(first, second);
        this.indexes.push(...this.indexes.slice(first * dimensionCount, (first + 1) * dimensionCount));
      }
      tupleOf[row] = second + 1;
    }
  }
}

/** The first of the tuples of bots, which come last and are equal to others before them; `tupleCount` when there are none. */
export function firstBotTupleOf({ tuples, tupleCount, dimensionCount }: RollupSection): number {
  const isEqual = (one: number, other: number) => {
    for (let d = 0; d < dimensionCount; d++) {
      if (tuples[one * dimensionCount + d] !== tuples[other * dimensionCount + d]) return false;
    }
    return true;
  };
  let first = tupleCount;
  for (let tuple = tupleCount - 1; tuple > 0; tuple--) {
    let other = 0;
    while (other < tuple && !isEqual(other, tuple)) other++;
    if (other === tuple) break;
    first = tuple;
  }
  return first;
}

/** Returns a key of a tuple within one block: one number while two 26-bit indexes fit. */
function tupleIndexKey(indexes: readonly number[]): number | string {
  if (indexes.length === 0) return 0;
  if (indexes.length === 1) return indexes[0]!;
  if (indexes.length === 2) return indexes[0]! * 0x4000000 + indexes[1]!;
  return indexes.join(',');
}

function sectionBytes(section: RollupSection): number {
  const bytes = 16 + 4 * section.tuples.length + 2 * section.numberColumns.length + 2 * section.tupleOf.length;
  return (bytes + 3) & ~3;
}

export function rollupSectionsBytes(sections: readonly RollupSection[]): number {
  return sections.reduce((sum, section) => sum + sectionBytes(section), 0);
}

export function writeRollupSections(bytes: Uint8Array, offset: number, sections: readonly RollupSection[]): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const section of sections) {
    view.setUint32(offset, Number.parseInt(section.id.slice(0, 8), 16), true);
    view.setUint32(offset + 4, Number.parseInt(section.id.slice(8, 16), 16), true);
    view.setUint32(offset + 8, section.tupleCount, true);
    view.setUint16(offset + 12, section.dimensionCount, true);
    view.setUint16(offset + 14, section.numberColumns.length, true);
    let at = offset + 16;
    new Uint32Array(bytes.buffer, bytes.byteOffset + at, section.tuples.length).set(section.tuples);
    at += 4 * section.tuples.length;
    new Uint16Array(bytes.buffer, bytes.byteOffset + at, section.numberColumns.length).set(section.numberColumns);
    at += 2 * section.numberColumns.length;
    new Uint16Array(bytes.buffer, bytes.byteOffset + at, section.tupleOf.length).set(section.tupleOf);
    offset += sectionBytes(section);
  }
}

export function readRollupSections(
  bytes: Uint8Array,
  offset: number,
  count: number,
  eventCount: number,
): RollupSection[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sections: RollupSection[] = [];
  for (let i = 0; i < count; i++) {
    const id = idText(view.getUint32(offset, true), view.getUint32(offset + 4, true));
    const tupleCount = view.getUint32(offset + 8, true);
    const dimensionCount = view.getUint16(offset + 12, true);
    const numberCount = view.getUint16(offset + 14, true);
    let at = bytes.byteOffset + offset + 16;
    const tuples = new Uint32Array(bytes.buffer, at, tupleCount * dimensionCount);
    at += 4 * tuples.length;
    const numberColumns = new Uint16Array(bytes.buffer, at, numberCount);
    at += 2 * numberCount;
    const tupleOf = new Uint16Array(bytes.buffer, at, eventCount);
    const section = { id, dimensionCount, tuples, tupleCount, numberColumns, tupleOf };
    sections.push(section);
    offset += sectionBytes(section);
    assert(offset <= bytes.byteLength, 'a rollup section runs past its block');
  }
  return sections;
}

/** Texts of rollup ids, written out once: a tenant has few rollups and many blocks. */
const idTexts = new Map<number, { readonly low: number; readonly text: string }>();
const ID_TEXTS_MAX = 4_096;

function idText(high: number, low: number): string {
  const known = idTexts.get(high);
  if (known?.low === low) return known.text;
  if (idTexts.size >= ID_TEXTS_MAX) idTexts.clear();
  const text = hex32(high) + hex32(low);
  idTexts.set(high, { low, text });
  return text;
}

function hex32(word: number): string {
  return word.toString(16).padStart(8, '0');
}
