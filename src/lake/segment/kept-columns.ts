/**
 * Kept columns: decoded columns of stored files, by file and day, which an isolate holds for the next question about them.
 *
 * Files never change, so a column that was decoded once holds as long as there is room. Questions of one page ask for the same
 * few columns again and again, each time with another filter; decoding them, and parsing the footers that say where they lie,
 * costs many times what counting their rows does. Only columns of numbers and of few texts are kept: ids and JSON are as large
 * as all others together, and are read from the file each time.
 *
 * The least recently used days of files go first. What is kept has no holes: every row group of the day is there.
 */
import { type CodedTexts, codedTexts, type EventColumns, type TypedColumn } from '../../core/event/columns.ts';
import type { StringColumn } from '../../core/event/event.ts';
import { LIMITS } from '../../core/limits.ts';
import { assert } from '../../core/std/result.ts';
import { isolateMemory } from '../std/isolate-memory.ts';
import { defineLazy } from '../std/lazy.ts';
import { SizedCache } from '../std/sized-cache.ts';
import type { RowGroupBatch } from './segment-read.ts';
import { isNumberColumn, type LakeColumn } from './segment-schema.ts';
import type { ReadBucket } from './source.ts';

/** The rows of one day in one file. */
export interface FileDay {
  readonly path: string;
  readonly day: number;
}

/** What a reader wants of them; `properties` as in ReadOptions. */
export interface WantedColumns {
  readonly columns: ReadonlySet<LakeColumn>;
  readonly properties?: ReadonlySet<string>;
}

/** The numeric columns, by the names that they have in the file. */
const NUMBERS = {
  at: 'at',
  received_at: 'receivedAt',
  person: 'person',
  key_hash: 'keyHash',
  late: 'late',
} as const satisfies Partial<Record<LakeColumn, keyof EventColumns>>;
type NumberColumn = keyof typeof NUMBERS;
/** The others tell copies apart, and are wanted only together with ids. */
const KEPT_NUMBERS: ReadonlySet<NumberColumn> = new Set(['at', 'person', 'late']);
type Numbers = { -readonly [name in (typeof NUMBERS)[NumberColumn]]: EventColumns[name] };

/** Memory of an entry and of each of its row groups beside their columns. */
const ENTRY_SIZE_BYTES = 400;
const GROUP_SIZE_BYTES = 600;
/** Estimated memory of a row: of a number, and of the code of a text. */
const NUMBER_SIZE_BYTES = 8;
const CODE_SIZE_BYTES = 2;

/** A row group of which some columns are kept. */
class KeptGroup {
  readonly rowGroup: number;
  readonly firstRow: number;
  readonly rowCount: number;
  readonly #numbers: Partial<Numbers> = {};
  readonly #coded: { [column in StringColumn]?: CodedTexts } = {};
  readonly #typed: { [property: string]: TypedColumn } = {};
  sizeBytes = GROUP_SIZE_BYTES;

  constructor({ rowGroup, firstRow, columns }: RowGroupBatch) {
    this.rowGroup = rowGroup;
    this.firstRow = firstRow;
    this.rowCount = columns.rowCount;
  }

  has(column: LakeColumn): boolean {
    return isNumberColumn(column) ? NUMBERS[column] in this.#numbers : column in this.#coded;
  }

  hasTyped(property: string): boolean {
    return Object.hasOwn(this.#typed, property);
  }

  /** Keeps those of the columns that are worth it. */
  add(read: EventColumns, { columns, properties }: WantedColumns): void {
    for (const column of columns) {
      if (this.has(column)) continue;
      if (isNumberColumn(column)) this.#addNumbers(column, read);
      else this.#addTexts(column, read.coded?.[column]);
    }
    for (const property of properties ?? []) {
      const typed = read.typed !== undefined && Object.hasOwn(read.typed, property) ? read.typed[property] : undefined;
      if (typed === undefined || this.hasTyped(property)) continue;
      this.#typed[property] = typed;
      this.sizeBytes += typed.type === 'text' ? sizeBytesOf(typed.texts) : typed.values.byteLength;
    }
  }

  #addNumbers(column: NumberColumn, read: EventColumns): void {
    const name = NUMBERS[column];
    const values = read[name];
    if (!KEPT_NUMBERS.has(column) || values.length !== this.rowCount) return;
    Object.assign(this.#numbers, { [name]: values });
    this.sizeBytes += values.byteLength;
  }

  #addTexts(column: StringColumn, coded: CodedTexts | undefined): void {
    if (coded === undefined) return;
    this.#coded[column] = coded;
    this.sizeBytes += sizeBytesOf(coded);
  }

  /** The kept columns with those of `read` that are not kept. */
  columns(
    { columns, properties }: WantedColumns,
    absent: ReadonlySet<string>,
    read: EventColumns | null,
  ): EventColumns {
    const coded: { [column in StringColumn]?: CodedTexts } = {};
    const strings: EventColumns['strings'] = {};
    const packed: NonNullable<EventColumns['packed']> = {};
    for (const column of columns) {
      if (isNumberColumn(column)) continue;
      const texts = this.#coded[column];
      if (texts !== undefined) {
        coded[column] = texts;
        defineLazy(strings, column, () => codedTexts(texts));
      } else if (read !== null && column in read.strings) {
        if (read.packed !== undefined && column in read.packed) defineLazy(packed, column, () => read.packed![column]);
        defineLazy(strings, column, () => read.strings[column]!);
      }
    }
    const typed = { ...read?.typed };
    for (const property of properties ?? []) if (this.hasTyped(property)) typed[property] = this.#typed[property]!;
    const found = new Set([...(properties ?? [])].filter((property) => absent.has(property)));
    const numbers = { ...NOTHING, ...pickNumbers(columns, read), ...pickNumbers(columns, this.#numbers) };
    return {
      rowCount: this.rowCount,
      ...numbers,
      strings,
      coded,
      packed,
      typed,
      ...(found.size > 0 && { absent: found }),
    };
  }
}

const NOTHING: Numbers = {
  at: new Float64Array(),
  receivedAt: new Float64Array(),
  person: new BigInt64Array(),
  keyHash: new BigInt64Array(),
  late: new Uint8Array(),
};

/** The wanted ones of the numbers that `from` has. */
function pickNumbers(columns: ReadonlySet<LakeColumn>, from: Partial<Numbers> | null): Partial<Numbers> {
  const names = Object.entries(NUMBERS).flatMap(([column, name]) => (columns.has(column as LakeColumn) ? [name] : []));
  const found = names.filter((name) => from?.[name] !== undefined && from[name].length > 0);
  return Object.fromEntries(found.map((name) => [name, from![name]]));
}

function sizeBytesOf({ entries, codes }: CodedTexts): number {
  return codes.byteLength + entries.reduce((sum, text) => sum + 2 * (text?.length ?? 0) + 24, 0);
}

class KeptDay {
  readonly groups: readonly KeptGroup[];
  /** Properties that no event of the file has. */
  readonly absent = new Set<string>();

  constructor(read: readonly RowGroupBatch[]) {
    this.groups = read.map((batch) => new KeptGroup(batch));
  }

  get sizeBytes(): number {
    return this.groups.reduce((sum, { sizeBytes }) => sum + sizeBytes, ENTRY_SIZE_BYTES);
  }

  /** The part of what is wanted that is not kept; null when everything is. */
  missing({ columns, properties }: WantedColumns): WantedColumns | null {
    const unknown = [...(properties ?? [])].filter(
      (property) => !this.absent.has(property) && !this.groups.every((group) => group.hasTyped(property)),
    );
    const isJsonWanted = columns.has('properties') && (properties === undefined || unknown.length > 0);
    const needed = [...columns].filter((column) => column !== 'properties' || isJsonWanted);
    const lacking = needed.filter((column) => !this.groups.every((group) => group.has(column)));
    if (lacking.length === 0) return null;
    return { columns: new Set(lacking), ...(properties && { properties: new Set(unknown) }) };
  }

  add(read: readonly RowGroupBatch[], wanted: WantedColumns): void {
    assert(read.length === this.groups.length, `${read.length} row groups of a day with ${this.groups.length}`);
    for (const [index, group] of this.groups.entries()) group.add(read[index]!.columns, wanted);
    const [first] = read;
    for (const property of first?.columns.absent ?? []) this.absent.add(property);
  }

  batches(wanted: WantedColumns, read: readonly RowGroupBatch[] | null): RowGroupBatch[] {
    return this.groups.map((group, index) => ({
      rowGroup: group.rowGroup,
      firstRow: group.firstRow,
      columns: group.columns(wanted, this.absent, read?.[index]?.columns ?? null),
    }));
  }
}

export class KeptColumns {
  readonly #sizeBytesMax: number;
  readonly #days: SizedCache<string, KeptDay>;

  constructor(sizeBytesMax: number = LIMITS.keptColumnsSizeBytesMax) {
    this.#sizeBytesMax = sizeBytesMax;
    this.#days = new SizedCache(sizeBytesMax);
  }

  get sizeBytes(): number {
    return this.#days.sizeBytes;
  }

  /** Whether the columns of so many rows fit: what does not would only push out what others use. */
  hasRoomFor(rowCount: number, columns: ReadonlySet<LakeColumn>): boolean {
    let rowSizeBytes = 0;
    for (const column of columns) rowSizeBytes += isNumberColumn(column) ? NUMBER_SIZE_BYTES : CODE_SIZE_BYTES;
    return rowCount * rowSizeBytes <= this.#sizeBytesMax;
  }

  /** Whether all that is wanted of the file's day is kept. */
  holds({ path, day }: FileDay, wanted: WantedColumns): boolean {
    return this.#days.get(`${day} ${path}`)?.missing(wanted) === null;
  }

  /**
   * Returns all row groups of a file's day with the wanted columns. `read` reads some of them from the file; null when it gives
   * up, and then so does this reading.
   */
  async read(
    { path, day }: FileDay,
    wanted: WantedColumns,
    read: (missing: WantedColumns) => Promise<RowGroupBatch[] | null>,
  ): Promise<RowGroupBatch[] | null> {
    const key = `${day} ${path}`;
    const known = this.#days.get(key);
    const missing = known === undefined ? wanted : known.missing(wanted);
    const fresh = missing === null ? null : await read(missing);
    if (missing !== null && fresh === null) return null;
    // Another question may have kept the day meanwhile.
    const kept = known ?? this.#days.get(key) ?? new KeptDay(fresh!);
    if (fresh !== null) {
      kept.add(fresh, missing!);
      this.#days.set(key, kept, kept.sizeBytes);
      // The cache keeps its newest entry whatever its size.
      if (this.#days.sizeBytes > this.#sizeBytesMax) this.#days.drop(key, kept);
    }
    return kept.batches(wanted, fresh);
  }
}

export const keptColumnsOf = isolateMemory((_: ReadBucket) => new KeptColumns());
