// A person has a bounded number of ids: the first links hold, whatever order they come in, and the others join nobody.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crowdsIn } from '../../../src/core/people/crowds.ts';
import { peopleOf } from '../../../src/core/people/linked-people.ts';
import { hashText, type Link, Links, without } from '../../../src/core/people/links.ts';
import { linksBeyond, pairsOf } from '../../../src/core/people/person-bound.ts';

const IDS_MAX = 4;
const id = (n: number) => hashText(n, 1_000_000 + n);
const device = (from: number, to: number, atMs: number): Link => ({ kind: 'device', from: id(from), to: id(to), atMs });
const alias = (from: number, to: number, atMs: number): Link => ({ ...device(from, to, atMs), kind: 'alias' });

/** The people that links make, of which each device has one. */
function peopleBy(list: readonly Link[]) {
  const links = Links.EMPTY.with(list);
  const beyond = linksBeyond(list, IDS_MAX);
  const pairs = (kind: Link['kind']) => beyond.filter((link) => link.kind === kind).flatMap(pairsOf);
  return { links, beyond, people: peopleOf(without(links, { devices: pairs('device'), aliases: pairs('alias') })) };
}

function personOf(people: ReturnType<typeof peopleOf>, n: number): number {
  const words = Uint32Array.of(1_000_000 + n, n);
  people.follow(words, 0);
  return words[1]!;
}

const anyLinks = fc
  .array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), fc.nat(5)), {
    maxLength: 14,
  })
  .map((list) => {
    const links = new Map<string, Link>();
    for (const [isAlias, from, to, at] of list) {
      if (from === to) continue;
      // Each device has one link, each alias one time.
      links.set(isAlias ? `${from} ${to}` : `${from}`, (isAlias ? alias : device)(from, to, at));
    }
    return [...links.values()];
  });

describe('the ids of a person', () => {
  it('are those that were linked first', () => {
    const { people } = peopleBy([5, 1, 4, 2, 3].map((n) => device(n, 9, n)));
    expect([1, 2, 3, 4, 5, 9].map((n) => personOf(people, n))).toEqual([9, 9, 9, 4, 5, 9]);
  });

  it('are bounded over chains of users as well', () => {
    const { people } = peopleBy([1, 2, 3, 4, 5].map((n) => alias(n, n + 1, n)));
    expect([1, 2, 3, 4, 5, 6].map((n) => personOf(people, n))).toEqual([4, 4, 4, 4, 6, 6]);
  });

  it('count the user and the device that an alias may name as one', () => {
    const { beyond } = peopleBy([1, 2, 3, 4].map((n) => alias(n, 9, n)));
    expect(beyond).toEqual([alias(4, 9, 4)]);
  });

  it('are never more than the bound, and the same in any order', () => {
    fc.assert(
      fc.property(anyLinks, fc.nat(), (list, seed) => {
        const shuffled = list
          .map((link, at) => ({ link, at: Math.imul(at + seed, 0x9e3779b1) >>> 0 }))
          .sort((a, b) => a.at - b.at)
          .map(({ link }) => link);
        const [one, other] = [peopleBy(list).people, peopleBy(shuffled).people];
        for (let n = 1; n <= 12; n++) {
          expect(personOf(other, n)).toBe(personOf(one, n));
          const names = new Set<number>();
          const ids = one.idsOf(n, 1_000_000 + n);
          for (const word of ids) if (word < 1_000_000) names.add(word);
          expect(names.size).toBeLessThanOrEqual(IDS_MAX);
        }
      }),
    );
  });
});

describe('crowds', () => {
  it('are the people with more ids than the bound by all their links, with these links', () => {
    fc.assert(
      fc.property(anyLinks, fc.integer({ min: 1, max: 6 }), (list, idsMax) => {
        const links = Links.EMPTY.with(list);
        const people = peopleOf(links);
        const ids = new Set(list.flatMap((link) => pairsOf(link).flatMap(({ from, to }) => [from, to])));
        const wordsOf = (text: string) => [text.slice(0, 8), text.slice(8)].map((word) => Number.parseInt(word, 16));
        const byPerson = Map.groupBy(ids, (text) => {
          const [high, low] = wordsOf(text);
          const words = Uint32Array.of(low!, high!);
          people.follow(words, 0);
          return hashText(words[1]!, words[0]!);
        });
        const expected = [...byPerson].filter(([, own]) => own.length > idsMax);
        const crowds = crowdsIn(links, idsMax);
        expect(new Map(crowds.map(({ person, idCount }) => [person, idCount]))).toEqual(
          new Map(expected.map(([person, own]) => [person, own.length])),
        );
        for (const { person, devices, aliases } of crowds) {
          const own = new Set([...devices, ...aliases].flatMap(({ from, to }) => [from, to]));
          expect([...own].sort()).toEqual(byPerson.get(person)!.toSorted());
        }
      }),
    );
  });
});
