import { gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import type { SealMessage } from '../../src/core/rpc.ts';
import { consumeSeals } from '../../src/lake/seal/consume.ts';
import type { FakeBucket } from '../support/fake-bucket.ts';
import { fakeApp, type Keys } from '../support/fake-services.ts';

interface Line {
  readonly id?: string;
  readonly event?: string;
  readonly userId?: string;
  readonly timestamp: string;
}

async function start() {
  const made = fakeApp();
  const { uid, keys } = await made.createTenant('shop');
  const post = async (lines: readonly unknown[], headers: Record<string, string> = {}, key = keys.write) => {
    const body = gzipSync(lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
    const response = await made.app.request('/v1/import', {
      method: 'POST',
      body,
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/x-ndjson',
        'content-encoding': 'gzip',
        ...headers,
      },
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const sealAll = async () => {
    const bodies = made.sent.splice(0) as SealMessage[];
    const messages = bodies.map((body) => ({ body, attempts: 1, ack: () => {}, retry: () => made.sent.push(body) }));
    await consumeSeals({ messages, queue: 'tidemark-seal' } as unknown as MessageBatch<SealMessage>, {
      ...made.services,
      rollupsOf: async (wanted) => (await made.services.tenants.reload(wanted))?.tenant.rollups ?? null,
    });
  };
  return { ...made, uid, keys, post, sealAll };
}

const chunk = (id: string, index: number) => ({ 'x-import-id': id, 'x-import-chunk': String(index) });
const line = (id: string, day: string): Line => ({
  id,
  event: 'Bought',
  userId: `user-${id}`,
  timestamp: `${day}T10:00:00Z`,
});

describe('an import', () => {
  it('stores a chunk, says what became of each line, and is counted when its days are sealed', async () => {
    const { post, call, keys, sealAll, sent } = await start();
    const lines = [line('1', '2010-12-01'), line('2', '2010-12-02'), '{"broken', { event: 'x', timestamp: 'never' }];
    const { status, body } = await post(lines, chunk('uci', 0));
    expect(status).toBe(200);
    expect(body).toMatchObject({ received: 4, accepted: 2, duplicate: 0, quarantined: 0, rejected: 2 });
    expect(body.days).toEqual(['2010-12-01', '2010-12-02']);
    expect((body.errors as { index: number; code: string }[]).map(({ index, code }) => [index, code])).toEqual([
      [2, 'json-invalid'],
      [3, 'timestamp-invalid'],
    ]);
    expect(sent).toEqual([]);

    await call('POST', '/v1/import/uci/finish', { key: keys.write, body: { chunks: 1 } });
    expect(sent).toHaveLength(2);
    await sealAll();
    const after = await call('GET', '/v1/import/uci', { key: keys.read });
    expect(after.body).toEqual({
      chunks: 1,
      rows: 2,
      days: [
        { day: '2010-12-01', rows: 1, sealed: true },
        { day: '2010-12-02', rows: 1, sealed: true },
      ],
      sealed: 2,
      of: 2,
    });
    const seals = await call('GET', '/v1/seals?from=2010-12-01&to=2010-12-31', { key: keys.read });
    expect(seals.body.days).toMatchObject([
      { day: '2010-12-01', revision: 1, events: 1, people: 1, dirty: false, drift: { imported: 1, rest: 0 } },
      { day: '2010-12-02', revision: 1, events: 1, people: 1, dirty: false, drift: { imported: 1, rest: 0 } },
    ]);
  });

  it('answers a repeat with the verdict that was given, and writes nothing', async () => {
    const { post, services } = await start();
    const first = await post([line('1', '2010-12-01')], chunk('a', 3));
    const bucket = services.lake as unknown as FakeBucket;
    const puts = bucket.count('put');
    expect(await post([line('1', '2010-12-01')], chunk('a', 3))).toEqual(first);
    expect(bucket.count('put')).toBe(puts);
  });

  it('refuses another content under the same number', async () => {
    const { post } = await start();
    await post([line('1', '2010-12-01')], chunk('a', 3));
    expect(await post([line('2', '2010-12-01')], chunk('a', 3))).toMatchObject({
      status: 409,
      body: { code: 'import-chunk-conflict' },
    });
    expect(await post([line('2', '2010-12-01')], chunk('a', 4))).toMatchObject({ status: 200 });
  });

  it('ends the same when it is killed before the manifest knows of the object', async () => {
    const { post, fake, services, clock, call, keys } = await start();
    fake.hook = ({ sql, phase }) => {
      if (phase === 'before' && sql.some((text) => text.includes('UPDATE imports'))) throw new Error('killed');
    };
    const events = [{ event: 'no id', timestamp: '2010-12-01T00:00:00Z' }, line('1', '2010-12-01')];
    expect((await post(events, chunk('a', 0))).status).toBe(503);
    fake.hook = null;
    clock.nowMs += 60_000;
    expect(await post(events, chunk('a', 0))).toMatchObject({ status: 200, body: { accepted: 2 } });
    const keysOfLake = (services.lake as unknown as FakeBucket).keys();
    expect(keysOfLake.filter((key) => key.includes('/l0/'))).toHaveLength(1);
    expect((await call('GET', '/v1/import/a', { key: keys.write })).body).toMatchObject({
      chunks: 1,
      rows: 2,
      sealed: 0,
      of: 1,
    });
  });

  it('without headers is a whole import, sealed at once, and the same when it is sent again', async () => {
    const { post, sent, sealAll, call, keys } = await start();
    await post([line('1', '2010-12-01')]);
    expect(sent).toHaveLength(1);
    await sealAll();
    await post([line('1', '2010-12-01')]);
    expect(sent).toEqual([]);
    const { body } = await call('GET', '/v1/seals?from=2010-12-01&to=2010-12-01', { key: keys.read });
    expect(body.days).toMatchObject([{ events: 1, revision: 1 }]);
  });

  it('is not known under another tenant, nor under another name', async () => {
    const { post, call, createTenant, keys } = await start();
    await post([line('1', '2010-12-01')], chunk('a', 0));
    const { keys: others } = (await createTenant('other')) as { keys: Keys };
    expect((await call('GET', '/v1/import/a', { key: others.read })).status).toBe(404);
    expect((await call('GET', '/v1/import/a-0', { key: keys.read })).body.code).toBe('import-not-found');
  });

  it('refuses what is no chunk', async () => {
    const { post, keys } = await start();
    expect(await post([line('1', '2010-12-01')], { 'x-import-id': 'a' })).toMatchObject({ status: 400 });
    expect(await post([line('1', '2010-12-01')], chunk('a/b', 0))).toMatchObject({ status: 400 });
    expect(
      await post([line('1', '2010-12-01')], { ...chunk('a', 0), 'content-type': 'application/json' }),
    ).toMatchObject({ status: 415 });
    expect(await post([line('1', '2010-12-01')], chunk('a', 0), keys.read)).toMatchObject({ status: 403 });
    const many = Array.from({ length: 20_001 }, () => '1');
    expect(await post(many, chunk('a', 0))).toMatchObject({ status: 413, body: { code: 'too-many-events' } });
  });

  it('refuses what no isolate could hold, before it is parsed', async () => {
    const { post } = await start();
    const parse = vi.spyOn(JSON, 'parse');
    try {
      const refused = await post(['{}\n'.repeat(LIMITS.importChunkSizeBytesMax / 3 - 1)], chunk('a', 0));
      expect(refused).toMatchObject({ status: 413, body: { code: 'too-many-events', limit: 20_000 } });
      expect(parse.mock.calls.length).toBeLessThan(100);
    } finally {
      parse.mockRestore();
    }
    const tooLarge = [line('1', '2010-12-01'), 'x'.repeat(LIMITS.importChunkSizeBytesMax)];
    expect(await post(tooLarge, chunk('b', 0))).toMatchObject({
      status: 413,
      body: { code: 'body-too-large', limit: LIMITS.importChunkSizeBytesMax },
    });
    const numbers = { ...line('1', '2010-12-01'), properties: { a: Array(1_900).fill(0) } };
    const longer = JSON.stringify(numbers).replaceAll(/(?<=[[,])0(?=[,\]])/g, '9e15');
    const long = await post(Array(1_000).fill(longer), chunk('c', 0));
    expect(long).toMatchObject({ status: 413, body: { code: 'events-too-large' } });
  });
});

describe('a command to seal', () => {
  it('queues the days of a range or a list', async () => {
    const { call, keys, sent, uid } = await start();
    const body = { from: '2010-12-30', to: '2011-01-02' };
    expect((await call('POST', '/v1/seal', { key: keys.admin, body })).body.queued).toHaveLength(4);
    expect(sent).toHaveLength(4);
    expect(sent[0]).toEqual({ uid, day: 14_973, cause: 'command' });
    expect((await call('POST', '/v1/seal', { key: keys.admin, body: { days: ['2011-05-01'] } })).status).toBe(202);
    expect((await call('POST', '/v1/seal', { key: keys.admin, body: { days: ['2011-02-31'] } })).status).toBe(400);
    expect(
      (await call('POST', '/v1/seal', { key: keys.admin, body: { from: '2011-05-02', to: '2011-05-01' } })).status,
    ).toBe(400);
    expect((await call('POST', '/v1/seal', { key: keys.read, body })).status).toBe(403);
  });
});
