/**
 * Links: pairs of ids that are one person. They are an overlay over the person hashes of events (CORRECTNESS H1): the
 * events stay as they came, and every answer counts them for the representative of their person.
 *
 * | event | link |
 * |---|---|
 * | `identify` with `anonymousId` and `userId` | device: the anonymous id belongs to the user |
 * | `alias` with `previousId` | alias: the previous id and the event's person are one |
 *
 * - An anonymous id belongs to one user only, the first: of its device links the least by (event time, user's hash)
 *   holds. So two users of one browser stay two people, and events of an anonymous visitor there count for the first
 *   one.
 * - Aliases always hold. The holding links are edges; a person is a connected component of them.
 * - A component is represented by the id that links lead to and from which none leads away: the user's. Among several
 *   such ids, or in a circle, where there is none, among all that links lead to, it is the one of the least hash.
 *
 * Invariant: the representatives are a function of the set of links: adding in any order, and twice, changes nothing.
 * Refused: merging two users because they used one device (a family's tablet would be one customer); the last user
 * instead of the first (each new login would move the history of the device).
 */
import { HashIndex, NOT_FOUND } from '../std/hash-index.ts';

export const LINK_KINDS = ['device', 'alias'] as const;
export type LinkKind = (typeof LINK_KINDS)[number];

/** A link by hashes of 16 hex digits: unlike numbers they pass through JSON and D1 unharmed. */
export interface Link {
  readonly kind: LinkKind;
  readonly from: string;
  readonly to: string;
  readonly atMs: number;
}

export function hashText(high: number, low: number): string {
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}

/** The set of a tenant's links; it only grows. */
export class Links {
  readonly #ids = new HashIndex();
  /** Number of the user of each device; NOT_FOUND when it has none. */
  readonly #users: number[] = [];
  readonly #usedAtMs: number[] = [];
  readonly #aliases = new Map<string, readonly [number, number]>();
  #people: LinkedPeople | null = null;

  /** Number of ids that are in some link. */
  get size(): number {
    return this.#ids.size;
  }

  add({ kind, from, to, atMs }: Link): void {
    const fromId = this.#add(from);
    const toId = this.#add(to);
    if (fromId === toId) return;
    if (kind === 'alias') {
      const key = `${fromId} ${toId}`;
      if (this.#aliases.has(key)) return;
      this.#aliases.set(key, [fromId, toId]);
    } else {
      const user = this.#users[fromId]!;
      const isLater = user !== NOT_FOUND && atMs >= this.#usedAtMs[fromId]!;
      if (isLater && (atMs > this.#usedAtMs[fromId]! || this.#ids.compare(toId, user) >= 0)) return;
      this.#users[fromId] = toId;
      this.#usedAtMs[fromId] = atMs;
    }
    this.#people = null;
  }

  /** Returns the people by the links so far. Links that are added later do not change it. */
  people(): LinkedPeople {
    this.#people ??= new LinkedPeople(this.#ids, representativesOf(this.#ids, this.#edges()));
    return this.#people;
  }

  #add(text: string): number {
    const id = this.#ids.add(Number.parseInt(text.slice(0, 8), 16), Number.parseInt(text.slice(8), 16));
    if (id === this.#users.length) {
      this.#users.push(NOT_FOUND);
      this.#usedAtMs.push(0);
    }
    return id;
  }

  *#edges(): Generator<readonly [number, number]> {
    for (const [device, user] of this.#users.entries()) if (user !== NOT_FOUND) yield [device, user];
    yield* this.#aliases.values();
  }
}

/**
 * Snapshot of the people that links make. Hashes are (low, high) pairs of unsigned words, as a BigInt64Array has them.
 */
export class LinkedPeople {
  readonly #ids: HashIndex;
  /** Number of the representative of each id at the time of the snapshot. */
  readonly #representatives: Int32Array;

  constructor(ids: HashIndex, representatives: Int32Array) {
    this.#ids = ids;
    this.#representatives = representatives;
  }

  /** True when no two ids are linked. */
  get isEmpty(): boolean {
    return this.#representatives.length === 0;
  }

  /**
   * Overwrites a person's hash by that of the representative, in place. Returns false when the person is its own
   * representative.
   */
  follow(words: Uint32Array, at: number): boolean {
    const index = this.#ids.find(words[at + 1]!, words[at]!);
    const representative = this.#representatives[index];
    if (representative === undefined || representative === index) return false;
    words[at] = this.#ids.low(representative);
    words[at + 1] = this.#ids.high(representative);
    return true;
  }

  /** Returns all ids of the person, the representative first. */
  idsOf(high: number, low: number): Uint32Array {
    const index = this.#ids.find(high, low);
    const representative = this.#representatives[index];
    if (representative === undefined) return Uint32Array.of(low, high);
    const words = [this.#ids.low(representative), this.#ids.high(representative)];
    for (const [id, other] of this.#representatives.entries()) {
      if (other === representative && id !== representative) words.push(this.#ids.low(id), this.#ids.high(id));
    }
    return Uint32Array.from(words);
  }
}

const IS_LED_TO = 1;
const LEADS_AWAY = 2;

/** Returns the number of the representative of each id. */
function representativesOf(ids: HashIndex, edges: Iterable<readonly [number, number]>): Int32Array {
  const parents = Int32Array.from({ length: ids.size }, (_, id) => id);
  const roles = new Uint8Array(ids.size);
  for (const [from, to] of edges) {
    roles[from]! |= LEADS_AWAY;
    roles[to]! |= IS_LED_TO;
    parents[rootOf(parents, from)] = rootOf(parents, to);
  }
  const best = new Int32Array(ids.size).fill(NOT_FOUND);
  for (let id = 0; id < ids.size; id++) {
    const root = rootOf(parents, id);
    const known = best[root]!;
    if (known === NOT_FOUND || precedes(ids, roles, id, known)) best[root] = id;
  }
  return Int32Array.from(parents, (_, id) => best[rootOf(parents, id)]!);
}

function precedes(ids: HashIndex, roles: Uint8Array, id: number, other: number): boolean {
  const rank = rankOf(roles[id]!) - rankOf(roles[other]!);
  return rank === 0 ? ids.compare(id, other) < 0 : rank < 0;
}

function rankOf(role: number): number {
  if ((role & IS_LED_TO) === 0) return 2;
  return (role & LEADS_AWAY) === 0 ? 0 : 1;
}

function rootOf(parents: Int32Array, id: number): number {
  let root = id;
  while (parents[root] !== root) {
    parents[root] = parents[parents[root]!]!;
    root = parents[root]!;
  }
  return root;
}
