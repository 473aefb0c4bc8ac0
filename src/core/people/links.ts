/**
 * Links: pairs of ids that are one person. They are an overlay over the person hashes of events (CORRECTNESS H1): the
 * events stay as they came, and every answer counts them for the representative of their person.
 *
 * | event | link |
 * |---|---|
 * | `identify` with `anonymousId` and `userId` | device: the anonymous id belongs to the user |
 * | `alias` with `previousId` | alias: the previous id, whether a user's or a device's, and the event's person are one |
 *
 * - An anonymous id belongs to one user only, the first: of its device links the least by (time, user's hash)
 *   holds; the time is the receipt, or for an import the event's (find-links.ts). So two users of one browser stay two people, and events of an anonymous visitor there count for the first
 *   one.
 * - Aliases always hold. The holding links are edges; a person is a connected component of them.
 * - A component is represented by the id that links lead to and from which none leads away: the user's. Among several
 *   such ids, or in a circle, where there is none, among all that links lead to, it is the one of the least hash.
 *
 * Invariant: the representatives are a function of the set of links: adding in any order, and twice, changes nothing.
 * Refused: merging two users because they used one device (a family's tablet would be one customer); the last user
 * instead of the first (each new login would move the history of the device).
 */
import { NOT_FOUND } from '../std/hash-index.ts';
import { PairTable } from './pair-table.ts';

export const LINK_KINDS = ['device', 'alias'] as const;
export type LinkKind = (typeof LINK_KINDS)[number];

/** Two ids by hashes of 16 hex digits: unlike numbers they pass through JSON and D1 unharmed. */
export interface Pair {
  readonly from: string;
  readonly to: string;
}

export interface Link extends Pair {
  readonly kind: LinkKind;
  readonly atMs: number;
}

export function hashText(high: number, low: number): string {
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}

/** Returns the hash of the device whose name is that of the user with this hash, and the other way round (id-hashes.ts). */
export function swapped(hash: string): string {
  return hash.slice(8) + hash.slice(0, 8);
}

/**
 * A set of links that hold, 16 bytes each. It never changes, and shares memory with the sets that are made of it.
 *
 * Of a device it has the one link that holds, without its time. Whoever adds another link of that device decides again
 * among all of its links.
 */
export class Links {
  static readonly EMPTY = new Links(PairTable.EMPTY, PairTable.EMPTY, PairTable.EMPTY_SET);
  /** The user of each device. */
  readonly devices: PairTable;
  /** An id's first alias. */
  readonly aliases: PairTable;
  /** The set of the other aliases of ids that have several. */
  readonly furtherAliases: PairTable;

  constructor(devices: PairTable, aliases: PairTable, furtherAliases: PairTable) {
    this.devices = devices;
    this.aliases = aliases;
    this.furtherAliases = furtherAliases;
  }

  get size(): number {
    return this.devices.size + this.aliases.size + this.furtherAliases.size;
  }

  /** Returns the links by which some device has another user than in this set, or two users. */
  undecided(links: readonly Link[]): Link[] {
    const users = new Map<string, string>();
    const found = new Set<string>();
    for (const { kind, from, to } of links) {
      if (kind !== 'device' || from === to) continue;
      const known = users.get(from) ?? targetOf(this.devices, from);
      users.set(from, to);
      if (known !== null && known !== to) found.add(from);
    }
    return links.filter(({ kind, from }) => kind === 'device' && found.has(from));
  }

  /** Returns the set with these links too. Of each device there is one link, which holds. */
  with(links: readonly Link[]): Links {
    const devices: number[] = [];
    const aliases: number[] = [];
    const further: number[] = [];
    const firsts = new Map<string, string>();
    for (const { kind, from, to } of links) {
      if (from === to) continue;
      if (kind === 'device') {
        if (targetOf(this.devices, from) !== to) devices.push(...wordsOf(from), ...wordsOf(to));
        continue;
      }
      for (const id of [from, swapped(from)]) {
        const first = firsts.get(id) ?? targetOf(this.aliases, id);
        if (id === to || first === to) continue;
        (first === null ? aliases : further).push(...wordsOf(id), ...wordsOf(to));
        if (first === null) firsts.set(id, to);
      }
    }
    if (devices.length + aliases.length + further.length === 0) return this;
    return new Links(this.devices.with(devices), this.aliases.with(aliases), this.furtherAliases.with(further));
  }
}

/** Returns the links without these pairs: those of devices, and those of aliases. */
export function without(
  { devices, aliases, furtherAliases }: Links,
  pairs: { readonly devices: readonly Pair[]; readonly aliases: readonly Pair[] },
): Links {
  const wordsIn = (list: readonly Pair[]) => list.flatMap(({ from, to }) => [...wordsOf(from), ...wordsOf(to)]);
  const aliasWords = wordsIn(pairs.aliases);
  return new Links(
    devices.without(wordsIn(pairs.devices)),
    aliases.without(aliasWords),
    furtherAliases.without(aliasWords),
  );
}

/** Returns the link of a device that holds, of all links that the device has. */
export function holdingLink(links: readonly Link[]): Link {
  return links.reduce((first, link) => (compareLinks(link, first) < 0 ? link : first));
}

function compareLinks(left: Link, right: Link): number {
  return left.atMs - right.atMs || (left.to < right.to ? -1 : left.to === right.to ? 0 : 1);
}

function targetOf(table: PairTable, key: string): string | null {
  const [high, low] = wordsOf(key);
  const place = table.find(high, low);
  return place === NOT_FOUND ? null : hashText(table.high(place), table.low(place));
}

/** High and low word of a hash. */
function wordsOf(hash: string): [number, number] {
  return [Number.parseInt(hash.slice(0, 8), 16), Number.parseInt(hash.slice(8), 16)];
}
