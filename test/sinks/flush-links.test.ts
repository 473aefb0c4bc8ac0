// Links reach D1 with their flush, even when it is redelivered, and an isolate reads only those that it has not read
// yet.

import { describe, expect, it } from 'vitest';
import { loadTenant } from '../../src/control/tenants/tenants.ts';
import type { Link } from '../../src/core/people/links.ts';
import { Hasher } from '../../src/core/std/hash.ts';
import { insertLinks, readLinks, undoLinks } from '../../src/lake/manifest/link-store.ts';
import { recordColumns } from '../../src/lake/segment/record-columns.ts';
import { flushLinks } from '../../src/sinks/flush-links.ts';
import { record } from '../support/events.ts';
import { fakeD1 } from '../support/fake-d1.ts';
import { fakeApp } from '../support/fake-services.ts';

const link = (from: string, atMs: number): Link => ({
  kind: 'device',
  from: from.padStart(16, '0'),
  to: 'f'.repeat(16),
  atMs,
});

describe('the links of a flush', () => {
  it('are hashed with the key of the tenant', async () => {
    const { services, createTenant } = fakeApp();
    const { uid } = await createTenant('shop');
    const hasher = new Hasher((await loadTenant(services.db, uid))!.tenant.hashKey);
    const alias = record({ id: '1', type: 'alias', event: 'alias', user_id: 'new', properties: { previousId: 'old' } });
    const columns = recordColumns([alias], hasher, 0);
    const [found] = await flushLinks(services.db, uid, columns);
    hasher.hash('old');
    expect(found).toMatchObject({
      kind: 'alias',
      from: hasher.high.toString(16).padStart(8, '0') + hasher.low.toString(16).padStart(8, '0'),
    });
    expect(await flushLinks(services.db, 'gone', columns)).toEqual([]);
  });
});

describe('stored links', () => {
  it('that were undone hold again when they are told again, and not when their flush comes twice', async () => {
    const { db, fake } = fakeD1();
    const store = (seqFrom: number) => db.batch(insertLinks(db, 'uid', 'incarnation', [link('a', 20)], seqFrom));
    const held = async () => (await readLinks(db, 'uid', 0)).links.length;
    const isStored = "INSERT INTO flushes VALUES ('uid', 'incarnation', ?, 9, 'x', 0, 0, 0, 0, 0, 0, 0, 0)";
    await store(3);
    fake.select(isStored, [3]);
    await undoLinks(db, 'uid', { pairs: [], sources: ['incarnation'] });
    expect(await held()).toBe(0);
    await store(3);
    expect(await held()).toBe(0);
    await store(5);
    expect(await held()).toBe(1);
  });

  it('are kept once, the earliest of each, and read on from where one was', async () => {
    const { db } = fakeD1();
    const store = (...links: Link[]) => db.batch(insertLinks(db, 'uid', 'incarnation', links));
    await store(link('a', 20), link('b', 5));
    const first = await readLinks(db, 'uid', 0);
    expect(first.links).toMatchObject([link('a', 20), link('b', 5)]);
    await store(link('a', 20), link('b', 9));
    expect((await readLinks(db, 'uid', first.linkSeq)).links).toEqual([]);
    await store(link('a', 10));
    const again = await readLinks(db, 'uid', first.linkSeq);
    expect(again.links).toMatchObject([link('a', 10)]);
    expect((await readLinks(db, 'uid', 0)).links).toHaveLength(2);
    expect((await readLinks(db, 'other', 0)).links).toEqual([]);
    expect((await readLinks(db, 'uid', again.linkSeq)).linkSeq).toBe(again.linkSeq);
  });
});
