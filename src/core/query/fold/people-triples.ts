/**
 * PeopleTriples: distinct people by slot as (slot, hash) triples in one flat table, open addressing: what many slots with few people
 * each take least memory as.
 *
 * A triple takes 12 bytes at a load of at most one half; a set object a slot would cost ten times that. Once the events
 * are in, the triples are sorted by slot, so that any slots can be put together by reading only their own. The number
 * of triples is bounded: beyond it the table does not grow, and the table says that it is full.
 */

import { LIMITS } from '../../limits.ts';
import { HashSet64 } from '../../std/hash-set.ts';
import { mixWord, mustProbe } from '../../std/probes.ts';
import type { Slots } from './grouping.ts';

const WORDS = 3;

export class PeopleTriples {
  /** (high, low, slot) at each place; the hash (0, 0), which no person has, marks a free one. */
  #table = new Uint32Array(WORDS * 1024);
  #mask = 1023;
  #size = 0;
  #counts = new Float64Array(16);
  #slotCount = 0;
  #isFull = false;
  /** The triple that was added last. */
  #lastSlot = -1;
  #lastHigh = 0;
  #lastLow = 0;
  #sorted: { readonly offsets: Uint32Array; readonly hashes: Uint32Array } | null = null;

  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  get sizeBytes(): number {
    return this.#table.byteLength + this.#counts.byteLength;
  }

  /** Adds a person; (0, 0) is no person and adds the slot alone. Words are unsigned. */
  add(slot: number, high: number, low: number): void {
    if (slot >= this.#slotCount) this.#cover(slot);
    // Rows of one person come one after the other, most often several for one slot.
    if ((high | low) === 0 || (slot === this.#lastSlot && low === this.#lastLow && high === this.#lastHigh)) return;
    if ((this.#size + 1) * 2 > this.#mask + 1 && !this.#grow()) return;
    this.#lastSlot = slot;
    this.#lastHigh = high;
    this.#lastLow = low;
    if (!insert(this.#table, this.#mask, slot, high, low)) return;
    this.#size++;
    this.#counts[slot]!++;
  }

  /** The people as (high, low, slot) triples. */
  triples(): Uint32Array {
    const triples = new Uint32Array(WORDS * this.#size);
    let to = 0;
    const table = this.#table;
    for (let at = 0; at < table.length; at += WORDS) {
      if ((table[at]! | table[at + 1]!) === 0) continue;
      triples[to++] = table[at]!;
      triples[to++] = table[at + 1]!;
      triples[to++] = table[at + 2]!;
    }
    return triples;
  }

  /** The number of different people of these slots. */
  count(slots: Slots): number {
    if (slots.length === 0) return 0;
    if (slots.length === 1) return this.#counts[slots[0]!] ?? 0;
    this.#sorted ??= this.#sort();
    const { offsets, hashes } = this.#sorted;
    let most = 0;
    for (const slot of slots) most = Math.max(most, this.#counts[slot]!);
    const people = new HashSet64(most);
    for (const slot of slots) {
      for (let at = offsets[slot]!; at < offsets[slot + 1]!; at++) people.add(hashes[2 * at]!, hashes[2 * at + 1]!);
    }
    return people.size;
  }

  /** Sorts the triples by slot (counting sort) and frees the table: no triple can be added any more. */
  #sort(): { offsets: Uint32Array; hashes: Uint32Array } {
    const offsets = new Uint32Array(this.#slotCount + 1);
    for (let slot = 0; slot < this.#slotCount; slot++) offsets[slot + 1] = offsets[slot]! + this.#counts[slot]!;
    const next = offsets.slice();
    const hashes = new Uint32Array(2 * this.#size);
    const table = this.#table;
    for (let at = 0; at < table.length; at += WORDS) {
      if ((table[at]! | table[at + 1]!) === 0) continue;
      const to = next[table[at + 2]!]!++;
      hashes[2 * to] = table[at]!;
      hashes[2 * to + 1] = table[at + 1]!;
    }
    this.#table = new Uint32Array(0);
    return { offsets, hashes };
  }

  #cover(slot: number): void {
    this.#slotCount = slot + 1;
    if (slot < this.#counts.length) return;
    const counts = new Float64Array(Math.max(slot + 1, this.#counts.length * 2));
    counts.set(this.#counts);
    this.#counts = counts;
  }

  /** Grows the table; returns false when it has as many triples as it may. */
  #grow(): boolean {
    if (this.#size >= LIMITS.queryPeopleMax) this.#isFull = true;
    if (this.#isFull) return false;
    const old = this.#table;
    this.#table = new Uint32Array(old.length * 2);
    this.#mask = this.#mask * 2 + 1;
    for (let at = 0; at < old.length; at += WORDS) {
      if ((old[at]! | old[at + 1]!) !== 0) insert(this.#table, this.#mask, old[at + 2]!, old[at]!, old[at + 1]!);
    }
    return true;
  }
}

function insert(table: Uint32Array, mask: number, slot: number, high: number, low: number): boolean {
  // A large odd number spreads the slot.
  let place = mixWord(low ^ Math.imul(slot, 0x9e3779b1)) & mask;
  for (let probes = 0; ; place = (place + 1) & mask) {
    mustProbe(probes++, 'people and values');
    const at = place * WORDS;
    const placeHigh = table[at]!;
    const placeLow = table[at + 1]!;
    if ((placeHigh | placeLow) === 0) {
      table[at] = high;
      table[at + 1] = low;
      table[at + 2] = slot;
      return true;
    }
    if (placeLow === low && placeHigh === high && table[at + 2] === slot) return false;
  }
}
