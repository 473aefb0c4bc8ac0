/**
 * SequenceBuilder: gathers rows in any order and returns them by person. When it holds more than its bound, it gives up
 * the upper half of its people and goes on with the others: `range` says whose events it has, and another pass has to
 * read the rest.
 */
import { type EventColumns, isCoded } from '../../event/columns.ts';
import { ALL_PEOPLE, type HighRange } from '../../people/high-range.ts';
import { wordsOf } from '../../std/words.ts';
import type { JourneyPart } from './journey-part.ts';
import { PeopleTable } from './people-table.ts';
import { NOTHING, OUT, type RowReader } from './row-reader.ts';
import type { Sequences } from './sequences.ts';

const CHUNK_ROWS = 65_536;
/** Rows that are sorted without a pause. */
const SORTED_ROWS = 16_384;
/** How much longer an event takes that has to be sorted than one that is in its place. */
const IN_ORDER_FACTOR = 8;

/** What a row of coded columns counts as, and one that is tested for many steps by its texts. */
const CODED_WEIGHT = 0.5;
const TESTED_WEIGHT = 2;

interface Chunk {
  readonly person: Uint32Array;
  readonly at: Float64Array;
  readonly codes: Uint32Array;
  /** Empty unless the breakdown is read at each event. */
  readonly groups: Uint32Array;
  /** Empty unless events have marks. */
  readonly marks: Float64Array;
}

export class SequenceBuilder {
  readonly #reader: RowReader;
  readonly #heldMax: number;
  readonly #people: PeopleTable;
  readonly #from: number;
  #to: number;
  #chunks: Chunk[] = [];
  #last: Chunk | null = null;
  #rowCount = 0;
  /** Whether the columns of the batch that was sifted last all have a dictionary. */
  #isCoded = false;

  constructor(reader: RowReader, options: { readonly heldMax: number; readonly range?: HighRange }) {
    const { from, to } = options.range ?? ALL_PEOPLE;
    this.#reader = reader;
    this.#heldMax = options.heldMax;
    this.#people = new PeopleTable(reader.breakdown.groupedBy === 'person');
    this.#from = from;
    this.#to = to;
  }

  get range(): HighRange {
    return { from: this.#from, to: this.#to };
  }

  /** Whether more is held than allowed although people cannot be divided any further. */
  get isFull(): boolean {
    return this.held > this.#heldMax;
  }

  /** The measure of the held events: each counts as one, and a person as two. */
  get held(): number {
    return this.#rowCount + 2 * this.#people.count;
  }

  /** What a row of the batch that was sifted last counts as, where a row of a count counts as one. */
  get rowWeight(): number {
    return this.#isCoded ? CODED_WEIGHT : TESTED_WEIGHT;
  }

  /** Returns those of a batch's rows that the reader may keep. */
  sift(columns: EventColumns, rows: Uint32Array): Uint32Array {
    this.#isCoded = isCoded(columns, this.#reader.needs.columns);
    return this.#reader.sift?.(columns, rows) ?? rows;
  }

  /** Adds the given rows of a batch, or all when `rows` is null. Hash 0 means that an event has no person. */
  add(columns: EventColumns, rows: Uint32Array | null = null): void {
    const reader = this.#reader;
    const coded = reader.use(columns);
    if (coded?.codes.every((code) => code === NOTHING)) return;
    const { breakdown, place, mark } = reader;
    const { groupedBy } = breakdown;
    if (rows !== null && groupedBy === 'none' && place === null && mark === null && reader.codesOf !== undefined) {
      const within = this.#within(columns, rows);
      const codes = reader.codesOf(within);
      if (codes !== null) {
        this.#addCoded(columns, within, codes);
        return;
      }
    }
    const { startMs, endMs } = reader.needs;
    const { at, person } = columns;
    const words = wordsOf(person);
    const people = this.#people;
    const from = this.#from;
    const to = this.#to;
    const count = rows === null ? columns.rowCount : rows.length;
    // Rows come in runs of one person.
    let runLow = 0;
    let runHigh = 0;
    let runPerson = -1;
    let lastPerson = -1;
    let lastAt = 0;
    let lastCode = 0;
    for (let index = 0; index < count; index++) {
      const row = rows === null ? index : rows[index]!;
      const entryCode = coded === null ? OUT : coded.codes[coded.entryOf[row]!]!;
      if (entryCode === NOTHING) continue;
      const low = words[2 * row]!;
      const high = words[2 * row + 1]!;
      if ((low | high) === 0 || (high | 0) < from || (high | 0) > to) continue;
      let atMs = at[row]!;
      if (atMs < startMs || atMs >= endMs) continue;
      const code = coded === null ? reader.code(row) : entryCode;
      if (code === OUT) continue;
      if (groupedBy === 'person') {
        const group = breakdown.group(row);
        if (group !== 0) people.offerGroup(people.indexOf(high, low), atMs, group, breakdown.texts);
      }
      if (code === NOTHING) continue;
      if (low !== runLow || high !== runHigh) {
        runPerson = people.indexOf(high, low);
        runLow = low;
        runHigh = high;
      }
      const personIndex = runPerson;
      if (place !== null) {
        atMs = place(atMs);
        if (personIndex === lastPerson && atMs === lastAt && code === lastCode) continue;
        lastPerson = personIndex;
        lastAt = atMs;
        lastCode = code;
      }
      this.#push(personIndex, atMs, code, groupedBy === 'event' ? breakdown.group(row) : 0);
      if (mark !== null) this.#mark(mark(row));
    }
    if (this.held > this.#heldMax) this.#narrowToFit();
  }

  /** Those of the rows that are of the pass's people and of the range. A label counts once one of them has it. */
  #within({ at, person }: EventColumns, rows: Uint32Array): Uint32Array {
    const { startMs, endMs } = this.#reader.needs;
    const words = wordsOf(person);
    const from = this.#from;
    const to = this.#to;
    const within = new Uint32Array(rows.length);
    let count = 0;
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index]!;
      const high = words[2 * row + 1]!;
      const atMs = at[row]!;
      if ((words[2 * row]! | high) === 0 || (high | 0) < from || (high | 0) > to) continue;
      if (atMs < startMs || atMs >= endMs) continue;
      within[count++] = row;
    }
    return within.subarray(0, count);
  }

  /** Adds rows whose events are kept as they are, under these codes: the loop of most rows of most journeys. */
  #addCoded({ at, person }: EventColumns, rows: Uint32Array, codes: Uint32Array): void {
    const words = wordsOf(person);
    const people = this.#people;
    let chunk = this.#room();
    let place = this.#rowCount % CHUNK_ROWS;
    // Rows come in runs of one person. No word is -1.
    let runLow = -1;
    let runHigh = -1;
    let runPerson = -1;
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index]!;
      const low = words[2 * row]!;
      const high = words[2 * row + 1]!;
      if (low !== runLow || high !== runHigh) {
        runPerson = people.indexOf(high, low);
        runLow = low;
        runHigh = high;
      }
      if (place === CHUNK_ROWS) {
        chunk = this.#room();
        place = 0;
      }
      chunk.person[place] = runPerson;
      chunk.at[place] = at[row]!;
      chunk.codes[place] = codes[index]!;
      place++;
      this.#rowCount++;
    }
    if (this.held > this.#heldMax) this.#narrowToFit();
  }

  /**
   * Adds the part of another reader. `follow` replaces a person's hash, a (low, high) pair, by the one that it is
   * linked to.
   */
  absorb(part: JourneyPart, follow: ((words: Uint32Array, at: number) => void) | null): void {
    const { breakdown, labels, excluded } = this.#reader;
    excluded.absorb(part.excluded, follow);
    const { offsets, at, codes, groups, marks, people: hashes } = part.sequences;
    const groupOf = breakdown.texts.codesOf(part.groupTexts);
    const labelOf = labels?.texts.codesOf(part.labelTexts) ?? null;
    const words = new Uint32Array(2);
    for (let person = 0; person < part.sequences.personCount; person++) {
      words[0] = hashes[2 * person + 1]!;
      words[1] = hashes[2 * person]!;
      follow?.(words, 0);
      const [low, high] = words as unknown as [number, number];
      if ((high | 0) < this.#from || (high | 0) > this.#to) continue;
      const index = this.#people.indexOf(high, low);
      if (breakdown.groupedBy === 'person' && groups[person] !== 0) {
        this.#people.offerGroup(index, part.groupAt[person]!, groupOf[groups[person]!]!, breakdown.texts);
      }
      for (let row = offsets[person]!; row < offsets[person + 1]!; row++) {
        const code = labels === null || labelOf === null ? codes[row]! : labels.relabel(codes[row]!, labelOf);
        this.#push(index, at[row]!, code, breakdown.groupedBy === 'event' ? groupOf[groups[row]!]! : 0);
        if (marks.length > 0) this.#mark(marks[row]!);
      }
      if (this.held > this.#heldMax) this.#narrowToFit();
    }
  }

  /** The sequences as a part that another builder absorbs; nothing may be added afterwards. */
  part(): JourneyPart {
    const { breakdown, labels, excluded } = this.#reader;
    return {
      excluded: excluded.part(),
      groupAt: this.#people.groupAt(),
      sequences: this.finish(),
      groupTexts: breakdown.texts.texts,
      labelTexts: labels?.texts.texts ?? [],
    };
  }

  /** The sequences of the people in `range`; nothing may be added afterwards. */
  finish(): Sequences {
    const steps = this.finishInSteps();
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
    }
  }

  /** Finishes in the same way, and yields after each piece of some milliseconds. */
  *finishInSteps(): Generator<void, Sequences> {
    const personCount = this.#people.count;
    const offsets = new Uint32Array(personCount + 1);
    for (const { person, length } of this.#filled()) {
      for (let i = 0; i < length; i++) offsets[person[i]! + 1]!++;
    }
    for (let i = 0; i < personCount; i++) offsets[i + 1]! += offsets[i]!;
    const next = offsets.slice();
    const at = new Float64Array(this.#rowCount);
    const codes = new Uint32Array(this.#rowCount);
    const isGrouped = this.#reader.breakdown.groupedBy === 'event';
    const groups = new Uint32Array(isGrouped ? this.#rowCount : 0);
    const marks = new Float64Array(this.#reader.mark === null ? 0 : this.#rowCount);
    for (const { person, length, ...chunk } of this.#filled()) {
      for (let i = 0; i < length; i++) {
        const to = next[person[i]!]!++;
        at[to] = chunk.at[i]!;
        codes[to] = chunk.codes[i]!;
        if (isGrouped) groups[to] = chunk.groups[i]!;
        if (marks.length > 0) marks[to] = chunk.marks[i]!;
      }
      yield;
    }
    this.#chunks = [];
    this.#last = null;
    const events = { at, codes, groups, marks };
    for (let i = 0, work = 0; i < personCount; i++) {
      const first = offsets[i]!;
      const last = offsets[i + 1]!;
      work += sortByTime(events, first, last) ? last - first : (last - first) / IN_ORDER_FACTOR;
      if (work < SORTED_ROWS) continue;
      work = 0;
      yield;
    }
    const people = this.#people.hashes();
    return { personCount, offsets, ...events, groups: isGrouped ? groups : this.#people.groups(), people };
  }

  /** The chunk that has room for the next row. */
  #room(): Chunk {
    if (this.#last === null || this.#chunks.length * CHUNK_ROWS === this.#rowCount) {
      this.#last = this.#newChunk();
      this.#chunks.push(this.#last);
    }
    return this.#last;
  }

  #push(person: number, atMs: number, code: number, group: number): void {
    const chunk = this.#room();
    const place = this.#rowCount % CHUNK_ROWS;
    chunk.person[place] = person;
    chunk.at[place] = atMs;
    chunk.codes[place] = code;
    if (chunk.groups.length > 0) chunk.groups[place] = group;
    this.#rowCount++;
  }

  /** Marks the event that was pushed last. */
  #mark(mark: number): void {
    this.#last!.marks[(this.#rowCount - 1) % CHUNK_ROWS] = mark;
  }

  #newChunk(): Chunk {
    return {
      person: new Uint32Array(CHUNK_ROWS),
      at: new Float64Array(CHUNK_ROWS),
      codes: new Uint32Array(CHUNK_ROWS),
      groups: new Uint32Array(this.#reader.breakdown.groupedBy === 'event' ? CHUNK_ROWS : 0),
      marks: new Float64Array(this.#reader.mark === null ? 0 : CHUNK_ROWS),
    };
  }

  /** Gives up the upper half of the people, again until the rest is within the bound. */
  #narrowToFit(): void {
    while (this.held > this.#heldMax && this.#to > this.#from) this.#narrow();
  }

  #narrow(): void {
    this.#to = Math.floor((this.#from + this.#to) / 2);
    const kept = this.#people.keepUpTo(this.#to);
    const old = this.#filled();
    this.#chunks = [];
    this.#rowCount = 0;
    for (const { person, length, ...chunk } of old) {
      for (let i = 0; i < length; i++) {
        const number = kept[person[i]!]!;
        if (number < 0) continue;
        this.#push(number, chunk.at[i]!, chunk.codes[i]!, chunk.groups[i] ?? 0);
        if (chunk.marks.length > 0) this.#mark(chunk.marks[i]!);
      }
    }
  }

  /** The chunks with the number of rows of each. */
  #filled(): (Chunk & { readonly length: number })[] {
    return this.#chunks.map((chunk, number) => ({
      ...chunk,
      length: Math.min(CHUNK_ROWS, this.#rowCount - number * CHUNK_ROWS),
    }));
  }
}

/**
 * Sorts the events [from, to); false when they are in order. Most are: days come ascending, and a sealed day is sorted by person and
 * time.
 */
function sortByTime(
  { at, codes, groups, marks }: Pick<Sequences, 'at' | 'codes' | 'groups' | 'marks'>,
  from: number,
  to: number,
): boolean {
  let sorted = from + 1;
  while (sorted < to && at[sorted - 1]! <= at[sorted]!) sorted++;
  if (sorted >= to) return false;
  // The sort of a plain array uses the runs in which segments come.
  const order: number[] = new Array(to - from);
  for (let i = from; i < to; i++) order[i - from] = i;
  order.sort((left, right) => at[left]! - at[right]!);
  for (const list of [at, codes, groups, marks]) {
    if (list.length > 0)
      list.set(
        order.map((row) => list[row]!),
        from,
      );
  }
  return true;
}
