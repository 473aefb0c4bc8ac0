/**
 * PeopleTally: the distinct people of each slot, exactly: as bits (people-bits.ts) as long as they take no more memory than triples
 * (people-triples.ts) would, then as triples.
 */
import { LIMITS } from '../../limits.ts';
import type { LinkedPeople } from '../../people/linked-people.ts';
import type { Value } from './fold.ts';
import type { SizedTally, Slots } from './grouping.ts';
import type { PartialTally } from './partial-fold.ts';
import { PeopleBits } from './people-bits.ts';
import type { PeopleNumbers } from './people-numbers.ts';
import { PeopleTriples } from './people-triples.ts';

const TRIPLE_WORDS = 3;
/** Memory of a triple in a table that is full to a third. */
const TRIPLE_SIZE_BYTES = 36;
/** Bits that take no more than this stay bits. */
const BITS_SIZE_BYTES_MIN = 12_288;
/** Rows after which the memory of bits is looked at. */
const CHECKED_ROWS = 32;

export class PeopleTally implements SizedTally {
  readonly #numbers: PeopleNumbers | null;
  #bits: PeopleBits | null;
  #triples: PeopleTriples | null = null;
  #slotCount = 0;
  #isFull = false;

  /** `numbers`: those of the people whose rows are added, which other tallies share. Default: none. */
  constructor(numbers: PeopleNumbers | null = null) {
    this.#numbers = numbers;
    this.#bits = new PeopleBits(numbers?.people);
  }

  get size(): number {
    return this.#bits?.size ?? this.#triples!.size;
  }

  get isFull(): boolean {
    return this.#isFull || this.#triples?.isFull === true;
  }

  get sizeBytes(): number {
    return this.#bits?.sizeBytes ?? this.#triples!.sizeBytes;
  }

  get rowsPerSlot(): number {
    return 0.1 + (0.1 * this.size) / Math.max(1, this.#slotCount);
  }

  /** Adds a person; (0, 0) is no person and adds the slot alone. Words are unsigned. */
  add(slot: number, high: number, low: number): void {
    this.#addOne(slot, high, low);
    this.#check();
  }

  /** Adds the people of rows to their slots. `words`: the people of all rows as (low, high) pairs. */
  addRows(slots: Uint32Array, rows: Uint32Array, words: Uint32Array): void {
    const runs = this.#bits === null ? undefined : this.#numbers?.runsOf(rows, words);
    let run = 0;
    for (let from = 0; from < rows.length; from += CHECKED_ROWS) {
      const to = Math.min(rows.length, from + CHECKED_ROWS);
      const bits = this.#bits;
      if (runs !== undefined && bits !== null && bits.size + CHECKED_ROWS <= LIMITS.queryPeopleMax) {
        run = bits.addRuns(slots, runs, run, from, to);
        this.#slotCount = Math.max(this.#slotCount, bits.slotCount);
        this.#check();
        continue;
      }
      for (let index = from; index < to; index++) {
        const row = rows[index]!;
        this.#addOne(slots[index]!, words[2 * row + 1]!, words[2 * row]!);
      }
      this.#check();
    }
  }

  partial(): PartialTally {
    if (this.#triples !== null) return { kind: 'people', triples: this.#triples.triples() };
    const triples = new Uint32Array(TRIPLE_WORDS * this.#bits!.size);
    let to = 0;
    this.#bits!.each((slot, high, low) => {
      triples[to++] = high;
      triples[to++] = low;
      triples[to++] = slot;
    });
    return { kind: 'people', triples };
  }

  /**
   * Adds the triples of another tally. `linked` puts together people with several ids, which the other tally did not
   * know.
   */
  absorb(
    { triples }: Extract<PartialTally, { kind: 'people' }>,
    slotOf: Uint32Array,
    linked: LinkedPeople | null = null,
  ): void {
    const words = new Uint32Array(2);
    // A slot without people exists too.
    for (const slot of slotOf) this.add(slot, 0, 0);
    for (let at = 0; at < triples.length; at += TRIPLE_WORDS) {
      words[0] = triples[at + 1]!;
      words[1] = triples[at]!;
      linked?.follow(words, 0);
      this.#addOne(slotOf[triples[at + 2]!]!, words[1], words[0]);
      if (at % (TRIPLE_WORDS * CHECKED_ROWS) === 0) this.#check();
      if (this.isFull) return;
    }
    this.#check();
  }

  merged(slots: Slots): Value {
    return { value: (this.#bits ?? this.#triples!).count(slots), estimated: false };
  }

  #addOne(slot: number, high: number, low: number): void {
    if (slot >= this.#slotCount) this.#slotCount = slot + 1;
    if (this.#bits === null) this.#triples!.add(slot, high, low);
    else if (this.#bits.size < LIMITS.queryPeopleMax) this.#bits.add(slot, high, low);
    else this.#isFull = true;
  }

  /** Turns bits into triples once these would take less memory. */
  #check(): void {
    const bits = this.#bits;
    if (bits === null || bits.sizeBytes <= Math.max(BITS_SIZE_BYTES_MIN, TRIPLE_SIZE_BYTES * bits.size)) return;
    const triples = new PeopleTriples();
    for (let slot = 0; slot < bits.slotCount; slot++) triples.add(slot, 0, 0);
    bits.each((slot, high, low) => triples.add(slot, high, low));
    this.#bits = null;
    this.#triples = triples;
  }
}
