/** Cell body: the number of events, what is known of people besides the set, and the numbers of one encoded cell. */
import type { ByteReader, ByteWriter } from '../std/bytes.ts';
import { type Cell, NumberCell } from './cell.ts';
import { ExactSum } from './exact-sum.ts';
import { Quantiles } from './quantile.ts';

const EXACT_PEOPLE = 1;
const PEOPLE_FLOOR = 2;

export function encodeCounts(writer: ByteWriter, cell: Cell, hasPeople: boolean): void {
  const exactPeople = hasPeople ? cell.exactPeople : null;
  const peopleFloor = hasPeople ? cell.peopleFloor : 0;
  writer.varint(4 * cell.count + (exactPeople === null ? 0 : EXACT_PEOPLE) + (peopleFloor === 0 ? 0 : PEOPLE_FLOOR));
  if (exactPeople !== null) writer.varint(exactPeople);
  if (peopleFloor !== 0) writer.varint(peopleFloor);
}

/** Reads the number of events of a cell without people. */
export function decodeCount(reader: ByteReader): number {
  return Math.floor(reader.varint() / 4);
}

/** Reads into a new cell. */
export function decodeCounts(reader: ByteReader, cell: Cell): void {
  const head = reader.varint();
  cell.count = Math.floor(head / 4);
  if ((head & EXACT_PEOPLE) !== 0) cell.exactPeople = reader.varint();
  if ((head & PEOPLE_FLOOR) !== 0) cell.peopleFloor = reader.varint();
}

/** Reads into a cell that has events what a merge with the read one would make of it. */
export function mergeCounts(reader: ByteReader, cell: Cell): void {
  const head = reader.varint();
  const exactPeople = (head & EXACT_PEOPLE) !== 0 ? reader.varint() : 0;
  const peopleFloor = (head & PEOPLE_FLOOR) !== 0 ? reader.varint() : 0;
  if (head < 4) return;
  cell.peopleFloor = Math.max(cell.peopleFloor, peopleFloor, cell.exactPeople ?? 0, exactPeople);
  cell.exactPeople = null;
  cell.count += Math.floor(head / 4);
}

export function encodeNumbers(writer: ByteWriter, { numbers }: Cell): void {
  for (const number of numbers) encodeNumber(writer, number);
}

/** Reads into a new cell. */
export function decodeNumbers(reader: ByteReader, { numbers }: Cell): void {
  for (let at = 0; at < numbers.length; at++) numbers[at] = decodeNumber(reader);
}

/** Reads into a cell that has events. */
export function mergeNumbers(reader: ByteReader, { numbers }: Cell): void {
  for (const number of numbers) number.merge(decodeNumber(reader));
}

function encodeNumber(writer: ByteWriter, number: NumberCell): void {
  if (number.count === 0) {
    writer.varint(0);
    return;
  }
  const isSame = number.min === number.max;
  writer.varint(2 * number.count + (isSame ? 1 : 0));
  writer.f64(number.min);
  number.sum.encode(writer);
  if (isSame) return;
  writer.f64(number.max);
  number.quantiles.encode(writer);
}

function decodeNumber(reader: ByteReader): NumberCell {
  const number = new NumberCell();
  const head = reader.varint();
  if (head === 0) return number;
  number.count = Math.floor(head / 2);
  number.min = reader.f64();
  number.sum = ExactSum.decode(reader);
  if (head % 2 === 1) {
    number.max = number.min;
    number.quantiles.add(number.min, number.count);
  } else {
    number.max = reader.f64();
    number.quantiles = Quantiles.decode(reader);
  }
  return number;
}
