/** Shared people: the list that gives each person of several cells a place, and is written once for all of them. */
import type { ByteWriter } from '../std/bytes.ts';
import { HashIndex } from '../std/hash-index.ts';
import { compareCodePoints } from '../std/text.ts';
import type { Cell } from './cell.ts';

/** A cell on its way into a chunk. */
export interface Entry {
  readonly startMs: number;
  readonly key: string;
  readonly cell: Cell;
  /** The people of the cell, as words (low, high); null when they are a sketch. */
  readonly words: Uint32Array | null;
}

/** Gives a place to each person who has none yet: by the first key that has the person, then by hash. */
export function addPlaces(places: HashIndex, entries: readonly Entry[]): void {
  const wordsOfKey = new Map<string, Uint32Array[]>();
  for (const { key, words } of entries) {
    if (words === null) continue;
    const known = wordsOfKey.get(key);
    if (known === undefined) wordsOfKey.set(key, [words]);
    else known.push(words);
  }
  for (const key of [...wordsOfKey.keys()].sort(compareCodePoints)) {
    const people = new HashIndex();
    for (const words of wordsOfKey.get(key)!) addAll(people, words);
    addAll(places, sortedWords(people));
  }
}

/** Adds people, as words (low, high). */
export function addAll(index: HashIndex, words: Uint32Array): void {
  for (let at = 0; at < words.length; at += 2) index.add(words[at + 1]!, words[at]!);
}

/** The hashes ascending, as words (low, high). */
function sortedWords(people: HashIndex): Uint32Array {
  const words = new Uint32Array(2 * people.size);
  for (let at = 0; at < people.size; at++) {
    words[2 * at] = people.low(at);
    words[2 * at + 1] = people.high(at);
  }
  new BigUint64Array(words.buffer).sort();
  return words;
}

/** Writes the number of people, and their hashes in the order of places. */
export function encodePeople(writer: ByteWriter, places: HashIndex): void {
  writer.varint(places.size);
  for (let place = 0; place < places.size; place++) {
    writer.u32(places.low(place));
    writer.u32(places.high(place));
  }
}

/** The places of the people, ascending. */
export function placesIn(places: HashIndex, words: Uint32Array): Uint32Array {
  const found = new Uint32Array(words.length / 2);
  for (let at = 0; at < found.length; at++) found[at] = places.find(words[2 * at + 1]!, words[2 * at]!);
  return found.sort();
}
