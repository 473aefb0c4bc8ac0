import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import { FakeShards } from '../../edge/support/app.ts';
import { fakeApp } from '../../support/fake-services.ts';

type Words = { readonly add?: readonly string[]; readonly except?: readonly string[] };

async function start() {
  const shards = new FakeShards();
  const { call, createTenant } = fakeApp({ shardOf: shards.of });
  const { keys } = await createTenant('shop');
  const set = (body: unknown, key = keys.admin) => call('PUT', '/v1/junk-ids', { key, body });
  // The ids differ from call to call: an import that is sent again has its first answer.
  let sent = 0;
  const eventsOf = (ids: readonly string[]) =>
    ids.map((userId, index) => ({ id: `${sent}-${index}`, event: 'x', userId, timestamp: '2026-01-01T00:00:00Z' }));
  const isJunk = ({ body }: { body: { notes?: readonly { index: number; code: string; path: string }[] } }) => {
    const junk = new Set((body.notes ?? []).filter(({ code }) => code === 'junk-id').map(({ index }) => index));
    return (index: number) => junk.has(index);
  };
  /** The ids that join nobody, sent live and imported alike. */
  const junkOf = async (ids: readonly string[]) => {
    const live = isJunk(await call('POST', '/v1/events', { key: keys.write, body: eventsOf(ids) }));
    const headers = { 'content-type': 'application/x-ndjson' };
    sent++;
    const body = `${eventsOf(ids)
      .map((event) => JSON.stringify(event))
      .join('\n')}\n`;
    const imported = isJunk(await call('POST', '/v1/import', { key: keys.write, body, headers }));
    expect(ids.filter((_, index) => imported(index))).toEqual(ids.filter((_, index) => live(index)));
    return ids.filter((_, index) => live(index));
  };
  return { call, createTenant, keys, set, shards, junkOf };
}

describe('the junk ids of a tenant', () => {
  it.each<[what: string, words: Words, junk: readonly string[]]>([
    ['are those of the list without a setting', {}, ['guest', ' Guest ', '0', '000', 'NULL']],
    [
      'have its own words',
      { add: ['Kiosk-7', 'täst'] },
      ['guest', ' Guest ', 'kiosk-7', 'KIOSK-7', 'TÄST', '0', '000', 'NULL'],
    ],
    ['lack the words it excepts', { except: ['GUEST', '0'] }, ['000', 'NULL']],
    [
      'lack a word that is added and excepted',
      { add: ['kiosk-7'], except: ['kiosk-7', 'null', '000'] },
      ['guest', ' Guest ', '0'],
    ],
  ])('%s', async (_, words, junk) => {
    const { set, junkOf } = await start();
    expect((await set(words)).status).toBe(200);
    const ids = ['ann', 'guest', ' Guest ', 'guest1', 'kiosk-7', 'KIOSK-7', 'TÄST', '0', '000', 'NULL'];
    expect(await junkOf(ids)).toEqual(junk);
  });

  it('reach the context, the alias and the column that is stored', async () => {
    const { call, keys, set, shards } = await start();
    await set({ add: ['kiosk'] });
    const body = [
      { id: 'a', type: 'alias', userId: 'ann', previousId: 'Kiosk' },
      { id: 'b', event: 'x', anonymousId: 'kiosk', userId: 'ann', context: { groupId: 'kiosk', sessionId: 'kiosk' } },
    ];
    const { notes } = (await call('POST', '/v1/events', { key: keys.write, body })).body;
    expect(notes.map(({ path }: { path: string }) => path)).toEqual([
      '/previousId',
      '/anonymousId',
      '/context/groupId',
    ]);
    const columns = ['id', 'user_id', 'anonymous_id', 'group_id', 'session_id', 'properties'] as const;
    expect(shards.rows(...columns)).toEqual([
      ['a', 'ann', null, null, null, null],
      ['b', 'ann', null, null, null, null],
    ]);
  });

  it('are shown with the list, replaced as a whole, and removed by none', async () => {
    const { call, keys, set, junkOf } = await start();
    const shown = async () => (await call('GET', '/v1/junk-ids', { key: keys.read })).body;
    expect(await shown()).toMatchObject({
      add: [],
      except: [],
      defaults: expect.arrayContaining(['undefined', 'guest']),
    });
    expect((await set({ add: ['kiosk'] })).body).toMatchObject({ add: ['kiosk'], except: [] });
    expect((await set({ except: ['guest'] })).body).toMatchObject({ add: [], except: ['guest'] });
    expect(await shown()).toMatchObject({ add: [], except: ['guest'] });
    expect(await junkOf(['kiosk', 'guest'])).toEqual([]);
    await set({});
    expect(await junkOf(['kiosk', 'guest'])).toEqual(['guest']);
  });

  it('are one tenant’s alone, and changed by its admin key alone', async () => {
    const { call, createTenant, keys, set } = await start();
    const other = await createTenant('other');
    await set({ add: ['kiosk'] });
    expect((await call('GET', '/v1/junk-ids', { key: other.keys.read })).body.add).toEqual([]);
    for (const key of [keys.write, keys.read]) expect((await set({}, key)).body.code).toBe('key-scope');
  });

  it('are bounded in number and length, and never blank', async () => {
    const { set } = await start();
    const many = Array.from({ length: LIMITS.junkIdWordsMax }, (_, i) =>
      `k${i}`.padEnd(LIMITS.junkIdWordLengthMax, 'x'),
    );
    expect((await set({ add: many, except: many })).status).toBe(200);
    for (const bad of [
      { add: [...many, 'y'] },
      { except: [`${many[0]}x`] },
      { add: ['  '] },
      { add: [7] },
      { more: [] },
    ])
      expect((await set(bad)).body.code).toBe('request-invalid');
  });
});
