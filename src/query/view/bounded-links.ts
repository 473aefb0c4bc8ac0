/**
 * Bounded links: the links without those that would give a person more ids than a person may have (person-bound.ts).
 *
 * The times of links are not held, and matter here alone: for the ids of the people who would have too many, the database is
 * asked for them. A stranger can make any number of such people, so that only so many ids are decided about, those of the
 * smallest of them first. The others are left as unlinked ids: a person of tens of thousands of ids is nobody.
 */
import { LIMITS } from '../../core/limits.ts';
import { type Crowd, crowdsIn } from '../../core/people/crowds.ts';
import { holdingLink, type Link, type Links, type Pair, swapped, without } from '../../core/people/links.ts';
import { linksBeyond, pairsOf } from '../../core/people/person-bound.ts';
import { readAliases, readHoldingLinks } from '../../lake/manifest/link-store.ts';

/** `further`: links that are not stored, which `links` has, too. */
export async function boundedLinks(
  db: D1Database,
  uid: string,
  links: Links,
  further: readonly Link[],
): Promise<Links> {
  const crowds = crowdsIn(links, LIMITS.personIdsMax);
  if (crowds.length === 0) return links;
  const { small, large } = divided(crowds);
  const timed = await timedLinks(db, uid, small, further);
  const beyond = linksBeyond(timed, LIMITS.personIdsMax);
  const pairs = (kind: Link['kind']) => beyond.filter((link) => link.kind === kind).flatMap(pairsOf);
  return without(links, {
    devices: [...large.flatMap(({ devices }) => devices), ...pairs('device')],
    aliases: [...large.flatMap(({ aliases }) => aliases), ...pairs('alias')],
  });
}

/** The smallest crowds, as many as are decided about, and the others. */
function divided(crowds: readonly Crowd[]): { readonly small: Crowd[]; readonly large: Crowd[] } {
  const order = crowds.toSorted((a, b) => a.idCount - b.idCount || (a.person < b.person ? -1 : 1));
  let idCount = 0;
  const found = order.findIndex((crowd) => {
    idCount += crowd.idCount;
    return idCount > LIMITS.crowdIdsMax;
  });
  const count = found === -1 ? order.length : found;
  return { small: order.slice(0, count), large: order.slice(count) };
}

/** The links that hold of these people, each once with its earliest time. */
async function timedLinks(
  db: D1Database,
  uid: string,
  crowds: readonly Crowd[],
  further: readonly Link[],
): Promise<Link[]> {
  const holding = new Set(crowds.flatMap(({ devices }) => devices).map(keyOf));
  const aliased = new Set(crowds.flatMap(({ aliases }) => aliases).map(keyOf));
  const isWanted = (link: Link) =>
    link.kind === 'device' ? holding.has(keyOf(link)) : pairsOf(link).some((pair) => aliased.has(keyOf(pair)));
  const stored = [
    ...(await readHoldingLinks(db, uid, idsIn(crowds.flatMap(({ devices }) => devices)))),
    ...(await readAliases(db, uid, withTwins(idsIn(crowds.flatMap(({ aliases }) => aliases))))),
  ];
  const byLink = Map.groupBy([...stored, ...further].filter(isWanted), (link) => `${link.kind} ${keyOf(link)}`);
  return [...byLink.values()].map(holdingLink);
}

function idsIn(pairs: readonly Pair[]): string[] {
  return [...new Set(pairs.map(({ from }) => from))];
}

/** An alias is stored under the previous id as a user's, and leads away from the device of that name, too. */
function withTwins(ids: readonly string[]): string[] {
  return [...new Set(ids.flatMap((id) => [id, swapped(id)]))];
}

function keyOf({ from, to }: Pair): string {
  return `${from} ${to}`;
}
