// Exports over the real engine, sink, manifest and seal, compared with the list of accepted events.

import { createHash } from 'node:crypto';
import { zstdDecompressSync } from 'node:zlib';
import { Hono } from 'hono';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import type { EventRecord } from '../../../src/core/event/event.ts';
import { DAY_MS, LIMITS } from '../../../src/core/limits.ts';
import type { Authenticator } from '../../../src/http/authenticate.ts';
import { renderProblem } from '../../../src/http/problem.ts';
import { exportRoutes } from '../../../src/query/export/export-routes.ts';
import { record } from '../../support/events.ts';
import { expectLog } from '../../support/expect-log.ts';
import { fakeApp } from '../../support/fake-services.ts';
import { dayOf, World } from '../support/world.ts';

const NOW_MS = Date.UTC(2026, 2, 10, 12, 0, 30);
const TODAY = { from: '2026-03-10', to: '2026-03-11' };

type Line = Record<string, unknown>;

function exporterOf(world: World) {
  const app = new Hono();
  app.onError((error, c) => renderProblem(c, error));
  const auth = { authenticate: async () => ({ tenant: world.tenant }) } as unknown as Authenticator;
  const random = (sizeBytes: number) => crypto.getRandomValues(new Uint8Array(sizeBytes));
  app.route('/v1/export', exportRoutes({ ...world.ports, auth, random }));
  const start = (body: Line) =>
    app.request('/v1/export', { method: 'POST', body: JSON.stringify({ format: 'ndjson', ...TODAY, ...body }) });
  const receipt = (id: string) => app.request(`/v1/export/${id}`);
  const whole = async (body: Line = {}) => {
    const response = await start(body);
    expect(response.status).toBe(200);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const kept = await (await receipt(response.headers.get('x-export-id')!)).json();
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect(kept).toMatchObject({ sizeBytes: bytes.length, sha256 });
    return { response, bytes, text: new TextDecoder().decode(bytes), receipt: kept as { rows: number; asOf: string } };
  };
  const lines = async (body: Line = {}) => linesOf((await whole(body)).text);
  return { start, receipt, whole, lines };
}

const linesOf = (text: string): Line[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
const idsOf = (lines: readonly Line[]) => lines.map(({ id }) => String(id)).sort();

function some(count: number, prefix: string, atMs = NOW_MS): EventRecord[] {
  return Array.from({ length: count }, (_, i) =>
    record({
      id: `${prefix}${i}`,
      atMs: atMs - i * 1_000,
      event: i % 3 === 0 ? 'Bought' : 'Clicked',
      user_id: `person-${i % 5}`,
      properties: { i, tags: ['a', { b: null }] },
      context: { locale: 'de' },
    }),
  );
}

function parquetOf(bytes: Uint8Array): Promise<Line[]> {
  const file = bytes.slice().buffer;
  const compressors = { ZSTD: (input: Uint8Array) => new Uint8Array(zstdDecompressSync(input)) };
  return parquetReadObjects({ file, compressors }) as Promise<Line[]>;
}

describe('an export', () => {
  it('has each event once that is in the tail, in L0, in L1, and in several of them', async () => {
    const world = new World({ nowMs: NOW_MS, shardCount: 3 });
    const early = some(20, 'early', NOW_MS - DAY_MS);
    world.append(0, early);
    await world.store(0, { confirm: false });
    // The same events come again through another shard: in an L0 that the day's seal covers, and in a tail that it does not.
    world.append(1, early.slice(0, 10));
    await world.store(1);
    await world.seal(dayOf(NOW_MS) - 1);
    world.append(2, early.slice(5, 15));
    world.append(1, early.slice(10, 18));
    await world.store(1);
    world.append(2, some(7, 'now'));
    const lines = await exporterOf(world).lines({ from: '2026-03-09' });
    expect(idsOf(lines)).toEqual(idsOf([...early, ...some(7, 'now')].map(({ strings }) => strings)));
  });

  it('holds exactly the range asked for, in the zone asked for', async () => {
    const world = new World({ nowMs: NOW_MS });
    const at = (id: string, iso: string) => record({ id, atMs: Date.parse(iso) });
    world.append(0, [at('before', '2026-03-08T22:59:59.999Z'), at('first', '2026-03-08T23:00:00Z')]);
    await world.store(0);
    await world.seal(dayOf(NOW_MS) - 2);
    world.append(0, [at('last', '2026-03-09T22:59:59.999Z'), at('after', '2026-03-09T23:00:00Z')]);
    const question = { from: '2026-03-09', to: '2026-03-10', timezone: 'Europe/Berlin' };
    expect(idsOf(await exporterOf(world).lines(question))).toEqual(['first', 'last']);
  });

  it('lets through what the filter lets through, and only the columns asked for', async () => {
    const world = new World({ nowMs: NOW_MS });
    world.append(0, some(9, 'e'));
    const lines = await exporterOf(world).lines({
      events: ['Bought'],
      where: { property: 'i', op: 'gte', value: 3 },
      columns: ['user_id', 'id'],
    });
    expect(lines).toEqual([
      { user_id: 'person-3', id: 'e3' },
      { user_id: 'person-1', id: 'e6' },
    ]);
    expect(Object.keys(lines[0]!)).toEqual(['user_id', 'id']);
  });

  it('shows NDJSON with objects, ISO times and nothing that is not there', async () => {
    const world = new World({ nowMs: NOW_MS });
    world.append(0, some(1, 'e'));
    const [line] = await exporterOf(world).lines();
    expect(line).toEqual({
      at: '2026-03-10T12:00:30.000Z',
      received_at: '2026-03-10T12:00:30.000Z',
      id: 'e0',
      type: 'track',
      event: 'Bought',
      person: expect.stringMatching(/^-?\d+$/),
      user_id: 'person-0',
      properties: { i: 0, tags: ['a', { b: null }] },
      context: { locale: 'de' },
    });
  });

  it('shows CSV that no spreadsheet takes for a formula, and that gives back what was sent', async () => {
    const texts = [
      '=1+1',
      '+49 30',
      '-x',
      '@SUM(A1)',
      "'quoted",
      'a "b", c',
      'two\nlines',
      '\t=1',
      '',
      'plain',
      '＝1',
      '\n=1',
      'x;=1+1',
      ';',
    ];
    const world = new World({ nowMs: NOW_MS });
    world.append(
      0,
      texts.map((title, i) => record({ id: `e${i}`, atMs: NOW_MS + i, title })),
    );
    world.append(0, [record({ id: 'none', atMs: NOW_MS + texts.length })]);
    const { text } = await exporterOf(world).whole({ format: 'csv', columns: ['title', 'person', 'at'] });
    const { parse } = await import('csv-parse/sync');
    const rows = parse(text, { record_delimiter: '\r\n' }) as string[][];
    expect(rows[0]).toEqual(['title', 'person', 'at']);
    const titles = rows.slice(1).map(([title]) => title!);
    for (const title of titles) expect(title).not.toMatch(/^[=+\-@\t\n＝]/);
    expect(titles.map((title) => title.replace(/^'/, ''))).toEqual([...texts, '']);
    // An absent value and an empty text differ.
    expect(text).toContain('\r\n"",,2026');
    expect(text.split('\r\n').at(-2)).toBe(',,2026-03-10T12:00:30.014Z');
    // A spreadsheet that separates by `;` finds it only within quotes.
    expect(text).toContain('\r\n"x;=1+1",');
    expect(text).toContain('\r\n";",');
  });

  it('is one Parquet file of several row groups that another reader reads', async () => {
    const world = new World({ nowMs: NOW_MS });
    const count = LIMITS.exportPieceRowsMax + 500;
    for (let i = 0; i < count; i += 500) world.append(0, some(500, `e${i}-`, NOW_MS - 3_600_000));
    await world.store(0);
    await world.seal(dayOf(NOW_MS));
    world.append(0, [record({ id: 'tail', atMs: NOW_MS, title: '=1' })]);
    const { bytes, receipt, response } = await exporterOf(world).whole({ format: 'parquet' });
    const metadata = parquetMetadata(bytes.slice().buffer);
    expect(metadata.row_groups.length).toBeGreaterThan(1);
    expect(Number(metadata.num_rows)).toBe(count + 1);
    expect(receipt.rows).toBe(count + 1);
    expect(Number(response.headers.get('x-export-rows-max'))).toBe(count + 1);
    const rows = await parquetOf(bytes);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(count + 1);
    const tail = rows.find(({ id }) => id === 'tail')!;
    expect(tail).toMatchObject({ title: '=1', at: new Date(NOW_MS), user_id: null });
    expect(Object.keys(tail)).not.toContain('key_hash');
    const columns = ['id', 'person', 'key_hash', 'late', 'received_at'];
    const own = await parquetOf((await exporterOf(world).whole({ format: 'parquet', columns })).bytes);
    expect(own.find(({ id }) => id === 'tail')).toMatchObject({ person: null, late: 0, received_at: new Date(NOW_MS) });
    for (const { key_hash, person } of own) expect(typeof (key_hash ?? person)).toBe('bigint');
    const written = (await exporterOf(world).lines({ columns: ['id', 'key_hash'] })) as {
      id: string;
      key_hash: string;
    }[];
    const hashes = new Map(written.map(({ id, key_hash }) => [id, key_hash]));
    for (const { id, key_hash, person } of own) expect(String(key_hash ?? person)).toBe(hashes.get(String(id)));
  });

  it('is whole and empty when nothing happened', async () => {
    const exporter = exporterOf(new World({ nowMs: NOW_MS }));
    expect(await exporter.lines()).toEqual([]);
    expect((await exporter.whole({ format: 'csv', columns: ['id'] })).text).toBe('id\r\n');
    expect(await parquetOf((await exporter.whole({ format: 'parquet' })).bytes)).toEqual([]);
  });

  it('goes on over a day that is sealed while it streams', async () => {
    const world = new World({ nowMs: NOW_MS });
    const records = some(30, 'e');
    world.append(0, records.slice(0, 20));
    await world.store(0);
    world.append(0, records.slice(20));
    const exporter = exporterOf(world);
    const response = await exporter.start({});
    // The events of the tail are stored and sealed before the first byte is read.
    await world.store(0);
    await world.seal(dayOf(NOW_MS));
    expect(idsOf(linesOf(await response.text()))).toEqual(idsOf(records.map(({ strings }) => strings)));
  });
});

describe('an export that cannot be whole', () => {
  it('is refused when a shard does not answer', async () => {
    const world = new World({ nowMs: NOW_MS, shardCount: 2 });
    world.append(0, some(1, 'a'));
    world.append(1, some(1, 'b'));
    world.shards[1]!.isDown = true;
    const response = await exporterOf(world).start({});
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: 'shard-unavailable' });
    expectLog('query.shard', { message: 'Error: the shard is down' });
    expectLog('http.problem', { code: 'shard-unavailable' });
  });

  it('breaks off, and has no receipt', async () => {
    const world = new World({ nowMs: NOW_MS });
    world.append(0, some(5, 'a', NOW_MS - DAY_MS));
    await world.store(0);
    const exporter = exporterOf(world);
    const response = await exporter.start({ from: '2026-03-01' });
    world.bucket.before = () => {
      throw new Error('R2 is down');
    };
    await expect(response.text()).rejects.toThrow();
    const receipt = await exporter.receipt(response.headers.get('x-export-id')!);
    expect(receipt.status).toBe(404);
    expect(await receipt.json()).toMatchObject({ code: 'export-not-found' });
    expectLog('export', { message: 'Error: R2 is down' });
  });

  it.each([
    [{ format: 'xlsx' }, 'request-invalid'],
    [{ columns: ['pii'] }, 'request-invalid'],
    [{ columns: [] }, 'request-invalid'],
    [{ measure: 'count' }, 'request-invalid'],
    [{ from: 'yesterday' }, 'range-invalid'],
    [{ from: '2026-03-12' }, 'range-inverted'],
    [{ from: '2020-01-01' }, 'range-too-wide'],
    [{ timezone: 'Mars/Olympus' }, 'timezone-unknown'],
  ])('is refused for %j', async (body, code) => {
    const response = await exporterOf(new World({ nowMs: NOW_MS })).start(body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code });
  });
});

describe('import and export', () => {
  it('give back the events that were sent, before the seal too, and no events of other tenants', async () => {
    const { app, call, createTenant } = fakeApp();
    const { keys } = await createTenant('shop');
    const { keys: others } = await createTenant('other');
    const sent = Array.from({ length: 50 }, (_, i) => ({
      id: `row-${i}`,
      event: 'Bought',
      userId: `user-${i % 7}`,
      timestamp: `2011-01-${String(1 + (i % 28)).padStart(2, '0')}T10:00:00.000Z`,
      properties: { price: i / 100, name: `=${i}, "ü"\n` },
      context: { app: { name: 'till' } },
    }));
    const headers = { 'x-import-id': 'one', 'x-import-chunk': '0', 'content-type': 'application/x-ndjson' };
    const body = sent.map((event) => JSON.stringify(event)).join('\n');
    expect((await call('POST', '/v1/import', { key: keys.write, body, headers })).status).toBe(200);
    expect((await call('POST', '/v1/import/one/finish?chunks=1', { key: keys.write })).status).toBe(200);
    const range = { from: '2011-01-01', to: '2011-02-01', format: 'ndjson' };
    const exported = async (key: string) => {
      const headers = { authorization: `Bearer ${key}` };
      const response = await app.request('/v1/export', { method: 'POST', body: JSON.stringify(range), headers });
      return { id: response.headers.get('x-export-id')!, lines: linesOf(await response.text()) };
    };
    const { id, lines } = await exported(keys.read);
    const back = lines.map(({ id, event, user_id, at, properties, context }) => {
      return { id, event, userId: user_id, timestamp: at, properties, context };
    });
    expect(back.sort((a, b) => (Number(String(a.id).slice(4)) < Number(String(b.id).slice(4)) ? -1 : 1))).toEqual(sent);
    expect((await exported(others.read)).lines).toEqual([]);
    expect((await call('GET', `/v1/export/${id}`, { key: others.read })).status).toBe(404);
    expect((await call('GET', `/v1/export/${id}`, { key: keys.read })).body.rows).toBe(50);
    expect((await call('POST', '/v1/export', { key: keys.write, body: range })).body.code).toBe('key-scope');
  });
});
