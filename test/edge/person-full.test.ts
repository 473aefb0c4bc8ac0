// A link to a user who has as many ids as one may have: the event is taken, and its verdict notes it.

import { describe, expect, it } from 'vitest';
import { loadTenant } from '../../src/control/tenants/tenants.ts';
import { LIMITS } from '../../src/core/limits.ts';
import { userHash } from '../../src/core/people/id-hashes.ts';
import { hashText, type Link } from '../../src/core/people/links.ts';
import { insertFullPeople, insertLinks, undoLinks } from '../../src/lake/manifest/link-store.ts';
import { testHasher } from '../support/events.ts';
import { fakeApp } from '../support/fake-services.ts';
import { testApp, testTenant } from './support/app.ts';

const { high, low } = userHash(testHasher, 'alice');
const ALICE = hashText(high, low);

describe('an identify of a user who has enough ids', () => {
  it('is taken and noted, and so is an alias; other events and other users are not noted', async () => {
    const { send, shards } = await testApp(testTenant({ fullPeople: new Set([ALICE]) }));
    const batch = [
      { type: 'identify', userId: 'alice', anonymousId: 'd' },
      { type: 'alias', userId: 'alice', previousId: 'old' },
      { type: 'identify', userId: 'alice' },
      { type: 'track', event: 'Looked', userId: 'alice', anonymousId: 'd' },
      { type: 'identify', userId: 'bob', anonymousId: 'd' },
    ].map((event, at) => ({ ...event, id: `e${at}` }));
    const verdict = await (await send({ batch }, { path: '/v1/batch' })).json();
    expect(verdict).toMatchObject({
      accepted: 5,
      noted: 2,
      notes: [
        { index: 0, id: 'e0', code: 'person-full', path: '/userId' },
        { index: 1, id: 'e1', code: 'person-full', path: '/userId' },
      ],
    });
    expect(shards.rows('id')).toHaveLength(5);
  });
});

describe('a user has enough ids', () => {
  it('when as many are linked as a person may have, however many sources tell of one, until links are undone', async () => {
    const { services, createTenant } = fakeApp();
    const { uid } = await createTenant('shop');
    const { db } = services;
    const links = Array.from({ length: LIMITS.personIdsMax - 1 }, (_, n): Link => {
      return { kind: 'device', from: hashText(7, n + 1), to: ALICE, atMs: n };
    });
    const store = (source: string, list: readonly Link[]) =>
      db.batch([...insertLinks(db, uid, source, list), ...insertFullPeople(db, uid, list)]);
    const full = async () => [...((await loadTenant(db, uid))!.tenant.fullPeople ?? [])];

    await store('s', links.slice(1));
    await store('t', links.slice(1, 5));
    expect(await full()).toEqual([]);
    await store('s', links.slice(0, 1));
    expect(await full()).toEqual([ALICE]);
    await undoLinks(db, uid, { pairs: [], sources: ['s'] });
    expect(await full()).toEqual([]);
  });
});
