// Facts of names over the real migrations: they only grow, whatever isolate writes them.
import { describe, expect, it } from 'vitest';
import { DAY_MS, LIMITS } from '../../../src/core/limits.ts';
import { typesOf } from '../../../src/core/names/value-types.ts';
import { readFacts } from '../../../src/lake/names/fact-store.ts';
import { factsToKeep } from '../../../src/lake/names/keep-facts.ts';
import { factsOf } from '../../core/names/facts-of.ts';
import { NOON_MS, record } from '../../support/events.ts';
import { fakeD1 } from '../../support/fake-d1.ts';

type Parts = Parameters<typeof record>[0];

/** Stores a batch as a flush does; returns the number of statements. `isNew`: an isolate that remembers nothing. */
async function keep(db: D1Database, parts: readonly Parts[], options: { remembers?: boolean } = {}): Promise<number> {
  const { statements, remember } = factsToKeep(db, 'u', factsOf(parts.map(record)));
  if (statements.length > 0) await db.batch([...statements]);
  if (options.remembers !== false) remember();
  return statements.length;
}

async function kept(db: D1Database, name: string) {
  return (await readFacts(db, 'u')).filter((facts) => facts.name === name);
}

describe('kept facts', () => {
  it('grow by what each batch tells', async () => {
    const { db } = fakeD1();
    await keep(db, [{ id: 'a', event: 'Bought', properties: { plan: 'pro' } }], { remembers: false });
    await keep(db, [{ id: 'b', event: 'Viewed', atMs: NOON_MS - DAY_MS, properties: { plan: 7 } }], {
      remembers: false,
    });
    await keep(db, [{ id: 'c', event: 'Viewed', atMs: NOON_MS + DAY_MS, properties: { plan: 8 } }]);
    const [plan] = await kept(db, 'plan');
    expect(typesOf(plan!.types)).toEqual(['text', 'number']);
    expect([...plan!.events].sort()).toEqual(['Bought', 'Viewed']);
    expect([plan!.firstMs, plan!.lastMs]).toEqual([NOON_MS - DAY_MS, NOON_MS + DAY_MS]);
  });

  it('are written once a day, and again for a new type or event', async () => {
    const { db } = fakeD1();
    const bought = { id: 'a', event: 'Bought', properties: { plan: 'pro' } };
    expect(await keep(db, [bought])).toBe(1);
    expect(await keep(db, [{ ...bought, atMs: NOON_MS + 1 }])).toBe(0);
    expect(await keep(db, [{ ...bought, properties: { plan: 1 } }])).toBe(1);
    expect(await keep(db, [{ ...bought, event: 'Viewed' }])).toBe(1);
    expect(await keep(db, [bought])).toBe(0);
    expect(await keep(db, [{ ...bought, atMs: NOON_MS + DAY_MS }])).toBe(1);
  });

  it('are written again after a batch that was not stored', async () => {
    const { db } = fakeD1();
    factsToKeep(db, 'u', factsOf([record({ id: 'a' })]));
    expect(await keep(db, [{ id: 'a' }])).toBe(1);
  });

  it('are at most so many of a kind, and those that are kept go on growing', async () => {
    const { db } = fakeD1();
    const batch = (from: number) =>
      Array.from({ length: 500 }, (_, i): Parts => ({ id: `e${i}`, event: `Event ${from + i}` }));
    for (let from = 0; from < LIMITS.namesKeptMax + 1_000; from += 500) await keep(db, batch(from));
    expect((await readFacts(db, 'u')).filter(({ kind }) => kind === 'event')).toHaveLength(LIMITS.namesKeptMax);
    await keep(db, [{ id: 'x', event: 'Event 0', atMs: NOON_MS + DAY_MS }]);
    expect((await kept(db, 'Event 0'))[0]!.lastMs).toBe(NOON_MS + DAY_MS);
    expect(await kept(db, `Event ${LIMITS.namesKeptMax}`)).toEqual([]);
  });

  it('never hold a value', async () => {
    const { db } = fakeD1();
    await keep(db, [{ id: 'a', user_id: 'secret-person', properties: { card: 'secret-value' } }]);
    const { results } = await db.prepare('SELECT * FROM name_facts').all();
    expect(JSON.stringify(results)).not.toContain('secret');
    expect(results).toHaveLength(2);
  });

  it('of a server find room, whatever browsers have made up: events, properties and traits', async () => {
    const { db } = fakeD1();
    const flood = (from: number) =>
      Array.from({ length: 500 }, (_, i): Parts => {
        const properties = { [`p${from + i}`]: 1 };
        const own: Parts = { id: `e${i}`, event: `Made up ${from + i}`, properties, sender: 'browser' };
        return i % 2 === 0 ? own : { ...own, type: 'identify' };
      });
    for (let from = 0; from < 3 * LIMITS.namesKeptMax; from += 500) await keep(db, flood(from), { remembers: false });
    const count = async (kind: string) => (await readFacts(db, 'u')).filter((facts) => facts.kind === kind).length;
    expect(await count('event')).toBe(LIMITS.namesKeptMax);
    expect(await count('property')).toBeLessThanOrEqual(LIMITS.namesKeptMax + 250);
    const ofServer: Parts[] = [
      { id: 'a', event: 'Order Paid', properties: { total: 5 }, sender: 'server' },
      { id: 'b', type: 'identify', event: '', properties: { plan: 'pro' }, sender: 'server' },
      { id: 'c', event: 'Imported', sender: 'import' },
    ];
    // In one batch with a flood that comes first.
    await keep(db, [...flood(100_000), ...ofServer], { remembers: false });
    for (const name of ['Order Paid', 'total', 'plan', 'Imported']) expect(await kept(db, name)).toHaveLength(1);
    expect(await count('event')).toBe(LIMITS.namesKeptMax + 2);
  });

  it('of browsers are forgotten after a month, when there is no room, and those of servers are not', async () => {
    const { db } = fakeD1();
    const batch = (from: number): Parts[] =>
      Array.from({ length: 500 }, (_, i) => ({ id: `e${i}`, event: `Made up ${from + i}`, sender: 'browser' }));
    await keep(db, [{ id: 's', event: 'Yearly', sender: 'server' }]);
    await keep(db, [{ id: 'b', event: 'Made up 0', sender: 'browser' }]);
    await keep(db, [{ id: 's', event: 'Made up 0', sender: 'server' }]);
    for (let from = 1; from <= LIMITS.namesKeptMax; from += 500) await keep(db, batch(from), { remembers: false });
    const later = (afterMs: number): Parts => ({ id: 'n', event: 'New', sender: 'browser', atMs: NOON_MS + afterMs });
    await keep(db, [later(LIMITS.browserNamesKeptMs)], { remembers: false });
    expect(await kept(db, 'New')).toEqual([]);
    await keep(db, [later(LIMITS.browserNamesKeptMs + 1)], { remembers: false });
    expect(await kept(db, 'New')).toHaveLength(1);
    expect(await kept(db, 'Made up 1')).toEqual([]);
    for (const name of ['Yearly', 'Made up 0']) expect(await kept(db, name)).toHaveLength(1);
  });
});
