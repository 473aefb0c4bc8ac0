/**
 * PeopleBits: distinct people by slot as numbers of people and a bit of each person a slot: what few slots with many people each
 * take least memory and time as.
 *
 * A person of ten slots is looked up once a run of rows, and then takes a bit in each; the people of several slots together are
 * the bits of all of them.
 */
import { HashIndex } from '../../std/hash-index.ts';
import { assert } from '../../std/result.ts';
import type { Slots } from './grouping.ts';
import { NOBODY, type PeopleRuns } from './people-numbers.ts';

const WORDS_MIN = 16;
/** People of one word of bits. */
const WORD_PEOPLE = 32;

export class PeopleBits {
  readonly #people: HashIndex;
  readonly #ownsPeople: boolean;
  /** Bits by slot, one a person, as far as the slot has people. */
  readonly #bits: Uint32Array[] = [];
  readonly #counts: number[] = [];
  #bitsSizeBytes = 0;
  #size = 0;
  /** The person that was added last. */
  #lastHigh = 0;
  #lastLow = 0;
  #lastPerson = 0;

  /** `people`: numbers that others share, whose memory is theirs. Default: its own. */
  constructor(people?: HashIndex) {
    this.#people = people ?? new HashIndex();
    this.#ownsPeople = people === undefined;
  }

  /** The number of people of all slots, each as often as slots have it. */
  get size(): number {
    return this.#size;
  }

  get sizeBytes(): number {
    const own = this.#ownsPeople ? this.#people.sizeBytes : 0;
    return own + this.#bitsSizeBytes + 8 * this.#counts.length;
  }

  get slotCount(): number {
    return this.#bits.length;
  }

  /** Adds a person; (0, 0) is no person and adds the slot alone. Words are unsigned. */
  add(slot: number, high: number, low: number): void {
    while (slot >= this.#bits.length) this.#addSlot();
    if ((high | low) === 0) return;
    if (low !== this.#lastLow || high !== this.#lastHigh) {
      this.#lastPerson = this.#people.add(high, low);
      this.#lastHigh = high;
      this.#lastLow = low;
    }
    this.#mark(slot, this.#lastPerson);
  }

  /**
   * Adds the people of the rows in [from, to) to their slots, of which some are in the run `run`. `runs`: those of the rows, with the
   * numbers of the same people. Returns the run of the row at `to`.
   */
  addRuns(slots: Uint32Array, { count, numbers, ends }: PeopleRuns, run: number, from: number, to: number): number {
    let current = run;
    for (let index = from; index < to; ) {
      assert(current < count, 'runs of other rows');
      const number = numbers[current]!;
      const end = ends[current]!;
      const until = Math.min(end, to);
      // Rows of one person are most often of one slot.
      let last = -1;
      for (; index < until; index++) {
        const slot = slots[index]!;
        if (slot === last) continue;
        last = slot;
        while (slot >= this.#bits.length) this.#addSlot();
        if (number !== NOBODY) this.#mark(slot, number);
      }
      if (end <= to) current++;
    }
    return current;
  }

  /** Calls `visit` with each person of each slot, people that came near each other together. */
  each(visit: (slot: number, high: number, low: number) => void): void {
    const wordCount = Math.ceil(this.#people.size / WORD_PEOPLE);
    for (let word = 0; word < wordCount; word++) {
      for (let slot = 0; slot < this.#bits.length; slot++) {
        for (let left = this.#bits[slot]![word] ?? 0; left !== 0; left &= left - 1) {
          const person = WORD_PEOPLE * word + 31 - Math.clz32(left & -left);
          visit(slot, this.#people.high(person), this.#people.low(person));
        }
      }
    }
  }

  /** The number of different people of these slots. */
  count(slots: Slots): number {
    if (slots.length === 0) return 0;
    if (slots.length === 1) return this.#counts[slots[0]!] ?? 0;
    const together = new Uint32Array(Math.ceil(this.#people.size / WORD_PEOPLE));
    for (const slot of slots) {
      const bits = this.#bits[slot]!;
      const wordCount = Math.min(bits.length, together.length);
      for (let word = 0; word < wordCount; word++) together[word]! |= bits[word]!;
    }
    let count = 0;
    for (let word = 0; word < together.length; word++) count += bitCount(together[word]!);
    return count;
  }

  #mark(slot: number, person: number): void {
    const word = person >>> 5;
    let bits = this.#bits[slot]!;
    if (word >= bits.length) bits = this.#grow(slot, word);
    const before = bits[word]!;
    const bit = 1 << (person & 31);
    if ((before & bit) !== 0) return;
    bits[word] = before | bit;
    this.#counts[slot]!++;
    this.#size++;
  }

  #addSlot(): void {
    this.#bits.push(EMPTY);
    this.#counts.push(0);
  }

  #grow(slot: number, word: number): Uint32Array {
    const old = this.#bits[slot]!;
    const bits = new Uint32Array(Math.max(WORDS_MIN, 2 * old.length, word + 1));
    bits.set(old);
    this.#bits[slot] = bits;
    this.#bitsSizeBytes += bits.byteLength - old.byteLength;
    return bits;
  }
}

const EMPTY = new Uint32Array();

function bitCount(word: number): number {
  let left = word - ((word >>> 1) & 0x55555555);
  left = (left & 0x33333333) + ((left >>> 2) & 0x33333333);
  return Math.imul((left + (left >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
