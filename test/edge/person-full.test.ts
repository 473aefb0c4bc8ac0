// A link to a user who has as many ids as one may have: the event is taken, and its verdict notes it.

import { describe, expect, it } from 'vitest';
import { loadTenant } from '../../src/control/tenants/tenants.ts';
import { LIMITS } from '../../src/core/limits.ts';
import { userHash } from '../../src/core/people/id-hashes.ts';
import { hashText, type Link } from '../../src/core/people/links.ts';
import { Hasher } from '../../src/core/std/hash.ts';
import { insertFullPeople, insertLinks, undoLinks } from '../../src/lake/manifest/link-store.ts';
import { fakeApp } from '../support/fake-services.ts';

describe('an identify of a user who has enough ids', () => {
  it('is taken and noted, and so is an alias; other events and other users are not noted', async () => {
    const { app, services, createTenant } = fakeApp();
    const { uid, keys } = await createTenant('shop');
    const { hashKey } = (await loadTenant(services.db, uid))!.tenant;
    const { high, low } = userHash(new Hasher(hashKey), 'alice');
    const links = (count: number): Link[] =>
      Array.from({ length: count }, (_, n) => ({
        kind: 'device',
        from: hashText(7, n + 1),
        to: hashText(high, low),
        atMs: n,
      }));
    const store = (list: readonly Link[]) =>
      services.db.batch([...insertLinks(services.db, uid, 's', list), ...insertFullPeople(services.db, uid, list)]);
    const full = async () => (await loadTenant(services.db, uid))!.tenant.fullPeople?.size ?? 0;

    await store(links(LIMITS.personIdsMax - 2));
    expect(await full()).toBe(0);
    await store(links(LIMITS.personIdsMax - 1).slice(-1));
    expect(await full()).toBe(1);
    // One link told by two sources is one id.
    await services.db.batch(insertLinks(services.db, uid, 't', links(5)));

    const batch = [
      { type: 'identify', userId: 'alice', anonymousId: 'd' },
      { type: 'alias', userId: 'alice', previousId: 'old' },
      { type: 'identify', userId: 'alice' },
      { type: 'track', event: 'Looked', userId: 'alice', anonymousId: 'd' },
      { type: 'identify', userId: 'bob', anonymousId: 'd' },
    ].map((event, at) => ({ ...event, id: `e${at}` }));
    const response = await app.request('/v1/batch', {
      method: 'POST',
      headers: { authorization: `Bearer ${keys.server}`, 'content-type': 'application/json' },
      body: JSON.stringify({ batch }),
    });
    expect(await response.json()).toMatchObject({
      accepted: 5,
      noted: 2,
      notes: [
        { index: 0, id: 'e0', code: 'person-full', path: '/userId' },
        { index: 1, id: 'e1', code: 'person-full', path: '/userId' },
      ],
    });

    await undoLinks(services.db, uid, { pairs: [], sources: ['s'] });
    expect(await full()).toBe(0);
  });
});
