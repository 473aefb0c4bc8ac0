/**
 * LinkedPeople: the people that a set of links makes (see links.ts): the representative of each id.
 *
 * Most ids are a device, or a previous id, of one user and nothing else. Their representative is that user's, so the
 * set of links answers for them. The others, each with links of several kinds or in both directions, are the graph
 * (link-graph.ts), which is small.
 *
 * Hashes are (low, high) pairs of unsigned words, as a BigInt64Array has them.
 */
import { NOT_FOUND } from '../std/hash-index.ts';
import { LinkGraph } from './link-graph.ts';
import type { Links } from './links.ts';
import type { PairTable } from './pair-table.ts';

const made = new WeakMap<Links, LinkedPeople>();

/** Returns the people that the links make; the same ones for the same set. */
export function peopleOf(links: Links): LinkedPeople {
  const people = made.get(links) ?? new LinkedPeople(links);
  made.set(links, people);
  return people;
}

export class LinkedPeople {
  readonly #tables: readonly PairTable[];
  readonly graph: LinkGraph;

  constructor({ devices, aliases, furtherAliases }: Links) {
    this.#tables = [devices, aliases].filter(({ size }) => size > 0);
    this.graph = new LinkGraph(this.#tables, furtherAliases);
  }

  /** True when no two ids are linked. */
  get isEmpty(): boolean {
    return this.#tables.length === 0;
  }

  /**
   * Overwrites a person's hash by that of the representative, in place. Returns false when the person is its own
   * representative.
   */
  follow(words: Uint32Array, at: number): boolean {
    const graph = this.graph;
    if (graph.size > 0 && graph.has(words[at + 1]!, words[at]!)) return graph.follow(words, at);
    for (const table of this.#tables) {
      const place = table.find(words[at + 1]!, words[at]!);
      if (place === NOT_FOUND) continue;
      words[at] = table.low(place);
      words[at + 1] = table.high(place);
      graph.follow(words, at);
      return true;
    }
    return false;
  }

  /** Returns all ids of the person, the representative first. */
  idsOf(high: number, low: number): Uint32Array {
    const person = Uint32Array.of(low, high);
    this.follow(person, 0);
    const ids = [...person, ...this.graph.othersOf(person)];
    const words = new Uint32Array(2);
    for (const { blocks } of this.#tables) {
      for (const block of blocks) {
        for (let at = 0; at < block.length; at += 4) {
          words[0] = block[at + 3]!;
          words[1] = block[at + 2]!;
          this.graph.follow(words, 0);
          if (words[0] !== person[0] || words[1] !== person[1]) continue;
          if (!this.graph.has(block[at]!, block[at + 1]!)) ids.push(block[at + 1]!, block[at]!);
        }
      }
    }
    return Uint32Array.from(ids);
  }
}
