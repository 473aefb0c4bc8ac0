// Links: representatives do not depend on the order of links; a device has one user; aliases join.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { peopleOf } from '../../../src/core/people/linked-people.ts';
import { hashText, type Link, type Links } from '../../../src/core/people/links.ts';
import { LinksById } from '../../../src/core/people/links-by-id.ts';

const id = (n: number) => hashText(n, n * 7 + 1);
const device = (from: number, to: number, atMs = 0): Link => ({ kind: 'device', from: id(from), to: id(to), atMs });
const alias = (from: number, to: number): Link => ({ kind: 'alias', from: id(from), to: id(to), atMs: 0 });

/** The links in the order of the stored ones; links of one id in the order of the list. */
function linksOf(list: readonly Link[], pageSize = 3): Links {
  const key = ({ kind, from }: Link) => `${kind} ${from}`;
  const byId = list.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) === key(b) ? 0 : 1));
  const links = new LinksById();
  for (let from = 0; from < byId.length; from += pageSize) links.add(byId.slice(from, from + pageSize));
  return links.finish();
}

function personOf(links: Links, n: number): number {
  const words = Uint32Array.of(n * 7 + 1, n);
  peopleOf(links).follow(words, 0);
  return words[1]!;
}

const anyLink = fc
  .record({
    isAlias: fc.boolean(),
    from: fc.integer({ min: 1, max: 9 }),
    to: fc.integer({ min: 1, max: 9 }),
    at: fc.nat(3),
  })
  .map(({ isAlias, from, to, at }) => (isAlias ? alias(from, to) : device(from, to, at)));

describe('links', () => {
  it('give a device to the user it was identified as, and the device before another one too', () => {
    const links = linksOf([device(1, 5), device(2, 5)]);
    expect([1, 2, 5, 7].map((n) => personOf(links, n))).toEqual([5, 5, 5, 7]);
  });

  it('leave two users of one device two people: the device is the first one’s', () => {
    const links = linksOf([device(1, 6, 20), device(1, 5, 10)]);
    expect([1, 5, 6].map((n) => personOf(links, n))).toEqual([5, 5, 6]);
  });

  it('take the lesser hash where two users share the very moment', () => {
    expect(personOf(linksOf([device(1, 6, 10), device(1, 5, 10)]), 1)).toBe(5);
  });

  it('follow an alias of an alias to its end, the devices with it', () => {
    const links = linksOf([alias(5, 6), device(1, 5), alias(6, 7)]);
    expect([1, 5, 6, 7].map((n) => personOf(links, n))).toEqual([7, 7, 7, 7]);
  });

  it('take the least of a circle', () => {
    const links = linksOf([alias(8, 6), alias(6, 7), alias(7, 8)]);
    expect([6, 7, 8].map((n) => personOf(links, n))).toEqual([6, 6, 6]);
  });

  it('ignore a link of an id to itself', () => {
    expect(personOf(linksOf([alias(3, 3), device(3, 3)]), 3)).toBe(3);
  });

  it('list all ids of a person, its representative first', () => {
    const links = linksOf([device(1, 5), alias(2, 5), device(3, 4)]);
    expect([...peopleOf(links).idsOf(1, 8)].filter((_, at) => at % 2 === 1)).toEqual([5, 1, 2, 15]);
    expect([...peopleOf(links).idsOf(9, 64)]).toEqual([64, 9]);
  });

  it('mean the same in any order, and twice', () => {
    fc.assert(
      fc.property(fc.array(anyLink, { maxLength: 12 }), fc.nat(), (list, seed) => {
        const shuffled = [...list, ...list.slice(0, seed % 4)]
          .map((link, at) => ({ link, at: Math.imul(at + seed, 0x9e3779b1) >>> 0 }))
          .sort((a, b) => a.at - b.at)
          .map(({ link }) => link);
        const [once, again] = [linksOf(list), linksOf(shuffled)];
        for (let n = 1; n <= 9; n++) expect(personOf(again, n)).toBe(personOf(once, n));
      }),
    );
  });

  it('join exactly what a search along the links that hold joins', () => {
    fc.assert(
      fc.property(fc.array(anyLink, { maxLength: 12 }), (list) => {
        const links = linksOf(list);
        const edges = holdingLinks(list);
        for (let n = 1; n <= 9; n++) {
          const reached = reach(n, edges);
          const people = new Set([...reached].map((each) => personOf(links, each)));
          expect(people.size).toBe(1);
          expect(reached).toContain([...people][0]);
        }
      }),
    );
  });
});

const numberOf = (text: string) => Number.parseInt(text.slice(0, 8), 16);

function holdingLinks(list: readonly Link[]): [number, number][] {
  const users = new Map<number, [number, number]>();
  const edges: [number, number][] = [];
  for (const { kind, from, to, atMs } of list) {
    if (from === to) continue;
    const [a, b] = [numberOf(from), numberOf(to)];
    if (kind === 'alias') edges.push([a, b]);
    else {
      const [at, user] = users.get(a) ?? [Infinity, Infinity];
      if (atMs < at || (atMs === at && b < user)) users.set(a, [atMs, b]);
    }
  }
  return [...edges, ...[...users].map(([a, [, b]]): [number, number] => [a, b])];
}

function reach(start: number, edges: readonly [number, number][]): Set<number> {
  const reached = new Set([start]);
  for (let size = 0; size !== reached.size; ) {
    size = reached.size;
    for (const [a, b] of edges) {
      if (reached.has(a)) reached.add(b);
      if (reached.has(b)) reached.add(a);
    }
  }
  return reached;
}
