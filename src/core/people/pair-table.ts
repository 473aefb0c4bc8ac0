/**
 * PairTable: maps 64-bit hashes to 64-bit hashes in 16 bytes a pair.
 *
 * The pairs lie sorted in blocks. A table never changes: a table with further pairs shares the blocks that none of them
 * falls into. Hashes are given as words, unsigned.
 */
import { NOT_FOUND } from '../std/hash-index.ts';

/** High and low word of a key, then of its value. */
const WORDS = 4;
/** A fuller block is divided: a new pair copies its block. */
const BLOCK_PAIRS = 512;

/** Pairs one after the other, ascending, each key once. */
export type SortedPairs = Uint32Array;
/** The words of a pair that are its key: those of the first hash, or all of them in a set of pairs. */
type KeyWords = 2 | 4;

export class PairTable {
  static readonly EMPTY = new PairTable([], 2);
  /** A set of pairs, in which a hash may have several values. */
  static readonly EMPTY_SET = new PairTable([], 4);
  /** None is empty. */
  readonly blocks: readonly SortedPairs[];
  readonly size: number;
  readonly #keyWords: KeyWords;
  /** High and low word of each block's first key. */
  readonly #firsts: Uint32Array;

  private constructor(blocks: readonly SortedPairs[], keyWords: KeyWords) {
    this.blocks = blocks;
    this.#keyWords = keyWords;
    this.#firsts = new Uint32Array(2 * blocks.length);
    let size = 0;
    for (const [number, block] of blocks.entries()) {
      this.#firsts[2 * number] = block[0]!;
      this.#firsts[2 * number + 1] = block[1]!;
      size += block.length / WORDS;
    }
    this.size = size;
  }

  /**
   * Returns the place of the key's value, for `high` and `low`, or NOT_FOUND. Not for a set of pairs.
   *
   * Hashes are spread evenly, under a key that senders do not know, so the search begins where the key should lie.
   */
  find(high: number, low: number): number {
    const blockCount = this.blocks.length;
    if (blockCount === 0) return NOT_FOUND;
    const number = blockOf(this.#firsts, high, low);
    const block = this.blocks[number]!;
    const last = block.length - WORDS;
    const [first, end] = [block[0]!, block[last]!];
    const share = end > first ? (high - first) / (end - first) : 0;
    let at = WORDS * Math.max(0, Math.min(last / WORDS, Math.floor(share * (last / WORDS))));
    while (at < last && (block[at]! < high || (block[at] === high && block[at + 1]! < low))) at += WORDS;
    while (at > 0 && (block[at]! > high || (block[at] === high && block[at + 1]! > low))) at -= WORDS;
    return block[at] === high && block[at + 1] === low ? number * BLOCK_PAIRS + at / WORDS : NOT_FOUND;
  }

  high(place: number): number {
    return this.blocks[Math.floor(place / BLOCK_PAIRS)]![(place % BLOCK_PAIRS) * WORDS + 2]!;
  }

  low(place: number): number {
    return this.blocks[Math.floor(place / BLOCK_PAIRS)]![(place % BLOCK_PAIRS) * WORDS + 3]!;
  }

  /** Returns the table with these pairs too, given in any order. A pair takes the place of one with the same key. */
  with(words: readonly number[]): PairTable {
    if (words.length === 0) return this;
    const keyWords = this.#keyWords;
    const pairs = sorted(Uint32Array.from(words), keyWords);
    const blocks: SortedPairs[] = this.blocks.length === 0 ? divided(pairs) : [];
    let from = 0;
    for (const [number, block] of this.blocks.entries()) {
      const next = this.blocks[number + 1];
      const to = next === undefined ? pairs.length : firstFrom(pairs, next, keyWords);
      if (from === to) blocks.push(block);
      else for (const part of divided(merged(block, pairs.subarray(from, to), keyWords))) blocks.push(part);
      from = to;
    }
    return new PairTable(blocks, keyWords);
  }

  /** Returns the table without these pairs, given in any order. A pair whose key has another value stays. */
  without(words: readonly number[]): PairTable {
    if (words.length === 0) return this;
    const pairs = sorted(Uint32Array.from(words), WORDS);
    const blocks = this.blocks.map((block) => missingIn(block, pairs)).filter(({ length }) => length > 0);
    return new PairTable(blocks, this.#keyWords);
  }
}

/** Returns the pairs that are not among others, which are sorted by all their words. */
function missingIn(block: SortedPairs, others: SortedPairs): SortedPairs {
  const kept = new Uint32Array(block.length);
  let to = 0;
  let other = firstFrom(others, block, WORDS);
  for (let at = 0; at < block.length; at += WORDS) {
    while (other < others.length && compareKeys(others, other, block, at, WORDS) < 0) other += WORDS;
    if (other < others.length && compareKeys(others, other, block, at, WORDS) === 0) continue;
    kept.set(block.subarray(at, at + WORDS), to);
    to += WORDS;
  }
  return to === block.length ? block : kept.slice(0, to);
}

/** Sorts pairs by key. Of pairs with one key the last stays. */
function sorted(words: Uint32Array, keyWords: KeyWords): SortedPairs {
  const order = Uint32Array.from({ length: words.length / WORDS }, (_, pair) => pair * WORDS);
  order.sort((a, b) => compareKeys(words, a, words, b, keyWords) || b - a);
  const pairs = new Uint32Array(words.length);
  let to = 0;
  for (const at of order) {
    if (to > 0 && compareKeys(pairs, to - WORDS, words, at, keyWords) === 0) continue;
    pairs.set(words.subarray(at, at + WORDS), to);
    to += WORDS;
  }
  return pairs.subarray(0, to);
}

/** Returns the number of the block that has the key, if any has. */
function blockOf(firsts: Uint32Array, high: number, low: number): number {
  const last = firsts.length - 2;
  let at = 2 * Math.floor((high / 2 ** 32) * (firsts.length / 2));
  while (at < last && (firsts[at + 2]! < high || (firsts[at + 2] === high && firsts[at + 3]! <= low))) at += 2;
  while (at > 0 && (firsts[at]! > high || (firsts[at] === high && firsts[at + 1]! > low))) at -= 2;
  return at / 2;
}

/** Returns where the first pair begins whose key is at least that of the block's first pair. */
function firstFrom(pairs: SortedPairs, block: SortedPairs, keyWords: KeyWords): number {
  let from = 0;
  let to = pairs.length / WORDS;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (compareKeys(pairs, middle * WORDS, block, 0, keyWords) < 0) from = middle + 1;
    else to = middle;
  }
  return from * WORDS;
}

/** Returns the pairs of both; of two with one key the one of `pairs`. */
function merged(block: SortedPairs, pairs: SortedPairs, keyWords: KeyWords): SortedPairs {
  const all = new Uint32Array(block.length + pairs.length);
  let [to, left, right] = [0, 0, 0];
  while (left < block.length || right < pairs.length) {
    const onlySide = left === block.length ? 1 : right === pairs.length ? -1 : 0;
    const order = onlySide || compareKeys(block, left, pairs, right, keyWords);
    const [source, at] = order < 0 ? [block, left] : [pairs, right];
    for (let word = 0; word < WORDS; word++) all[to + word] = source[at + word]!;
    to += WORDS;
    if (order <= 0) left += WORDS;
    if (order >= 0) right += WORDS;
  }
  return all.subarray(0, to);
}

function compareKeys(a: Uint32Array, at: number, b: Uint32Array, bAt: number, keyWords: KeyWords): number {
  for (let word = 0; word < keyWords; word++) {
    const difference = a[at + word]! - b[bAt + word]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Divides pairs into blocks of equal size, each with a buffer of its own. */
function divided(pairs: SortedPairs): SortedPairs[] {
  const count = pairs.length / WORDS;
  const blockCount = Math.ceil(count / BLOCK_PAIRS);
  return Array.from({ length: blockCount }, (_, number) => {
    const [from, to] = [number, number + 1].map((each) => Math.floor((each * count) / blockCount) * WORDS);
    return pairs.slice(from, to);
  });
}
