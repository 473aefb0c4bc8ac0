/**
 * Crowds: the people who would have more ids than a person may have, if all of their links held.
 *
 * They are few, or none. One pass over the links counts the ids of each person of the graph, and those of all others by some bits
 * of the hash; only where such a count is too large are people counted one by one.
 */
import { HashIndex, NOT_FOUND } from '../std/hash-index.ts';
import { peopleOf } from './linked-people.ts';
import { hashText, type Links, type Pair } from './links.ts';
import type { PairTable } from './pair-table.ts';

export interface Crowd {
  /** The hash of the id that would stand for the person. */
  readonly person: string;
  readonly idCount: number;
  readonly devices: readonly Pair[];
  /** Those of previous ids and of the devices of these names. */
  readonly aliases: readonly Pair[];
}

const BUCKETS = 2 ** 16;

/** Returns the people with more than so many ids. */
export function crowdsIn(links: Links, idsMax: number): Crowd[] {
  if (links.size < idsMax) return [];
  const counts = new IdCounts(links);
  const crowds = counts.above(idsMax);
  if (crowds.size === 0) return [];
  const devices = pairsIn([links.devices], counts, crowds);
  const aliases = pairsIn([links.aliases, links.furtherAliases], counts, crowds);
  return [...crowds].map(([person, idCount]) => {
    return { person, idCount, devices: devices.get(person) ?? [], aliases: aliases.get(person) ?? [] };
  });
}

/** Numbers of ids by the person whom a link leads to. */
class IdCounts {
  readonly #links: Links;
  readonly #ofGraph: Int32Array;
  readonly #buckets = new Int32Array(BUCKETS);
  readonly #words = new Uint32Array(2);

  constructor(links: Links) {
    this.#links = links;
    const { graph } = peopleOf(links);
    this.#ofGraph = new Int32Array(graph.size);
    for (let id = 0; id < graph.size; id++) this.#ofGraph[graph.representativeOf(id)]!++;
    this.#eachSimple((high, low) => {
      const id = graph.find(high, low);
      if (id === NOT_FOUND) this.#buckets[low % BUCKETS]!++;
      else this.#ofGraph[graph.representativeOf(id)]!++;
    });
  }

  /** Returns the number of ids of each person with more than so many, by the person's hash. */
  above(idsMax: number): Map<string, number> {
    const { graph } = peopleOf(this.#links);
    const crowds = new Map<string, number>();
    for (const [id, count] of this.#ofGraph.entries()) if (count > idsMax) crowds.set(graph.textOf(id), count);
    if (!this.#buckets.some((count) => count >= idsMax)) return crowds;
    const people = new HashIndex();
    const counts: number[] = [];
    this.#eachSimple((high, low) => {
      if (this.#buckets[low % BUCKETS]! < idsMax || graph.find(high, low) !== NOT_FOUND) return;
      const number = people.add(high, low);
      // The person's own id is one, too.
      counts[number] = (counts[number] ?? 1) + 1;
    });
    for (const [number, count] of counts.entries()) {
      if (count > idsMax) crowds.set(hashText(people.high(number), people.low(number)), count);
    }
    return crowds;
  }

  /** Returns the hash of the person whom an id leads to. */
  personOf(high: number, low: number): string {
    this.#words[0] = low;
    this.#words[1] = high;
    peopleOf(this.#links).follow(this.#words, 0);
    return hashText(this.#words[1]!, this.#words[0]!);
  }

  /** Visits where the links of ids outside the graph lead. */
  #eachSimple(visit: (high: number, low: number) => void): void {
    const { graph } = peopleOf(this.#links);
    for (const table of [this.#links.devices, this.#links.aliases]) {
      eachPair(table, (pair, at) => {
        if (graph.size === 0 || graph.find(pair[at]!, pair[at + 1]!) === NOT_FOUND) visit(pair[at + 2]!, pair[at + 3]!);
      });
    }
  }
}

function pairsIn(
  tables: readonly PairTable[],
  counts: IdCounts,
  crowds: ReadonlyMap<string, number>,
): Map<string, Pair[]> {
  const pairs = new Map<string, Pair[]>();
  for (const table of tables) {
    eachPair(table, (words, at) => {
      const to = { high: words[at + 2]!, low: words[at + 3]! };
      const person = counts.personOf(to.high, to.low);
      if (!crowds.has(person)) return;
      const own = pairs.get(person) ?? [];
      own.push({ from: hashText(words[at]!, words[at + 1]!), to: hashText(to.high, to.low) });
      pairs.set(person, own);
    });
  }
  return pairs;
}

function eachPair({ blocks }: PairTable, visit: (words: Uint32Array, at: number) => void): void {
  for (const block of blocks) for (let at = 0; at < block.length; at += 4) visit(block, at);
}
