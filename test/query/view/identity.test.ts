// The cache of links: as many tenants as fit, and none with more links than an answer can follow.

import { afterEach, describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import { hashText, type Link } from '../../../src/core/people/links.ts';
import { insertLinks } from '../../../src/lake/manifest/link-store.ts';
import { readIdentity } from '../../../src/query/view/identity.ts';
import { fakeD1 } from '../../support/fake-d1.ts';

const limits = LIMITS as { linksMax: number; linkIdsKeptMax: number };
const { linksMax, linkIdsKeptMax } = LIMITS;
afterEach(() => Object.assign(limits, { linksMax, linkIdsKeptMax }));

/** Tenants with the given numbers of links; every link has two ids. */
async function tenants(counts: Record<string, number>) {
  const { db } = fakeD1();
  for (const [uid, count] of Object.entries(counts)) {
    const links = Array.from({ length: count }, (_, i): Link => {
      return { kind: 'device', from: hashText(1, 2 * i + 1), to: hashText(1, 2 * i + 2), atMs: i };
    });
    await db.batch(insertLinks(db, uid, 'test', links));
  }
  const linksRead: number[] = [];
  const counting = new Proxy(db, {
    get(target, name) {
      if (name !== 'prepare') return Reflect.get(target, name).bind(target);
      return (sql: string) => ({
        bind: (...values: unknown[]) => ({
          all: async () => {
            const page = await target
              .prepare(sql)
              .bind(...values)
              .all();
            linksRead.push(page.results.length);
            return page;
          },
        }),
      });
    },
  });
  /** The number of links that were read for a tenant. */
  return async (uid: string) => {
    linksRead.length = 0;
    const linked = await readIdentity(counting, uid, []);
    return { links: linksRead.reduce((sum, count) => sum + count, 0), isOk: linked.ok };
  };
}

describe('links', () => {
  it('are read once while they fit, and of the tenant asked for longest ago again when they do not', async () => {
    limits.linkIdsKeptMax = 20;
    const read = await tenants({ a: 4, b: 5, c: 3 });
    expect((await read('a')).links).toBe(4);
    expect((await read('b')).links).toBe(5);
    expect((await read('a')).links).toBe(0);
    // 8 + 10 + 6 ids are too many, so b is dropped.
    expect((await read('c')).links).toBe(3);
    expect((await read('a')).links).toBe(0);
    expect((await read('b')).links).toBe(5);
  });

  it('are not kept of a tenant that has more than an answer can follow', async () => {
    limits.linksMax = 5;
    const read = await tenants({ large: 6, small: 5 });
    expect(await read('large')).toEqual({ links: 6, isOk: false });
    expect(await read('small')).toEqual({ links: 5, isOk: true });
    expect(await read('large')).toEqual({ links: 6, isOk: false });
    expect(await read('small')).toEqual({ links: 0, isOk: true });
  });
});
