import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FakeServer } from '../support/fake-server.ts';
import { runCli } from '../support/run-cli.ts';

let server: FakeServer;
let folder: string;
beforeAll(async () => {
  server = await FakeServer.start();
});
afterAll(() => server.stop());
afterEach(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-import-'));
  server.calls.length = 0;
  server.chunks.clear();
  server.fault = () => undefined;
});

const csvMap = `
export const format = 'csv';
export default (row) => {
  if (row.name === 'skip') return null;
  if (row.name === 'throw') throw new Error('a bad row');
  return { event: row.name, userId: row.user || undefined, timestamp: row.at };
};`;

function csvOf(rowCount: number, nameAt: (row: number) => string = () => 'A'): string {
  const rows = Array.from(
    { length: rowCount },
    (_, n) => `${nameAt(n + 1)},u${n % 7},2026-01-0${1 + (n % 3)}T00:00:00Z`,
  );
  return ['name,user,at', ...rows, ''].join('\n');
}

function importFile(name: string, content: string | Buffer, map = csvMap, ...more: string[]) {
  writeFileSync(join(folder, name), content);
  writeFileSync(join(folder, 'map.mjs'), map);
  return importAgain(name, ...more);
}

async function importAgain(name: string, ...more: string[]) {
  const argv = [
    'import',
    name,
    '--tenant',
    't',
    '--map',
    'map.mjs',
    '--json',
    '--url',
    server.url,
    '--state',
    folder,
    ...more,
  ];
  const outcome = await runCli(argv, { env: { TIDEMARK_WRITE_KEY: 'w' }, cwd: folder });
  return { ...outcome, summary: outcome.out === '' ? undefined : JSON.parse(outcome.out) };
}

const chunkCalls = () => server.callsTo('/v1/import');
const idsSent = () =>
  chunkCalls().flatMap(({ text }) =>
    text
      .trim()
      .split('\n')
      .map((line) => String(JSON.parse(line).id)),
  );
const eventsSent = () =>
  [...server.chunks.values()].flatMap((text) =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  );

describe('import', () => {
  it('sends every row once, in chunks, and waits for the days', async () => {
    const { code, summary } = await importFile('data.csv', csvOf(25), csvMap, '--chunk-rows', '10');
    expect(code).toBe(0);
    expect(
      chunkCalls()
        .map(({ headers }) => headers['x-import-chunk'])
        .sort(),
    ).toEqual(['0', '1', '2']);
    expect(summary.rows).toEqual({ read: 25, sent: 25, skipped: 0, unreadable: 0 });
    expect(summary.events.accepted).toBe(25);
    expect(summary.days).toEqual({ touched: 3, sealed: 3 });
    expect(server.calls.filter(({ path }) => path.includes('/finish?'))).toHaveLength(1);
  });

  it('makes ids of the file’s hash and the row number', async () => {
    await importFile('data.csv', csvOf(3));
    const ids = eventsSent().map(({ id }) => id);
    expect(new Set(ids).size).toBe(3);
    expect(ids[2]).toMatch(/^[0-9a-f]{16}-3$/);
    server.chunks.clear();
    server.imports.clear();
    await importFile('renamed.csv', csvOf(3), csvMap);
    expect(eventsSent().map(({ id }) => id)).toEqual(ids);
  });

  it('keeps an id the mapping gives', async () => {
    await importFile('data.ndjson', '{"id":"mine","event":"A","timestamp":0}\n', 'export default (row) => row;');
    expect(eventsSent()[0].id).toBe('mine');
  });

  it('skips null, and counts what it cannot read with row and reason', async () => {
    const { code, summary } = await importFile(
      'data.csv',
      csvOf(10, (row) => (row === 3 ? 'skip' : row === 5 ? 'throw' : 'A')),
    );
    expect(code).toBe(0);
    expect(summary.rows).toEqual({ read: 10, sent: 8, skipped: 1, unreadable: 1 });
    expect(summary.unreadable).toEqual([{ row: 5, reason: 'a bad row' }]);
    expect(eventsSent().at(-1).id).toMatch(/-10$/);
  });

  it('goes on after a broken CSV record', async () => {
    const csv = 'name,user,at\nA,u,2026-01-01\nA,u\nA,"u\nx",2026-01-01\nA,"u';
    const { summary } = await importFile('data.csv', csv);
    expect(summary.rows).toMatchObject({ read: 4, sent: 2, unreadable: 2 });
    expect(eventsSent()[1].userId).toBe('u\nx');
  });

  it('reads NDJSON with blank lines, CRLF and a last line without an end', async () => {
    const text = '{"event":"A","timestamp":0}\r\n\nnot json\n{"event":"B","timestamp":0}';
    const { summary } = await importFile('data.ndjson', text, 'export default (row) => row;');
    expect(summary.rows).toEqual({ read: 4, sent: 2, skipped: 1, unreadable: 1 });
    expect(eventsSent().map(({ event }) => event)).toEqual(['A', 'B']);
  });

  it('reads a packed log by lines, and does not hold a line without end', async () => {
    const log = gzipSync(`one\n${'x'.repeat(3_000_000)}\ntwo\n`);
    const { summary } = await importFile(
      'access.log.gz',
      log,
      'export default (line) => ({ event: line, timestamp: 0 });',
    );
    expect(summary.rows).toMatchObject({ read: 3, sent: 2, unreadable: 1 });
    expect(eventsSent().map(({ event }) => event)).toEqual(['one', 'two']);
  });

  it('sums the codes of what the server rejects, and ends with 1', async () => {
    const { code, summary } = await importFile(
      'data.csv',
      csvOf(10, (row) => (row % 5 === 0 ? 'Bad' : 'A')),
    );
    expect(code).toBe(1);
    expect(summary.events).toMatchObject({ accepted: 8, rejected: 2 });
    expect(summary.rejectedByCode).toEqual({ 'name-too-long': 2 });
  });

  it('goes on where it was interrupted', async () => {
    server.fault = ({ headers }) =>
      headers['x-import-chunk'] === '3' ? { status: 400, body: { code: 'x', detail: 'stop' } } : undefined;
    const first = await importFile('data.csv', csvOf(50), csvMap, '--chunk-rows', '10', '--concurrency', '1');
    expect(first.code).toBe(1);
    expect(first.notes).toContain('400 x: stop');

    server.fault = () => undefined;
    server.calls.length = 0;
    const second = await importAgain('data.csv', '--chunk-rows', '10');
    expect(second.code).toBe(0);
    expect(
      chunkCalls()
        .map(({ headers }) => headers['x-import-chunk'])
        .sort(),
    ).toEqual(['3', '4']);
    expect(second.summary.events.accepted).toBe(50);
    expect(second.summary.chunks).toEqual({ count: 5, resumed: 3 });
  });

  it('sends everything again to a server that does not know the import any more', async () => {
    await importFile('data.csv', csvOf(20), csvMap, '--chunk-rows', '10');
    server.chunks.clear();
    server.imports.clear();
    server.calls.length = 0;
    await importAgain('data.csv', '--chunk-rows', '10');
    expect(chunkCalls()).toHaveLength(2);
  });

  it.each([
    ['a mapping that was mended', 'data.csv', csvOf(20), csvMap.replace('amount', 'value')],
    ['another cut into chunks', 'data.csv', csvOf(20), csvMap, '--chunk-rows', '5'],
    ['another separator', 'data.csv', csvOf(20), csvMap, '--separator', 'semicolon'],
  ])('asks what is meant by the same file with %s', async (_, file, text, map, ...options) => {
    await importFile('data.csv', csvOf(20), csvMap);
    server.calls.length = 0;
    const again = await importFile(file, text, `${map}\n`, ...options);
    expect(again.code).toBe(1);
    expect(again.notes).toContain('is finished, from something else');
    expect(again.notes).toMatch(/--replace .*take the place.*\n.*--id NAME .*once more/);
    expect(chunkCalls()).toEqual([]);
  });

  it('replaces an import: the rows keep their ids, and another version has them', async () => {
    await importFile('data.csv', csvOf(3), csvMap);
    const ids = idsSent();
    server.calls.length = 0;
    const mended = csvMap.replace('amount', 'value');
    expect((await importFile('data.csv', csvOf(3), mended, '--replace')).code).toBe(0);
    expect(idsSent()).toEqual(ids);
    expect(chunkCalls().map(({ headers }) => headers['x-import-version'])).toEqual(['2']);
  });

  it('imports a file once more under another name, with rows of their own', async () => {
    await importFile('data.csv', csvOf(3), csvMap);
    const ids = idsSent();
    server.calls.length = 0;
    expect((await importFile('data.csv', csvOf(3), csvMap, '--id', 'again')).code).toBe(0);
    expect(idsSent()).toEqual(ids.map((id) => id.replace(/-(\d+)$/, '-again-$1')));
  });

  it('waits out an overloaded server', async () => {
    let refused = 0;
    server.fault = ({ path }) =>
      path === '/v1/import' && refused++ < 2
        ? { status: 429, body: { code: 'overloaded', detail: 'later' }, headers: { 'retry-after': '0' } }
        : undefined;
    const { code, notes } = await importFile('data.csv', csvOf(5));
    expect(code).toBe(0);
    expect(notes).toContain('429 overloaded');
  });

  it('waits for its quota as often as it is told to', async () => {
    let refused = 0;
    server.fault = ({ path }) =>
      path === '/v1/import' && refused++ < 30
        ? { status: 429, body: { code: 'quota-exceeded', detail: 'wait' }, headers: { 'retry-after': '0' } }
        : undefined;
    const { code, notes, summary } = await importFile('data.csv', csvOf(5));
    expect(code).toBe(0);
    expect(notes).toContain('429 quota-exceeded');
    expect(summary.events.accepted).toBe(5);
  });

  it('never has more requests in flight than asked', async () => {
    let inFlight = 0;
    let most = 0;
    const gate = () => new Promise((resolve) => setTimeout(resolve, 5));
    const { uploadChunks } = await import('../../../src/cli/import/upload.ts');
    const client = {
      async post() {
        most = Math.max(most, ++inFlight);
        await gate();
        inFlight--;
        return { received: 1, accepted: 1, rejected: 0 };
      },
    };
    async function* chunks() {
      for (let index = 0; index < 12; index++)
        yield { index, rowCount: 1, body: Buffer.from('x'), hash: String(index), rows: [] };
    }
    const journal = { find: () => undefined, append: () => {} };
    const options = { client, journal, importId: 'i', concurrency: 3, onAcknowledged: () => {} };
    const totals = await uploadChunks(chunks(), options as unknown as Parameters<typeof uploadChunks>[1]);
    expect(totals.chunks).toBe(12);
    expect(most).toBe(3);
  });

  it('says what is wrong with a mapping', async () => {
    expect((await importFile('data.csv', csvOf(1), 'export const x = 1;')).notes).toContain('has no default export');
    writeFileSync(join(folder, 'bad.mjs'), 'export default (');
    const { notes } = await runCli(['import', 'data.csv', '--tenant', 't', '--map', 'bad.mjs'], { cwd: folder });
    expect(notes).toContain('does not load');
  });
});
