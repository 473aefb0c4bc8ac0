import { beforeEach, describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import { BOT_ROLLUPS } from '../../src/core/rollup/rollup.ts';
import { fakeApp, type Keys, ROOT_KEY, START_MS } from '../support/fake-services.ts';

let stack: ReturnType<typeof fakeApp>;
beforeEach(() => {
  stack = fakeApp();
});
const root = { key: ROOT_KEY };

describe('creating a tenant', () => {
  it('answers the tenant and its keys, which are stored as hashes only', async () => {
    const { status, body } = await stack.call('POST', '/v1/tenants', {
      ...root,
      body: { id: 'acme', name: ' Acme ', regions: ['enam', 'weur'], timezone: 'Europe/Berlin', shards: 4 },
    });
    expect(status).toBe(201);
    expect(body.tenant).toEqual({
      id: 'acme',
      uid: expect.stringMatching(/^[a-z2-7]{16}$/),
      name: 'Acme',
      region: 'enam',
      regions: ['enam', 'weur'],
      timezone: 'Europe/Berlin',
      shards: 4,
      origins: [],
      createdAt: new Date(START_MS).toISOString(),
    });
    expect(Object.keys(body.keys).sort()).toEqual(['admin', 'browser', 'read', 'server', 'write']);
    const stored = JSON.stringify((await stack.services.db.prepare('SELECT * FROM keys').all()).results);
    for (const key of Object.values(body.keys as Keys)) expect(stored).not.toContain(key);
  });

  it('stores every field that the edge needs', async () => {
    const { uid } = await stack.createTenant('acme', { shards: 3, origins: ['https://acme.example'] });
    const known = await stack.services.tenants.byUid(uid);
    expect(known?.tenant).toMatchObject({
      uid,
      id: 'acme',
      regions: ['weur'],
      timezone: 'UTC',
      shardMap: [{ epoch: 0, startMs: 0, shardCount: 3 }],
      rollups: BOT_ROLLUPS,
      bots: 'exclude',
      origins: ['https://acme.example'],
    });
    expect(known?.tenant.hashKey.length).toBe(4);
    for (const word of known?.tenant.hashKey ?? []) expect(word).toBe(word >>> 0);
    expect(known?.activeKeyHashes.size).toBe(4);
  });

  it('draws another pseudonym key for each tenant', async () => {
    const [a, b] = [await stack.createTenant('a'), await stack.createTenant('b')];
    const [first, second] = [await stack.services.tenants.byUid(a.uid), await stack.services.tenants.byUid(b.uid)];
    expect(first?.tenant.hashKey).not.toEqual(second?.tenant.hashKey);
  });

  it('refuses an id that is taken, and the attempt leaves no keys', async () => {
    await stack.createTenant('acme');
    const { status, body } = await stack.call('POST', '/v1/tenants', { ...root, body: { id: 'acme', name: 'Other' } });
    expect([status, body.code]).toEqual([409, 'tenant-exists']);
    expect(await stack.services.db.prepare('SELECT count(*) AS count FROM keys').first('count')).toBe(4);
  });

  it.each([
    [{ id: 'Acme', name: 'x' }, '/id'],
    [{ id: '-acme', name: 'x' }, '/id'],
    [{ id: 'a'.repeat(41), name: 'x' }, '/id'],
    [{ id: 'acme', name: ' ' }, '/name'],
    [{ id: 'acme', name: 'x', region: 'mars' }, '/region'],
    [{ id: 'acme', name: 'x', regions: ['weur', 'weur'] }, '/regions'],
    [{ id: 'acme', name: 'x', region: 'oc', regions: ['weur'] }, '/region'],
    [{ id: 'acme', name: 'x', timezone: 'Mars/Olympus' }, '/timezone'],
    [{ id: 'acme', name: 'x', shards: 0 }, '/shards'],
    [{ id: 'acme', name: 'x', shards: 65 }, '/shards'],
    [{ id: 'acme', name: 'x', origins: ['https://acme.example/path'] }, '/origins/0'],
    [{ id: 'acme', name: 'x', plan: 'gold' }, ''],
  ])('refuses %j at %j', async (body, path) => {
    const answer = await stack.call('POST', '/v1/tenants', { ...root, body });
    expect([answer.status, answer.body.code, answer.body.path]).toEqual([400, 'request-invalid', path]);
  });

  it('needs the root key', async () => {
    const { keys } = await stack.createTenant('acme');
    for (const [method, path] of [
      ['POST', '/v1/tenants'],
      ['GET', '/v1/tenants'],
      ['DELETE', '/v1/tenants/acme'],
    ] as const) {
      const options = method === 'POST' ? { body: { id: 'b', name: 'b' } } : {};
      expect((await stack.call(method, path, options)).body.code).toBe('key-missing');
      expect((await stack.call(method, path, { ...options, key: keys.admin })).body.code).toBe('key-root');
      expect((await stack.call(method, path, { ...options, key: `${ROOT_KEY}x` })).status).toBe(403);
    }
  });
});

it('lists tenants in pages', async () => {
  for (const id of ['c', 'a', 'b']) await stack.createTenant(id);
  const first = await stack.call('GET', '/v1/tenants?limit=2', root);
  expect(first.body.tenants.map(({ id }: { id: string }) => id)).toEqual(['a', 'b']);
  const second = await stack.call('GET', `/v1/tenants?limit=2&after=${first.body.next}`, root);
  expect(second.body.tenants.map(({ id }: { id: string }) => id)).toEqual(['c']);
  expect(second.body.next).toBeNull();
});

describe('deleting a tenant', () => {
  it('ends its keys, here at once and elsewhere within the bound', async () => {
    const { keys } = await stack.createTenant('acme');
    const other = stack.otherIsolate();
    const headers = new Headers({ authorization: `Bearer ${keys.read}` });
    await other.auth.authenticate(headers, 'read');
    expect((await stack.call('DELETE', '/v1/tenants/acme', root)).status).toBe(200);
    expect((await stack.call('GET', '/v1/rollups', { key: keys.read })).body.code).toBe('tenant-deleted');
    stack.clock.nowMs += LIMITS.tenantCacheMs;
    await expect(other.auth.authenticate(headers, 'read')).rejects.toMatchObject({ code: 'tenant-deleted' });
  });

  it('frees the id for a new tenant with another uid, which the old keys do not open', async () => {
    const old = await stack.createTenant('acme');
    await stack.call('DELETE', '/v1/tenants/acme', root);
    const made = await stack.createTenant('acme');
    expect(made.uid).not.toBe(old.uid);
    expect((await stack.call('GET', '/v1/rollups', { key: old.keys.read })).status).toBe(401);
    expect((await stack.call('GET', '/v1/rollups', { key: made.keys.read })).status).toBe(200);
  });

  it('answers 404 for a tenant that does not exist or is already deleted', async () => {
    await stack.createTenant('acme');
    await stack.call('DELETE', '/v1/tenants/acme', root);
    expect((await stack.call('DELETE', '/v1/tenants/acme', root)).body.code).toBe('tenant-not-found');
  });
});

describe('keys', () => {
  it('cannot revoke the last admin key with that key', async () => {
    const stack = fakeApp();
    const { keys } = await stack.createTenant('lonely');
    const listed = async () => (await stack.call('GET', '/v1/keys', { key: keys.admin })).body.keys;
    const idOf = async (scope: string) =>
      (await listed()).find((key: { scope: string; revokedAt: null }) => key.scope === scope && !key.revokedAt).id;
    const revoke = async (id: string, key: string, more = '') =>
      (await stack.call('DELETE', `/v1/keys/${id}${more}`, { key })).status;
    const first = await idOf('admin');
    const refused = await stack.call('DELETE', `/v1/keys/${first}`, { key: keys.admin });
    expect([refused.status, refused.body.code]).toEqual([409, 'key-last-admin']);
    expect(await revoke(await idOf('read'), keys.admin)).toBe(200);
    const second = await stack.call('POST', '/v1/keys', { key: keys.admin, body: { scope: 'admin' } });
    expect(await revoke(first, keys.admin, '?descendants=keep')).toBe(200);
    expect(await revoke(second.body.id, second.body.key)).toBe(409);
    expect(await revoke(first, second.body.key)).toBe(200);
    expect(await revoke(second.body.id, ROOT_KEY, '?tenant=lonely')).toBe(200);
  });

  it('are made, listed without their secret, and revoked by id', async () => {
    const { keys } = await stack.createTenant('acme');
    const made = await stack.call('POST', '/v1/keys', { key: keys.admin, body: { scope: 'write' } });
    expect(made.status).toBe(201);
    expect(made.body.hint).toBe(made.body.key.slice(-4));
    const listed = await stack.call('GET', '/v1/keys', { key: keys.admin });
    expect(listed.body.keys.length).toBe(5);
    expect(JSON.stringify(listed.body)).not.toContain('tm_');
    expect((await stack.call('DELETE', `/v1/keys/${made.body.id}`, { key: keys.admin })).status).toBe(200);
    const after = await stack.call('GET', '/v1/keys', { key: keys.admin });
    const revoked = after.body.keys.filter(({ revokedAt }: { revokedAt: string | null }) => revokedAt !== null);
    expect(revoked).toEqual([
      {
        ...listed.body.keys.find(({ id }: { id: string }) => id === made.body.id),
        revokedAt: new Date(START_MS).toISOString(),
      },
    ]);
  });

  it('are made and listed with the root key and the name of the tenant', async () => {
    await stack.createTenant('acme');
    const made = await stack.call('POST', '/v1/keys', { ...root, body: { scope: 'read', tenant: 'acme' } });
    expect(made.status).toBe(201);
    expect((await stack.call('GET', '/v1/rollups', { key: made.body.key })).status).toBe(200);
    expect((await stack.call('GET', '/v1/keys?tenant=acme', root)).body.keys.length).toBe(5);
    expect((await stack.call('GET', '/v1/keys', root)).body.code).toBe('tenant-missing');
    expect((await stack.call('GET', '/v1/keys?tenant=nobody', root)).body.code).toBe('tenant-not-found');
  });

  it('cannot be made with a read or write key', async () => {
    const { keys } = await stack.createTenant('acme');
    for (const key of [keys.read, keys.write])
      expect((await stack.call('POST', '/v1/keys', { key, body: { scope: 'admin' } })).body.code).toBe('key-scope');
  });

  it('are limited in number', async () => {
    const { keys } = await stack.createTenant('acme');
    for (let count = 4; count < LIMITS.keysMax; count++)
      expect((await stack.call('POST', '/v1/keys', { key: keys.admin, body: { scope: 'read' } })).status).toBe(201);
    expect((await stack.call('POST', '/v1/keys', { key: keys.admin, body: { scope: 'read' } })).body.code).toBe(
      'keys-full',
    );
  });

  it.each(['%', '_'.repeat(16), '0123456789abcde', 'g'.repeat(16), '0'.repeat(16)])('has none of id %j', async (id) => {
    const { keys } = await stack.createTenant('acme');
    const { status, body } = await stack.call('DELETE', `/v1/keys/${encodeURIComponent(id)}`, { key: keys.admin });
    expect([status, body.code]).toEqual([404, 'key-not-found']);
    expect((await stack.call('GET', '/v1/rollups', { key: keys.read })).status).toBe(200);
  });
});

describe('rollups', () => {
  const own = {
    name: 'sales',
    dimensions: ['country'],
    numbers: ['price'],
    where: { property: 'event', op: 'eq', value: 'sale' },
  };

  it('are listed after the built-in ones, and the edge knows them at once in this isolate', async () => {
    const { uid, keys } = await stack.createTenant('acme');
    await stack.services.tenants.byUid(uid);
    const made = await stack.call('POST', '/v1/rollups', { key: keys.admin, body: own });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ ...own, builtIn: false, tellsBots: true });
    const { body } = await stack.call('GET', '/v1/rollups', { key: keys.read });
    expect(body.rollups.map(({ id }: { id: string }) => id)).toEqual([
      ...BOT_ROLLUPS.map(({ id }) => id),
      made.body.id,
    ]);
    const known = await stack.services.tenants.byUid(uid);
    expect(known?.tenant.rollups.at(-1)).toEqual({ ...own, id: made.body.id, tellsBots: true });
  });

  it('are one under the later name when their definitions are equal', async () => {
    const { keys } = await stack.createTenant('acme');
    const first = await stack.call('POST', '/v1/rollups', { key: keys.admin, body: own });
    const second = await stack.call('POST', '/v1/rollups', { key: keys.admin, body: { ...own, name: 'revenue' } });
    expect(second.body.id).toBe(first.body.id);
    const { body } = await stack.call('GET', '/v1/rollups', { key: keys.read });
    expect(body.rollups.filter(({ builtIn }: { builtIn: boolean }) => !builtIn)).toEqual([second.body]);
  });

  it('can be removed and made again', async () => {
    const { keys } = await stack.createTenant('acme');
    const made = await stack.call('POST', '/v1/rollups', { key: keys.admin, body: own });
    const remove = () => stack.call('DELETE', `/v1/rollups/${made.body.id}`, { key: keys.admin });
    expect((await remove()).status).toBe(200);
    expect((await remove()).body.code).toBe('rollup-not-found');
    expect((await stack.call('GET', '/v1/rollups', { key: keys.read })).body.rollups.length).toBe(BOT_ROLLUPS.length);
    expect((await stack.call('POST', '/v1/rollups', { key: keys.admin, body: own })).body.id).toBe(made.body.id);
    expect((await stack.call('GET', '/v1/rollups', { key: keys.read })).body.rollups.length).toBe(
      BOT_ROLLUPS.length + 1,
    );
  });

  it('can neither be added nor removed when they are built in', async () => {
    const { keys } = await stack.createTenant('acme');
    const { id, dimensions } = BOT_ROLLUPS[0]!;
    const add = await stack.call('POST', '/v1/rollups', { key: keys.admin, body: { name: 'mine', dimensions } });
    expect([add.status, add.body.code]).toEqual([409, 'rollup-built-in']);
    expect((await stack.call('DELETE', `/v1/rollups/${id}`, { key: keys.admin })).body.code).toBe('rollup-built-in');
  });

  it('are limited in number, and can be renamed at the limit', async () => {
    const { keys } = await stack.createTenant('acme');
    const add = (index: number, name = 'r') =>
      stack.call('POST', '/v1/rollups', { key: keys.admin, body: { name, dimensions: [`property${index}`] } });
    const room = LIMITS.rollupsMax - BOT_ROLLUPS.length;
    for (let index = 0; index < room; index++) expect((await add(index)).status).toBe(201);
    expect((await add(room)).body).toMatchObject({ status: 409, code: 'rollups-full', limit: LIMITS.rollupsMax });
    expect((await add(0, 'renamed')).status).toBe(201);
  });

  it('are changed with an admin key and seen with a read key', async () => {
    const { keys } = await stack.createTenant('acme');
    expect((await stack.call('POST', '/v1/rollups', { key: keys.read, body: own })).body.code).toBe('key-scope');
    expect((await stack.call('GET', '/v1/rollups', { key: keys.write })).body.code).toBe('key-scope');
  });
});

describe('the admin key of another tenant', () => {
  it('sees and changes nothing', async () => {
    const [acme, evil] = [await stack.createTenant('acme'), await stack.createTenant('evil')];
    const rollup = await stack.call('POST', '/v1/rollups', {
      key: acme.keys.admin,
      body: { name: 'mine', dimensions: ['secret_dimension'] },
    });
    const listed = await stack.call('GET', '/v1/keys', { key: acme.keys.admin });

    const seen = await Promise.all([
      stack.call('GET', '/v1/keys', { key: evil.keys.admin }),
      stack.call('GET', '/v1/keys?tenant=acme', { key: evil.keys.admin }),
      stack.call('GET', '/v1/rollups', { key: evil.keys.admin }),
      stack.call('POST', '/v1/keys', { key: evil.keys.admin, body: { scope: 'read', tenant: 'acme' } }),
      ...listed.body.keys.flatMap(({ id }: { id: string }) => [
        stack.call('DELETE', `/v1/keys/${id}`, { key: evil.keys.admin }),
        stack.call('DELETE', `/v1/keys/${id}?tenant=acme`, { key: evil.keys.admin }),
      ]),
      stack.call('DELETE', `/v1/rollups/${rollup.body.id}`, { key: evil.keys.admin }),
    ]);
    const text = JSON.stringify(seen.map(({ body }) => body));
    for (const secret of [acme.uid, 'secret_dimension', ...listed.body.keys.map(({ id }: { id: string }) => id)])
      expect(text).not.toContain(secret);

    expect((await stack.call('GET', '/v1/keys', { key: acme.keys.admin })).body).toEqual(listed.body);
    expect((await stack.call('GET', '/v1/rollups', { key: acme.keys.read })).body.rollups.at(-1)).toEqual(rollup.body);
  });
});
