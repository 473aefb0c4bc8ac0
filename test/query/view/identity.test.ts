// The links of ids: read once and then only new ones, kept of as many tenants as fit, and the same however they are read.

import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { LATE_IMPORT } from '../../../src/core/event/columns.ts';
import { LIMITS } from '../../../src/core/limits.ts';
import { deviceHash, hashesOf, type IdHash, userHash } from '../../../src/core/people/id-hashes.ts';
import { peopleOf } from '../../../src/core/people/linked-people.ts';
import { hashText, holdingLink, type Link, Links } from '../../../src/core/people/links.ts';
import { linksBeyond } from '../../../src/core/people/person-bound.ts';
import { insertLinks } from '../../../src/lake/manifest/link-store.ts';
import { recordColumns } from '../../../src/lake/segment/record-columns.ts';
import { readIdentity } from '../../../src/query/view/identity.ts';
import { record, testHasher } from '../../support/events.ts';
import { fakeD1 } from '../../support/fake-d1.ts';

const limits = LIMITS as { -readonly [limit in keyof typeof LIMITS]: number };
const { linksMax, linksKeptMax, linkPageRowsMax, personIdsMax, crowdIdsMax } = LIMITS;
afterEach(() => Object.assign(limits, { linksMax, linksKeptMax, linkPageRowsMax, personIdsMax, crowdIdsMax }));

/** Links of two ids each that no other link has. */
const pairs = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i): Link => {
    return { kind: 'device', from: hashText(1, 2 * (from + i) + 1), to: hashText(1, 2 * (from + i) + 2), atMs: i };
  });

/** Tenants with the given numbers of links. */
async function tenants(counts: Record<string, number>) {
  const { db, fake } = fakeD1();
  for (const [uid, count] of Object.entries(counts)) await db.batch(insertLinks(db, uid, 'test', pairs(count)));
  const rows: number[] = [];
  const prepare = db.prepare.bind(db);
  const counting = Object.assign(Object.create(db) as D1Database, {
    prepare: (sql: string) => {
      const statement = prepare(sql) as D1PreparedStatement & { all: () => Promise<{ results: unknown[] }> };
      const bind = statement.bind.bind(statement);
      return Object.assign(statement, {
        bind: (...values: unknown[]) => {
          const bound = bind(...values);
          const all = bound.all.bind(bound);
          return Object.assign(bound, {
            all: async () => {
              const answer = await all();
              rows.push(answer.results.length);
              return answer;
            },
          });
        },
      });
    },
  });
  /** Whether the tenant's links can be followed, with the calls and the rows that were read for them. */
  const read = async (uid: string) => {
    rows.length = 0;
    const before = fake.callCount;
    const { ok: isOk } = await readIdentity(counting, { uid, hashKey: HASH_KEY }, []);
    return { isOk, rows: rows.reduce((sum, count) => sum + count, 0), calls: fake.callCount - before };
  };
  return { db, fake, read };
}

describe('the links of a tenant', () => {
  it('are read once, and then only those that are new', async () => {
    const { db, read } = await tenants({ shop: 4 });
    expect(await read('shop')).toEqual({ isOk: true, rows: 4, calls: 1 });
    expect(await read('shop')).toEqual({ isOk: true, rows: 0, calls: 1 });
    await db.batch(insertLinks(db, 'shop', 'test', pairs(2, 50)));
    expect(await read('shop')).toEqual({ isOk: true, rows: 2, calls: 1 });
  });

  it('are dropped when they do not fit, those of the tenant asked for longest ago first', async () => {
    limits.linksKeptMax = 10;
    const { read } = await tenants({ a: 4, b: 5, c: 3 });
    expect((await read('a')).rows).toBe(4);
    expect((await read('b')).rows).toBe(5);
    expect((await read('a')).rows).toBe(0);
    expect((await read('c')).rows).toBe(3);
    expect((await read('a')).rows).toBe(0);
    expect((await read('b')).rows).toBe(5);
  });

  it('are not read again when they are known to be too many', async () => {
    Object.assign(limits, { linksMax: 5, linkPageRowsMax: 2 });
    const { db, read } = await tenants({ large: 9, small: 5 });
    const first = await read('large');
    // A page that showed that there are several, the head, and the pages up to the one that passes the bound.
    expect(first).toMatchObject({ isOk: false, rows: 2 + 1 + 8 });
    // One look whether a link was undone since.
    expect(await read('large')).toEqual({ isOk: false, rows: 0, calls: 1 });
    expect((await read('small')).isOk).toBe(true);
    await db.batch(insertLinks(db, 'small', 'test', pairs(1, 50)));
    expect((await read('small')).isOk).toBe(false);
    expect(await read('small')).toEqual({ isOk: false, rows: 0, calls: 1 });
  });

  it('are read again when some of too many are undone', async () => {
    limits.linksMax = 5;
    const { db, fake, read } = await tenants({ shop: 4 });
    expect((await read('shop')).isOk).toBe(true);
    await db.batch(insertLinks(db, 'shop', 'import', pairs(3, 50)));
    expect((await read('shop')).isOk).toBe(false);
    undo(fake, 'shop', 'import');
    expect((await read('shop')).isOk).toBe(true);
    expect(await read('shop')).toEqual({ isOk: true, rows: 0, calls: 1 });
  });

  it('are too many sooner where ids have several links, which take more memory', async () => {
    limits.linksMax = 12;
    const { db, read } = await tenants({ pairs: 12, chain: 0 });
    const chain = [1, 2, 3, 4, 5].map(
      (at): Link => ({ ...pairs(1)[0]!, from: hashText(9, at), to: hashText(9, at + 1) }),
    );
    await db.batch(insertLinks(db, 'chain', 'test', chain));
    expect((await read('pairs')).isOk).toBe(true);
    expect((await read('chain')).isOk).toBe(false);
  });
});

const HASH_KEY = [1, 2, 3, 4] as const;
const IDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const textOf = ({ high, low }: IdHash) => hashText(high, low);
const userOf = (id: string) => textOf(userHash(testHasher, id));
const deviceOf = (id: string) => textOf(deviceHash(testHasher, id));
const anyLink = fc
  .record({
    kind: fc.constantFrom('device' as const, 'device' as const, 'alias' as const),
    from: fc.constantFrom(...IDS),
    to: fc.constantFrom(...IDS),
    atMs: fc.nat(4),
  })
  .filter(({ from, to }) => from !== to);
const anyStep = fc.record({
  links: fc.array(anyLink, { maxLength: 5 }),
  isStored: fc.boolean(),
  /** The number of the source whose links are undone. */
  undoes: fc.option(fc.nat(3)),
  asks: fc.boolean(),
});

const LAST = { links: [], isStored: false, undoes: null, asks: true };
/** The links of a test name their ids; those of the product have hashes. */
const hashed = (link: Link): Link => {
  return { ...link, from: (link.kind === 'device' ? deviceOf : userOf)(link.from), to: userOf(link.to) };
};
const tailOf = (links: readonly Link[]) => recordColumns(links.map(eventOf), testHasher, LATE_IMPORT);

/** Undoes the links of a source as an import is undone. */
function undo(fake: ReturnType<typeof fakeD1>['fake'], uid: string, source: string): void {
  fake.select(
    `INSERT OR REPLACE INTO links (uid, kind, from_hash, to_hash, at_ms, source, undone)
     SELECT uid, kind, from_hash, to_hash, at_ms, source, 1 FROM links WHERE uid = ? AND source = ? AND undone = 0`,
    [uid, source],
  );
}

describe('a person of more ids than one may have', () => {
  const linked = (count: number, to: string, atMs = 0) =>
    Array.from(
      { length: count },
      (_, i): Link => ({
        kind: 'device',
        from: hashText(3, 2 * i + Number.parseInt(to, 16)),
        to,
        atMs: atMs + i,
      }),
    );
  const alice = hashText(0, 1);
  const bob = hashText(0, 2);
  const idsOf = async (db: D1Database, person: number) => {
    const read = await readIdentity(db, { uid: 'u', hashKey: HASH_KEY }, []);
    return read.ok ? read.value.idsOf(0, person).length / 2 : null;
  };

  it('has the first ones, whichever flush is stored first', async () => {
    const [{ db: one }, { db: other }] = [fakeD1(), fakeD1()];
    const links = linked(700, alice);
    await one.batch(insertLinks(one, 'u', 's', links));
    await other.batch(insertLinks(other, 'u', 's', links.slice(300)));
    await other.batch(insertLinks(other, 'u', 't', links.slice(0, 300)));
    const [read, again] = await Promise.all(
      [one, other].map((db) => readIdentity(db, { uid: 'u', hashKey: HASH_KEY }, [])),
    );
    if (!read!.ok || !again!.ok) throw new Error('not read');
    const ids = read!.value.idsOf(0, 1);
    expect(ids.length / 2).toBe(500);
    expect(again!.value.idsOf(0, 1).toSorted()).toEqual(ids.toSorted());
    // The first 499 devices, and the user.
    expect(Math.max(...[...ids].filter((_, at) => at % 2 === 0))).toBe(2 * 498 + 1);
  });

  it('has none when it is so large that its links are not decided about, and no other person loses any', async () => {
    Object.assign(limits, { personIdsMax: 5, crowdIdsMax: 40 });
    const { db } = fakeD1();
    await db.batch(insertLinks(db, 'u', 's', [...linked(50, alice), ...linked(20, bob)]));
    expect(await idsOf(db, 1)).toBe(1);
    expect(await idsOf(db, 2)).toBe(5);
  });
});

describe('people', () => {
  it('belong by the earliest date of a link that one flush tells twice', async () => {
    const { db } = fakeD1();
    const told = [
      { kind: 'device', from: 'g', to: 'd', atMs: 0 },
      { kind: 'device', from: 'g', to: 'd', atMs: 1 },
    ] as const;
    await db.batch(insertLinks(db, 'u', 's', told.map(hashed)));
    const { results } = await db.prepare('SELECT at_ms FROM links').all<{ at_ms: number }>();
    expect(results).toEqual([{ at_ms: 0 }]);
  });

  it.each([
    ['', personIdsMax],
    [', also where a person may have only few ids', 3],
  ])(
    'are the same however their links are read: at once, piece by piece, from tails%s',
    {
      timeout: 60_000,
    },
    async (_, idsMax) => {
      Object.assign(limits, { linkPageRowsMax: 2, personIdsMax: idsMax });
      await fc.assert(
        fc.asyncProperty(fc.array(anyStep, { maxLength: 7 }), async (steps) => {
          const { db, fake } = fakeD1();
          const hashKey = [1, 2, 3, 4].map((word) => word.toString(16).padStart(8, '0')).join('');
          fake.select(
            `INSERT INTO tenants (uid, id, name, regions, timezone, hash_key, created_at_ms) VALUES ('u', 'shop', '', '["weur"]', 'UTC', ?, 0)`,
            [hashKey],
          );
          const sources: Link[][] = [];
          let told: Link[] = [];
          for (const { links, isStored, undoes, asks } of [...steps, LAST]) {
            told = [...told, ...links];
            if (isStored) {
              const source = told.map(hashed);
              await db.batch(insertLinks(db, 'u', `s${sources.length}`, source));
              sources.push(source);
              told = [];
            }
            if (undoes !== null && undoes < sources.length) {
              undo(fake, 'u', `s${undoes}`);
              sources[undoes] = [];
            }
            if (!asks) continue;
            const read = await readIdentity(
              db,
              { uid: 'u', hashKey: HASH_KEY },
              told.length === 0 ? [] : [tailOf(told)],
            );
            const all = [...sources.flat(), ...told.map(hashed)];
            expect(read.ok && peopleIn(read.value)).toEqual(peopleIn(bounded(all, idsMax)));
          }
        }),
        { numRuns: 80 },
      );
    },
  );
});

function eventOf({ kind, from, to, atMs }: { kind: string; from: string; to: string; atMs: number }, index: number) {
  const common = { id: `e${index}`, atMs, user_id: to };
  if (kind === 'device') return record({ ...common, type: 'identify', event: 'identify', anonymous_id: from });
  return record({ ...common, type: 'alias', event: 'alias', properties: { previousId: from } });
}

/** The people of links of which each device's first holds, and those links that give nobody too many ids. */
function bounded(all: readonly Link[], idsMax: number) {
  const real = all.filter(({ from, to }) => from !== to);
  const byId = Map.groupBy(real, ({ kind, from, to }) => `${kind} ${from} ${kind === 'alias' ? to : ''}`);
  const holding = [...byId.values()].map(holdingLink);
  const beyond = new Set(linksBeyond(holding, idsMax));
  return peopleOf(Links.EMPTY.with(holding.filter((link) => !beyond.has(link))));
}

function peopleIn(people: ReturnType<typeof peopleOf>) {
  return IDS.flatMap((id) =>
    hashesOf(testHasher, id).map(({ high, low }) => {
      const words = Uint32Array.of(low, high);
      people.follow(words, 0);
      const hashes = new BigUint64Array(people.idsOf(high, low).buffer);
      return { id, person: hashText(words[1]!, words[0]!), first: hashes[0], all: [...hashes].sort() };
    }),
  );
}
