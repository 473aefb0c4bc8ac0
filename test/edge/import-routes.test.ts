import { gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import type { ImportVerdict } from '../../src/core/event/import.ts';
import { LIMITS } from '../../src/core/limits.ts';
import type { SealMessage } from '../../src/core/shard/rpc.ts';
import { dayText } from '../../src/core/std/day.ts';
import { Hasher } from '../../src/core/std/hash.ts';
import { startChunk, storeChunk } from '../../src/lake/import/chunk-store.ts';
import { lakeImporter } from '../../src/lake/import/import.ts';
import { importIncarnation } from '../../src/lake/import/names.ts';
import { currentPath, importPath } from '../../src/lake/manifest/paths.ts';
import { consumeSeals } from '../../src/lake/seal/consume.ts';
import { expectLog } from '../support/expect-log.ts';
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
      tenantOf: async (wanted) => (await made.services.tenants.reload(wanted))?.tenant ?? null,
    });
  };
  return { ...made, uid, keys, post, sealAll };
}

const deep = { a: { a: { a: { a: { a: { a: { a: { a: {} } } } } } } } };
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

    await call('POST', '/v1/import/uci/finish?chunks=1', { key: keys.write });
    expect(sent).toHaveLength(2);
    await sealAll();
    const after = await call('GET', '/v1/import/uci', { key: keys.read });
    const version = { version: 1, state: 'finished', chunks: 1, rows: 2, copies: 0 };
    expect(after.body).toEqual({
      importId: 'uci',
      ...version,
      undone: false,
      versions: [{ ...version, fingerprint: '', counts: true }],
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

  it("takes Segment's names, and tells a bad line's id and path in them", async () => {
    const { post, services } = await start();
    const good = { messageId: 'm1', type: 'identify', userId: 'u', traits: { plan: 'pro' }, timestamp: '2010-12-01' };
    const { body } = await post([good, { ...good, messageId: 'm2', traits: deep }], chunk('a', 0));
    expect(body).toMatchObject({ accepted: 1, rejected: 1 });
    const path = `/traits${'/a'.repeat(8)}`;
    expect(body.errors).toMatchObject([{ index: 1, id: 'm2', code: 'properties-too-deep', path }]);
    const files = (services.lake as unknown as FakeBucket).keys();
    expect(files.filter((key) => key.includes('/l0/'))).toHaveLength(1);
  });

  it('refuses a line without a time, unless the time of the receipt is asked for', async () => {
    const { post, sent } = await start();
    const timeless = ['{"event":"a","userId":"a"}', '{"event":"a","timestamp":null}'];
    const lines = [...timeless, '{"event":"a","timestamp":"31.02.2019"}', line('1', '2010-12-01')];
    const { body } = await post(lines, chunk('a', 0));
    expect(body).toMatchObject({ received: 4, accepted: 1, rejected: 3, days: ['2010-12-01'] });
    expect((body.errors as { index: number; code: string }[]).map(({ index, code }) => [index, code])).toEqual([
      [0, 'timestamp-missing'],
      [1, 'timestamp-missing'],
      [2, 'timestamp-invalid'],
    ]);
    const now = { 'x-import-time': 'now' };
    expect(await post(lines, { ...chunk('a', 0), ...now })).toMatchObject({ status: 409 });
    const asked = await post(lines, { ...chunk('a', 1), ...now });
    expect(asked.body).toMatchObject({ accepted: 3, rejected: 1, days: ['2010-12-01', '2026-01-15'] });
    expect(await post(lines, { ...chunk('a', 2), 'x-import-time': 'today' })).toMatchObject({ status: 400 });
    // Without a name the two are two imports.
    expect((await post(timeless)).body).toMatchObject({ accepted: 0, rejected: 2 });
    expect((await post(timeless, now)).body).toMatchObject({ accepted: 2, rejected: 0 });
    expect(sent).toHaveLength(1);
  });

  it('keeps the notes of a chunk with its verdict', async () => {
    const { post } = await start();
    const lines = Array.from({ length: 150 }, (_, i) => ({ ...line(`${i}`, '2010-12-01'), userId: 'undefined' }));
    const first = await post(lines, chunk('a', 0));
    expect(first.body).toMatchObject({ accepted: 150, noted: 150 });
    expect(first.body.notes).toHaveLength(100);
    expect(await post(lines, chunk('a', 0))).toEqual(first);
  });

  it('tells the first 100 bad lines, and the others by code', async () => {
    const { post } = await start();
    const { body } = await post([...Array(150).fill({ event: 7 }), line('1', '2010-12-01')], chunk('a', 0));
    expect(body).toMatchObject({ received: 151, accepted: 1, rejected: 150 });
    expect(body.errors).toHaveLength(100);
    const others = Array.from({ length: 50 }, (_, i) => 100 + i);
    expect(body.unlisted).toEqual([{ code: 'name-invalid', indexes: others }]);
  });

  it.each<[what: string, bad: readonly Line[], unlisted: unknown]>([
    ['none when all fit', Array(100).fill({ event: 7 }), undefined],
    [
      'of several codes',
      [...Array(100).fill('{'), '{', { event: 7 }, '{'],
      ['json-invalid', [100, 102], 'name-invalid', [101]],
    ],
    ['after lines that were taken', [line('1', '2010-12-01'), ...Array(101).fill('{')], ['json-invalid', [101]]],
  ])('tells the other bad lines: %s', async (_, lines, unlisted) => {
    const { post } = await start();
    const { body } = await post(lines, chunk('a', 0));
    expect((body.unlisted as { code: string; indexes: number[] }[] | undefined)?.flatMap(Object.values)).toEqual(
      unlisted,
    );
    expect(await post(lines, chunk('a', 0))).toMatchObject({ body });
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
      if (phase === 'before' && sql.some((text) => text.includes('UPDATE import_chunks'))) throw new Error('killed');
    };
    const events = [{ event: 'no id', timestamp: '2010-12-01T00:00:00Z' }, line('1', '2010-12-01')];
    expect((await post(events, chunk('a', 0))).status).toBe(503);
    fake.hook = null;
    clock.nowMs += 60_000;
    expect(await post(events, chunk('a', 0))).toMatchObject({ status: 200, body: { accepted: 2 } });
    const keysOfLake = (services.lake as unknown as FakeBucket).keys();
    expect(keysOfLake.filter((key) => key.includes('/l0/'))).toHaveLength(1);
    expect((await call('GET', '/v1/import/a', { key: keys.write })).body).toMatchObject({
      state: 'open',
      chunks: 1,
      rows: 2,
      of: 0,
    });
    expectLog('http.problem', { code: 'import-unavailable', cause: { cause: { message: 'killed' } } });
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

  it('has a few of its days queued at a time, however often its end is said', async () => {
    const { post, sent, sealAll, call, keys, clock } = await start();
    const finish = () => call('POST', '/v1/import/a/finish', { key: keys.write });
    const days = Array.from({ length: 100 }, (_, i) => new Date(Date.UTC(2010, 0, 1 + i)).toISOString().slice(0, 10));
    await post(
      days.map((day) => line(day, day)),
      chunk('a', 0),
    );
    for (let i = 0; i < 20; i++) expect((await finish()).body).toMatchObject({ of: 100, sealed: 0 });
    expect(sent).toHaveLength(LIMITS.sealDaysAtOnce);

    // Messages can be lost: `tidemark import` asks again after half a minute without news.
    sent.length = 0;
    clock.nowMs += 30_000;
    for (let i = 0; i < 20; i++) await finish();
    expect(sent).toHaveLength(LIMITS.sealDaysAtOnce);

    // The consumer queues the next days when it is done with these.
    for (let batch = 1; sent.length > 0; batch++) {
      expect(sent.length).toBeLessThanOrEqual(LIMITS.sealDaysAtOnce);
      expect(batch).toBeLessThanOrEqual(Math.ceil(100 / LIMITS.sealDaysAtOnce));
      await sealAll();
    }
    expect((await finish()).body).toMatchObject({ of: 100, sealed: 100 });
    expect(sent).toEqual([]);
  });

  it('has its days queued again when they could not be', async () => {
    const { post, sent, call, keys, services } = await start();
    await post([line('1', '2010-12-01')], chunk('a', 0));
    const finish = () => call('POST', '/v1/import/a/finish', { key: keys.write });
    const queue = services.sealQueue as { sendBatch: unknown };
    const { sendBatch } = queue;
    queue.sendBatch = async () => {
      throw new Error('the queue is full');
    };
    expect((await finish()).status).toBe(500);
    queue.sendBatch = sendBatch;
    expect((await finish()).status).toBe(200);
    expect(sent).toHaveLength(1);
    expectLog('http.problem', { code: 'internal', message: 'Error: the queue is full' });
  });

  it('refuses a chunk of too many days, named or not, and stores nothing of it', async () => {
    const { post, call, keys, sent } = await start();
    const linesOf = (count: number) =>
      Array.from({ length: count }, (_, i) => {
        const day = dayText(7_305 + i);
        return line(day, day);
      });
    const over = LIMITS.importChunkDaysMax + 1;
    for (const headers of [{}, chunk('a', 0), { ...chunk('a', 1), 'x-import-time': 'now' }]) {
      const { status, body } = await post(linesOf(over), headers);
      expect([status, body.code]).toEqual([413, 'too-many-days']);
      expect(body).toMatchObject({ limit: LIMITS.importChunkDaysMax, met: over });
    }
    expect(sent).toEqual([]);
    expect((await call('GET', '/v1/import/a', { key: keys.read })).body).toMatchObject({ chunks: 0, rows: 0 });
    const most = linesOf(over - 1);
    expect((await post([...most, most[0]!], chunk('b', 0))).status).toBe(200);
  });

  it('may be of as many days as there are since 1990, within what D1 takes', async () => {
    const { services, uid } = await start();
    const most = { parameters: 0, length: 0 };
    const db = new Proxy(services.db, {
      get: (target, name) => {
        if (name !== 'prepare') return Reflect.get(target, name).bind(target);
        return (sql: string) => {
          const statement = target.prepare(sql);
          const bind = statement.bind.bind(statement);
          statement.bind = (...values: unknown[]) => {
            most.parameters = Math.max(most.parameters, values.length);
            for (const value of values) most.length = Math.max(most.length, String(value).length);
            return bind(...values);
          };
          return statement;
        };
      },
    });
    const rowCount = LIMITS.importChunkRowsMax;
    const days = Array.from({ length: 13_000 }, (_, i) => ({
      day: 7_305 + i,
      rowCount: 1,
      uncounted: 1,
      undecided: 0,
      rowGroupFrom: i,
      rowGroupTo: i + 1,
    }));
    const footer = new Uint8Array(8);
    const encoded = { bytes: footer, rowCount, atMinMs: 0, atMaxMs: 0, days, contentHash: '', footer, footerHash: '' };
    const named = { uid, importId: 'a', version: 1, chunk: 0, contentHash: '' };
    const verdict: ImportVerdict = {
      received: rowCount,
      accepted: rowCount,
      duplicate: 0,
      quarantined: 0,
      rejected: 0,
      errors: [],
      days: days.map(({ day }) => dayText(day)),
    };
    await startChunk(db, named, 0);
    const path = importPath(uid, importIncarnation('a', 1, 0), rowCount, 'hash');
    const segment = { path, encoded, sizeBytes: 8, isOurs: true };
    const names = { statements: [], remember: () => {} };
    await storeChunk(db, named, { segment, idsPath: null, links: [], names, verdict });
    const sent: unknown[] = [];
    const sealQueue = {
      sendBatch: async (messages: Iterable<unknown>) => {
        const batch = [...messages];
        expect(batch.length).toBeLessThanOrEqual(100);
        sent.push(...batch);
      },
    };
    const importer = lakeImporter({ db, lake: services.lake, sealQueue, now: () => 0 });
    const hasher = new Hasher([0, 0, 0, 0]);
    const finished = await importer.finish(uid, 'a', hasher, { version: 1, chunks: 1 });
    expect(finished).toMatchObject({ status: 'finished', import: { of: 13_000, sealed: 0 } });
    expect(sent).toHaveLength(LIMITS.sealDaysAtOnce);
    expect(most.parameters).toBeLessThanOrEqual(100);
    expect(most.length).toBeLessThan(1_000_000);
  });

  const at = (timestamp: string, given: Partial<Line> & { readonly value?: number } = {}) => {
    const { value = 10, ...line } = given;
    return { id: 'order-1', event: 'Purchase', userId: 'u', timestamp, properties: { value }, ...line };
  };
  const early = at('2026-01-01T23:30:00Z');
  it.each<[what: string, chunks: readonly (readonly object[])[], duplicate: number, copies: number]>([
    ['on two days of one chunk', [[early, at('2026-01-02T00:30:00Z', { value: 99 })]], 1, 0],
    ['on two days in two chunks', [[early], [at('2026-01-02T00:30:00Z', { value: 99 })]], 0, 1],
    [
      'under another device in another chunk',
      [[early], [at('2026-01-01T23:30:00Z', { userId: 'w', value: 99 })]],
      0,
      1,
    ],
    ['in every chunk', [[early], [at('2026-01-02', { value: 99 })], [at('2026-01-03', { value: 98 })]], 0, 2],
    [
      'beside rows that stay',
      [[early], [at('2026-01-02', { value: 99 }), at('2026-01-02', { id: 'other', value: 0 })]],
      0,
      1,
    ],
  ])('counts the first row of an id that comes again %s', async (_, chunks, duplicate, copies) => {
    const { post, call, keys, sealAll } = await start();
    let duplicates = 0;
    // The chunks arrive in the opposite order: the place in the file decides.
    for (const [index, lines] of [...chunks.entries()].reverse()) {
      duplicates += (await post(lines, chunk('a', index))).body.duplicate as number;
    }
    const { body: finished } = await call('POST', '/v1/import/a/finish', { key: keys.write });
    const others = chunks.flat().filter((line) => (line as Line).id === 'other').length;
    expect([duplicates, finished.copies, finished.rows]).toEqual([duplicate, copies, 1 + others]);
    for (const step of [async () => {}, sealAll]) {
      await step();
      const sum = { measure: { sum: 'value' }, from: '2026-01-01', to: '2026-01-10' };
      expect((await call('POST', '/v1/query', { key: keys.read, body: sum })).body.series[0].total).toBe(10);
      const { body: list } = await call('GET', '/v1/events?from=2026-01-01&to=2026-01-10', { key: keys.read });
      expect(list.events).toHaveLength(1 + others);
      expect((await call('GET', '/v1/people/u', { key: keys.read })).body.events.total).toBe(1 + others);
    }
  });

  it('is in current.json from its finish to its undo, though no day of it is sealed yet', async () => {
    const { post, call, keys, services, uid } = await start();
    const listed = async () => {
      const object = await services.lake.get(currentPath(uid));
      const { files } = JSON.parse(await object!.text()) as { files: { rows: number }[] };
      return files.map(({ rows }) => rows);
    };
    await post([line('1', '2010-12-01'), line('2', '2010-12-02')], chunk('a', 0));
    await call('POST', '/v1/import/a/finish', { key: keys.write });
    expect(await listed()).toEqual([2]);
    await call('DELETE', '/v1/import/a', { key: keys.write });
    expect(await listed()).toEqual([]);
    expect((await call('DELETE', '/v1/import/b', { key: keys.write })).status).toBe(404);
  });

  it('is listed with its newest version, those started last first, page by page', async () => {
    const { post, call, keys, clock } = await start();
    for (const id of ['a', 'b', 'c']) {
      clock.nowMs += 1_000;
      await post([line('1', '2010-12-01')], chunk(id, 0));
    }
    await call('POST', '/v1/import/a/finish', { key: keys.write });
    await call('DELETE', '/v1/import/a', { key: keys.write });
    await call('POST', '/v1/import/b/finish', { key: keys.write });
    const first = await call('GET', '/v1/import?limit=2', { key: keys.read });
    expect(first.body.imports).toMatchObject([
      { importId: 'c', undone: false, newest: { version: 1, state: 'open', counts: false, chunks: 1, rows: 1 } },
      { importId: 'b', undone: false, newest: { version: 1, state: 'finished', counts: true, chunks: 1, rows: 1 } },
    ]);
    const rest = await call('GET', `/v1/import?limit=2&cursor=${first.body.cursor}`, { key: keys.read });
    expect(rest.body).toMatchObject({
      imports: [{ importId: 'a', undone: true, newest: { version: 2, counts: false, chunks: 0, rows: 0 } }],
    });
    expect(rest.body.cursor).toBeUndefined();
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
  it('queues the dirty days of a range or a list, each once in a while', async () => {
    const { call, keys, sent, uid, post, clock } = await start();
    const body = { from: '2010-12-30', to: '2011-01-02' };
    const command = async (asked: object) =>
      (await call('POST', '/v1/seal', { key: keys.admin, body: asked })).body.queued;
    expect(await command({ from: '2000-01-01', to: '2010-12-13' })).toEqual([]);
    expect(sent).toEqual([]);
    await post([line('1', '2010-12-30'), line('2', '2011-01-01')], chunk('b', 0));
    expect(await command(body)).toEqual([]);
    await call('POST', '/v1/import/b/finish', { key: keys.write });
    expect(sent.splice(0)).toHaveLength(2);
    clock.nowMs += 30_000;
    for (let again = 0; again < 3; again++) expect(await command(body)).toEqual(['2010-12-30', '2011-01-01']);
    expect(sent).toEqual([
      { uid, day: 14_973, cause: 'command' },
      { uid, day: 14_975, cause: 'command' },
    ]);
    clock.nowMs += 30_000;
    expect(await command({ days: ['2011-01-01', '2011-01-02'] })).toEqual(['2011-01-01']);
    expect(sent.slice(2)).toEqual([{ uid, day: 14_975, cause: 'command' }]);
    await command(body);
    expect(sent).toHaveLength(4);
    expect((await call('POST', '/v1/seal', { key: keys.admin, body: { days: ['2011-05-01'] } })).status).toBe(202);
    expect((await call('POST', '/v1/seal', { key: keys.admin, body: { days: ['2011-02-31'] } })).status).toBe(400);
    expect(
      (await call('POST', '/v1/seal', { key: keys.admin, body: { from: '2011-05-02', to: '2011-05-01' } })).status,
    ).toBe(400);
    expect((await call('POST', '/v1/seal', { key: keys.read, body })).status).toBe(403);
  });
});
