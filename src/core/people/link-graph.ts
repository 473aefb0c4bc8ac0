/**
 * LinkGraph: the ids whose representative their own link does not tell, each with its representative.
 *
 * They are the ids with several links away, those with links away and towards them, and the ids that links of these
 * lead to. An id that is left out has either one link away and none towards it, or is led to by such ids only. The
 * former never represents a person, and the latter always does.
 */
import { HashIndex, NOT_FOUND } from '../std/hash-index.ts';
import { hashText } from './links.ts';
import type { PairTable } from './pair-table.ts';

const IS_LED_TO = 1;
const LEADS_AWAY = 2;

export class LinkGraph {
  readonly #ids = new HashIndex();
  /** Number of the representative of each id. */
  readonly #representatives: Int32Array;

  /** `tables`: one link of an id each. `further`: the set of all others. */
  constructor(tables: readonly PairTable[], further: PairTable) {
    addFurther(this.#ids, further);
    addBranching(this.#ids, tables);
    addPassing(this.#ids, tables);
    if (this.#ids.size > 0) addTargets(this.#ids, tables);
    this.#representatives = this.#ids.size === 0 ? new Int32Array(0) : representativesOf(this.#ids, tables, further);
  }

  get size(): number {
    return this.#ids.size;
  }

  has(high: number, low: number): boolean {
    return this.find(high, low) !== NOT_FOUND;
  }

  /** Returns the number of an id, or NOT_FOUND. */
  find(high: number, low: number): number {
    return this.#ids.find(high, low);
  }

  /** Returns the number of the id that stands for the one of this number. */
  representativeOf(id: number): number {
    return this.#representatives[id]!;
  }

  textOf(id: number): string {
    return hashText(this.#ids.high(id), this.#ids.low(id));
  }

  /** Overwrites a hash by that of its representative. Returns false when it is its own, or not in the graph. */
  follow(words: Uint32Array, at: number): boolean {
    const index = this.#ids.find(words[at + 1]!, words[at]!);
    const representative = this.#representatives[index];
    if (representative === undefined || representative === index) return false;
    words[at] = this.#ids.low(representative);
    words[at + 1] = this.#ids.high(representative);
    return true;
  }

  /** Returns the ids in the graph that this id represents, without itself, as (low, high) pairs. */
  othersOf([low, high]: Uint32Array): number[] {
    const representative = this.#ids.find(high!, low!);
    const words: number[] = [];
    for (const [id, other] of this.#representatives.entries()) {
      if (other === representative && id !== representative) words.push(this.#ids.low(id), this.#ids.high(id));
    }
    return words;
  }
}

function addFurther(ids: HashIndex, { blocks }: PairTable): void {
  for (const block of blocks) for (let at = 0; at < block.length; at += 2) ids.add(block[at]!, block[at + 1]!);
}

/** Adds the ids that have a link in each of both tables. */
function addBranching(ids: HashIndex, [left, right]: readonly PairTable[]): void {
  if (left === undefined || right === undefined) return;
  for (const block of right.blocks) {
    for (let at = 0; at < block.length; at += 4) {
      if (left.find(block[at]!, block[at + 1]!) !== NOT_FOUND) ids.add(block[at]!, block[at + 1]!);
    }
  }
}

/** Adds the ids that links lead to, and from which one leads away. */
function addPassing(ids: HashIndex, tables: readonly PairTable[]): void {
  const mayLeadAway = new KeyFilter(tables);
  for (const { blocks } of tables) {
    for (const block of blocks) {
      for (let at = 0; at < block.length; at += 4) {
        const [high, low] = [block[at + 2]!, block[at + 3]!];
        if (!mayLeadAway.has(low)) continue;
        if (tables.some((table) => table.find(high, low) !== NOT_FOUND)) ids.add(high, low);
      }
    }
  }
}

/** Adds the ids to which links of the graph's ids lead. Those that have links themselves are in the graph already. */
function addTargets(ids: HashIndex, tables: readonly PairTable[]): void {
  for (let id = 0; id < ids.size; id++) {
    for (const table of tables) {
      const place = table.find(ids.high(id), ids.low(id));
      if (place !== NOT_FOUND) ids.add(table.high(place), table.low(place));
    }
  }
}

/** Says of most hashes that are no key of the tables that they are none, in one step. */
class KeyFilter {
  readonly #bits: Uint32Array;
  readonly #mask: number;

  constructor(tables: readonly PairTable[]) {
    const count = tables.reduce((sum, { size }) => sum + size, 0);
    // At least eight bits a key, so that fewer than one in eight passes without being one.
    this.#mask = 2 ** Math.ceil(Math.log2(8 * count + 32)) - 1;
    this.#bits = new Uint32Array((this.#mask + 1) / 32);
    for (const { blocks } of tables) {
      for (const block of blocks) for (let at = 0; at < block.length; at += 4) this.#add(block[at + 1]!);
    }
  }

  has(low: number): boolean {
    const bit = low & this.#mask;
    return (this.#bits[bit >>> 5]! & (1 << bit)) !== 0;
  }

  #add(low: number): void {
    const bit = low & this.#mask;
    this.#bits[bit >>> 5]! |= 1 << bit;
  }
}

/** Joins ids along links, and knows for each whether links lead to it and away from it. */
class Joining {
  readonly #ids: HashIndex;
  readonly #parents: Int32Array;
  readonly #roles: Uint8Array;

  constructor(ids: HashIndex) {
    this.#ids = ids;
    this.#parents = Int32Array.from({ length: ids.size }, (_, id) => id);
    this.#roles = new Uint8Array(ids.size);
  }

  /** Adds a link, by the words of both ids. Only one that leads to an id of the graph says something. */
  add(fromHigh: number, fromLow: number, toHigh: number, toLow: number): void {
    const to = this.#ids.find(toHigh, toLow);
    if (to === NOT_FOUND) return;
    this.#roles[to]! |= IS_LED_TO;
    const from = this.#ids.find(fromHigh, fromLow);
    if (from === NOT_FOUND) return;
    this.#roles[from]! |= LEADS_AWAY;
    this.#parents[this.#rootOf(from)] = this.#rootOf(to);
  }

  representatives(): Int32Array {
    const ids = this.#ids;
    const best = new Int32Array(ids.size).fill(NOT_FOUND);
    for (let id = 0; id < ids.size; id++) {
      const root = this.#rootOf(id);
      const known = best[root]!;
      if (known === NOT_FOUND || this.#precedes(id, known)) best[root] = id;
    }
    return Int32Array.from({ length: ids.size }, (_, id) => best[this.#rootOf(id)]!);
  }

  #precedes(id: number, other: number): boolean {
    const rank = rankOf(this.#roles[id]!) - rankOf(this.#roles[other]!);
    return rank === 0 ? this.#ids.compare(id, other) < 0 : rank < 0;
  }

  #rootOf(id: number): number {
    const parents = this.#parents;
    let root = id;
    while (parents[root] !== root) {
      parents[root] = parents[parents[root]!]!;
      root = parents[root]!;
    }
    return root;
  }
}

function representativesOf(ids: HashIndex, tables: readonly PairTable[], further: PairTable): Int32Array {
  const joining = new Joining(ids);
  for (const { blocks } of [...tables, further]) {
    for (const block of blocks) {
      for (let at = 0; at < block.length; at += 4) {
        joining.add(block[at]!, block[at + 1]!, block[at + 2]!, block[at + 3]!);
      }
    }
  }
  return joining.representatives();
}

function rankOf(role: number): number {
  if ((role & IS_LED_TO) === 0) return 2;
  return (role & LEADS_AWAY) === 0 ? 0 : 1;
}
