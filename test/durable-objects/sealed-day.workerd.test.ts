// A sealed day on the real runtime: resends, late events, evictions and returning parts change no count. Each test ends
// with a check of the books: every acknowledged id is counted once (G1).

import { abortAllDurableObjects, evictDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../src/core/limits.ts';
import { bindings, deliver, newTenant } from './support/ledger.ts';

const { DB } = bindings;

describe('a sealed day', () => {
  const sealedDay = async (shards = 1) => {
    const tenant = await newTenant(shards);
    const dayMs = Date.now() - DAY_MS - 3 * HOUR_MS;
    const batch = tenant.events(30, DAY_MS + 3 * HOUR_MS);
    await tenant.send(batch);
    for (let index = 0; index < shards; index++) await tenant.store(index);
    await tenant.seal(dayMs);
    expect(await tenant.sealedRevision(dayMs)).toBe(1);
    await tenant.checkBooks();
    return { ...tenant, batch, dayMs };
  };

  it('does not count a resend, whatever was evicted meanwhile', async () => {
    const { send, checkBooks, store, seal, batch, dayMs, stub, address } = await sealedDay();
    expect((await send(batch)).body).toMatchObject({ accepted: 0, duplicate: 30 });
    await evictDurableObject(stub());
    expect((await send(batch)).body).toMatchObject({ accepted: 0, duplicate: 30 });
    await checkBooks();
    await store();
    await deliver('tidemark-flush', [{ address: address() }]);
    await checkBooks();
    await seal(dayMs);
    await checkBooks();
  });

  it('counts a late event from its ack on, once: live, stored, and sealed again', async () => {
    const { send, checkBooks, store, seal, sealedRevision, events, dayMs, stub } = await sealedDay();
    const late = events(7, DAY_MS + 3 * HOUR_MS);
    expect((await send(late)).body).toMatchObject({ accepted: 7 });
    await checkBooks();
    await evictDurableObject(stub());
    await checkBooks();
    await store();
    await checkBooks();
    await Promise.all([seal(dayMs), seal(dayMs)]);
    expect(await sealedRevision(dayMs)).toBe(2);
    await checkBooks();
    expect((await send(late)).body).toMatchObject({ duplicate: 7 });
    await abortAllDurableObjects();
    await checkBooks();
  });

  it('does not count the parts it covers, should they ever come back (CORRECTNESS A5)', async () => {
    const { uid, events, send, checkBooks, store, seal, sealedRevision } = await newTenant();
    const dayMs = Date.now() - DAY_MS;
    await send(events(15, DAY_MS));
    await store();
    const { results } = await DB.prepare('SELECT * FROM parts WHERE uid = ?').bind(uid).all();
    await seal(dayMs);
    expect(await sealedRevision(dayMs)).toBe(1);
    const [first] = results;
    const columns = Object.keys(first!);
    const insert = DB.prepare(
      `INSERT OR IGNORE INTO parts (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    );
    await DB.batch(results.map((part) => insert.bind(...columns.map((column) => part[column]))));
    await checkBooks();
    await send(events(5, DAY_MS));
    await checkBooks();
  });

  it('takes its share of a part that has the next day too, and leaves the rest', async () => {
    const { send, checkBooks, store, seal, sealedRevision, events } = await newTenant();
    const dayMs = Date.now() - DAY_MS;
    await send([...events(15, DAY_MS), ...events(8)]);
    await store();
    await seal(dayMs);
    expect(await sealedRevision(dayMs)).toBe(1);
    await checkBooks();
    await send(events(4, DAY_MS));
    await store();
    await checkBooks();
  });

  it('of several shards is whole when one of them has more than the seal covers', async () => {
    const { send, checkBooks, store, events } = await sealedDay(3);
    await send(events(20, DAY_MS + 3 * HOUR_MS));
    await checkBooks();
    await store(1);
    await checkBooks();
  });
});
