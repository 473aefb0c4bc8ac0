/**
 * PersonBound: the links that a crowd makes although a person has a bounded number of ids.
 *
 * - Links are taken by (time, kind, ids). A link that would give a person more ids than the bound is not made; a later one of
 *   the same person may be, where it adds fewer ids.
 * - The names of a user and of a device in an alias count once.
 *
 * Invariant: it is a function of the set of links, whatever order they come in.
 * Refused: the least hashes instead of the first links. A stranger who links a thousand ids to somebody would take the
 * places of those that are there.
 */
import { type Link, type Pair, swapped } from './links.ts';

/** Returns the links that are not made. `links`: those that hold, each once with its time, of whole people. */
export function linksBeyond(links: readonly Link[], idsMax: number): Link[] {
  const people = new JoinedPeople(idsMax);
  return links.toSorted(compareLinks).filter((link) => !people.join(link));
}

/** Returns the pairs of ids by which a link joins: an alias names a user or a device. */
export function pairsOf({ kind, from, to }: Link): Pair[] {
  const own = { from, to };
  return kind === 'device' ? [own] : [own, { from: swapped(from), to }].filter((pair) => pair.from !== to);
}

class JoinedPeople {
  readonly #idsMax: number;
  readonly #parents = new Map<string, string>();
  /** The number of ids of each person, by its root. */
  readonly #counts = new Map<string, number>();

  constructor(idsMax: number) {
    this.#idsMax = idsMax;
  }

  /** Returns false when the person would have too many ids. */
  join(link: Link): boolean {
    const pairs = pairsOf(link);
    const root = this.#rootOf(link.to);
    const others = new Set(pairs.map(({ from }) => this.#rootOf(from)));
    // The two names of an alias are one id, unless they have been joined before.
    const twins = others.size - 1;
    others.delete(root);
    if (others.size === 0) return true;
    const count = [root, ...others].reduce((sum, each) => sum + this.#counts.get(each)!, 0) - Math.max(0, twins);
    if (count > this.#idsMax) return false;
    for (const other of others) this.#parents.set(other, root);
    this.#counts.set(root, count);
    return true;
  }

  #rootOf(id: string): string {
    let root = id;
    for (let next = this.#parents.get(root); next !== undefined; next = this.#parents.get(root)) root = next;
    // Later look-ups of the ids on the way are one step.
    for (let at = id; at !== root; ) {
      const next = this.#parents.get(at)!;
      this.#parents.set(at, root);
      at = next;
    }
    if (!this.#counts.has(root)) this.#counts.set(root, 1);
    return root;
  }
}

function compareLinks(left: Link, right: Link): number {
  return left.atMs - right.atMs || compareTexts(keyOf(left), keyOf(right));
}

function keyOf({ kind, from, to }: Link): string {
  return `${kind} ${from} ${to}`;
}

function compareTexts(left: string, right: string): number {
  return left < right ? -1 : left === right ? 0 : 1;
}
