// `tidemark import` and other people's files: what is refused, where it is told, and what the exit code says.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FakeServer } from '../support/fake-server.ts';
import { inputOf, runCli } from '../support/run-cli.ts';

let server: FakeServer;
let folder: string;
beforeAll(async () => {
  server = await FakeServer.start();
});
afterAll(() => server.stop());
afterEach(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-import-files-'));
  server.calls.length = 0;
  server.chunks.clear();
  server.imports.clear();
  server.events.clear();
  server.fault = () => undefined;
});

const wholeRow =
  "export default (row) => ({ event: 'Row', userId: row.user || undefined, timestamp: row.at, properties: { ...row } });";

function write(files: Readonly<Record<string, string | Buffer>>): void {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
}

async function run(...argv: string[]) {
  const all = ['import', ...argv, '--tenant', 't', '--url', server.url, '--state', folder];
  return runCli(all, { env: { TIDEMARK_WRITE_KEY: 'w' }, cwd: folder });
}

async function importJson(...argv: string[]) {
  const outcome = await run(...argv, '--json');
  return { ...outcome, summary: outcome.out === '' ? undefined : JSON.parse(outcome.out) };
}

const refusedRows = (name: string) =>
  readFileSync(join(folder, `${name}.refused.ndjson`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const eventsSent = () =>
  [...server.chunks.values()].flatMap((text) =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  );

describe('a row without a time', () => {
  it.each([
    ['a misspelt column', 'user,created_at\na,2019-03-01T00:00:00Z\n', wholeRow],
    ['a padded column', 'user, at \na,2019-03-01T00:00:00Z\n', wholeRow],
    ['an empty field', 'user,at\na,\n', wholeRow],
    ['null', 'user,at\na,x\n', "export default () => ({ event: 'Row', timestamp: null });"],
    [
      'an unreadable Date',
      'user,at\na,31.02.2019\n',
      "export default (row) => ({ event: 'Row', timestamp: new Date(row.at) });",
    ],
    ['NaN', 'user,at\na,31.02.2019\n', "export default (row) => ({ event: 'Row', timestamp: Date.parse(row.at) });"],
  ])('is refused when it comes of %s', async (_, csv, map) => {
    write({ 'data.csv': csv, 'map.mjs': map });
    const { code, summary } = await importJson('data.csv', '--map', 'map.mjs');
    expect(code).toBe(1);
    expect(server.callsTo('/v1/import')).toHaveLength(0);
    expect(summary.refused).toMatchObject({ count: 1, byCode: { 'timestamp-missing': 1 } });
    expect(refusedRows('data.csv')).toMatchObject([{ row: 1, code: 'timestamp-missing', path: '/timestamp' }]);
  });

  it('happens now when --time now says so, at the same moment however often the import is repeated', async () => {
    write({ 'data.csv': 'user,at\na,\nb,2019-03-01\n', 'map.mjs': wholeRow });
    const startedAtMs = Date.now();
    expect((await run('data.csv', '--map', 'map.mjs', '--time', 'now')).code).toBe(0);
    // The days travel beside each other.
    const timeOf = (user: string) => eventsSent().find(({ userId }) => userId === user).timestamp;
    expect(timeOf('a')).toBeGreaterThanOrEqual(startedAtMs);
    expect(timeOf('b')).toBe('2019-03-01');
    server.calls.length = 0;
    expect((await run('data.csv', '--map', 'map.mjs', '--time', 'now')).code).toBe(0);
    expect(server.callsTo('/v1/import')).toHaveLength(0);
    expect((await run('data.csv', '--map', 'map.mjs', '--time', 'then')).notes).toContain('--time takes now');
  });
});

describe('refused rows', () => {
  it('are told with row, code, path and message, and written beside the file', async () => {
    const rows = ['A', 'Bad', 'A', 'Bad'].map((event, n) => `{"event":"${event}","timestamp":${n}}`);
    write({ 'data.ndjson': `${rows.join('\n')}\nnope\n`, 'map.mjs': 'export default (row) => row;' });
    server.fault = ({ path, text }) => {
      if (path !== '/v1/import') return undefined;
      server.chunks.set('i/0', text);
      const error = { id: null, code: 'timestamp-invalid', path: '/timestamp', message: 'no time' };
      const errors = [1, 3].map((index) => ({ index, ...error }));
      return { body: { received: 4, accepted: 2, duplicate: 0, quarantined: 0, rejected: 2, errors, days: [] } };
    };
    const { code, summary } = await importJson('data.ndjson', '--map', 'map.mjs', '--id', 'i');
    expect(code).toBe(1);
    expect(summary.rejectedByCode).toEqual({ 'timestamp-invalid': 2 });
    expect(summary.refused.byCode).toEqual({ 'timestamp-invalid': 2, 'row-unreadable': 1 });
    expect(summary.refused.first).toContainEqual({
      file: 'data.ndjson',
      row: 4,
      code: 'timestamp-invalid',
      path: '/timestamp',
      message: 'no time',
    });
    expect(summary.refused.files).toEqual([join(folder, 'data.ndjson.refused.ndjson')]);
    const written = refusedRows('data.ndjson');
    expect(written.map(({ row }) => row).sort()).toEqual([2, 4, 5]);
    expect(written.find(({ row }) => row === 2).text).toBe('{"event":"Bad","timestamp":1}');
    expect(written.find(({ row }) => row === 5)).toMatchObject({ code: 'row-unreadable', text: 'nope' });

    // The acknowledged chunk is not sent again, and its verdict names the rows once more.
    const again = await run('data.ndjson', '--map', 'map.mjs', '--id', 'i');
    expect(again.code).toBe(1);
    expect(again.out).toContain('row 4: timestamp-invalid at /timestamp: no time');
    expect(again.out).toContain('data.ndjson.refused.ndjson');
    expect(refusedRows('data.ndjson')).toHaveLength(3);
  });

  it('are all written when the server tells only the first reasons', async () => {
    const rows = Array.from({ length: 300 }, (_, n) => `{"event":"Bad","timestamp":${n}}`);
    write({ 'data.ndjson': rows.join('\n'), 'map.mjs': 'export default (row) => row;' });
    server.fault = ({ path, text }) => {
      if (path !== '/v1/import') return undefined;
      server.chunks.set('i/0', text);
      const errors = [{ index: 0, id: null, code: 'timestamp-invalid', path: '/timestamp', message: 'no time' }];
      const unlisted = [
        { code: 'timestamp-invalid', indexes: Array.from({ length: 199 }, (_, i) => i + 1) },
        { code: 'name-invalid', indexes: [250] },
      ];
      return { body: { received: 300, accepted: 99, rejected: 201, errors, unlisted, days: [] } };
    };
    const { summary } = await importJson('data.ndjson', '--map', 'map.mjs', '--id', 'i');
    expect(summary.rejectedByCode).toEqual({ 'timestamp-invalid': 200, 'name-invalid': 1 });
    expect(summary.refused.count).toBe(201);
    const written = refusedRows('data.ndjson');
    expect(written.map(({ row }) => row).sort((a, b) => a - b)).toEqual([
      ...Array.from({ length: 200 }, (_, i) => i + 1),
      251,
    ]);
    expect(written.at(-1)).toMatchObject({ code: 'name-invalid', text: '{"event":"Bad","timestamp":250}' });
  });

  it('have the text of their CSV row, to be mended', async () => {
    write({ 'data.csv': 'user;at\n"a;b";\nc;2019-03-01;x\n', 'map.mjs': wholeRow });
    await run('data.csv', '--map', 'map.mjs');
    expect(refusedRows('data.csv').map(({ text }) => text)).toEqual(['"a;b";', 'c;2019-03-01;x']);
  });

  it('leave no file when there are none: one of an earlier run goes', async () => {
    write({ 'data.csv': 'user,at\na,2019-03-01\n', 'map.mjs': wholeRow, 'data.csv.refused.ndjson': '{}\n' });
    expect((await run('data.csv', '--map', 'map.mjs')).code).toBe(0);
    expect(existsSync(join(folder, 'data.csv.refused.ndjson'))).toBe(false);
  });

  it('end with 1 when the file was not read whole, with 0 when the mapping alone refused lines', async () => {
    write({
      'data.csv': 'user,at\na,2019-03-01\nb,"x" y\n',
      'map.mjs': wholeRow,
      'a.log': 'one\nnoise\n',
      'log.mjs':
        "export default (line) => { if (line === 'noise') throw new Error('noise'); return { event: line, timestamp: 0 }; };",
    });
    expect((await run('data.csv', '--map', 'map.mjs')).code).toBe(1);
    const log = await importJson('a.log', '--map', 'log.mjs');
    expect(log.code).toBe(0);
    expect(log.summary.refused.byCode).toEqual({ 'mapping-failed': 1 });
  });
});

describe('a file', () => {
  it('is described before it is read', async () => {
    write({ 'data.csv': Buffer.from('user;at\nAndr\xe9;2019-03-01\n', 'latin1'), 'map.mjs': wholeRow });
    const { code, notes } = await run('data.csv', '--map', 'map.mjs');
    expect(code).toBe(0);
    expect(notes).toContain('data.csv: csv, separated by semicolons, 2 columns, windows-1252');
    expect(eventsSent()[0].userId).toBe('André');
  });

  it('is read as the options say', async () => {
    write({
      'data.txt': 'Łódź#2019-03-01\n',
      'map.mjs': 'export default (row) => ({ event: row[1], timestamp: row[2] });',
    });
    const options = ['--format', 'csv', '--separator', '#', '--no-header', '--encoding', 'utf8'];
    expect((await run('data.txt', '--map', 'map.mjs', ...options)).code).toBe(0);
    expect(eventsSent()[0]).toMatchObject({ event: 'Łódź', timestamp: '2019-03-01' });
    expect((await run('data.txt', '--map', 'map.mjs', '--encoding', 'ebcdic')).code).toBe(2);
    expect((await run('data.txt', '--map', 'map.mjs', '--separator', 'ab')).code).toBe(2);
  });

  it('that is cut short sends nothing', async () => {
    write({ 'data.csv.gz': gzipSync('user,at\na,2019-03-01\n').subarray(0, -9), 'map.mjs': wholeRow });
    const { code, notes } = await run('data.csv.gz', '--map', 'map.mjs');
    expect(code).toBe(1);
    expect(notes).toContain('data.csv.gz ends in the middle of its gzip data');
    expect(server.calls).toHaveLength(0);
  });

  it('says which of its columns are there twice', async () => {
    write({ 'data.csv': 'user,at,user\na,2019-03-01,b\n', 'map.mjs': wholeRow });
    expect((await run('data.csv', '--map', 'map.mjs')).notes).toContain('The column "user" is there more than once');
  });
});

describe('several files', () => {
  it('are one import with one finish, each with its own row numbers and refused rows', async () => {
    write({
      'a.csv': 'user,at\na,2019-03-01\nx,\n',
      'b.csv': 'user;at\nb;2019-03-01\nc;2019-03-02\n',
      'copy.csv': 'user;at\nb;2019-03-01\nc;2019-03-02\n',
      'map.mjs': wholeRow,
    });
    const { code, summary, notes } = await importJson('a.csv', 'b.csv', 'copy.csv', '--map', 'map.mjs');
    expect(code).toBe(1);
    expect(notes).toContain('copy.csv has the same content as b.csv and is left out');
    expect(summary.rows).toEqual({ read: 4, sent: 3, skipped: 0, unreadable: 1 });
    expect(summary.files.map(({ file, rows }: { file: string; rows: object }) => [file, rows])).toEqual([
      ['a.csv', { read: 2, sent: 1, skipped: 0, unreadable: 1 }],
      ['b.csv', { read: 2, sent: 2, skipped: 0, unreadable: 0 }],
    ]);
    expect(summary.chunks.count).toBe(2);
    expect(server.calls.filter(({ path }) => path.includes('/finish?'))).toHaveLength(1);
    expect(eventsSent().map(({ id }) => id.replace(/^.*-/, ''))).toEqual(['1', '1', '2']);
    expect(refusedRows('a.csv')).toMatchObject([{ row: 2 }]);
    expect(existsSync(join(folder, 'b.csv.refused.ndjson'))).toBe(false);
  });
});

describe('a mapping', () => {
  it('needs no code', async () => {
    write({
      'orders.csv': 'created_at,customer,amount\n2019-03-01,ann,12.5\n2019-03-01,bob,x\n',
      'orders.ndjson': '{"created_at":"2019-03-01","customer":{"id":"ann"},"amount":12.5}\n',
    });
    const { code, summary } = await importJson(
      'orders.csv',
      '--map',
      'event=Purchase,time=created_at,user=customer,value=amount:number',
    );
    expect(code).toBe(1);
    expect(summary.refused.first).toMatchObject([{ row: 2, code: 'value-invalid' }]);
    expect(eventsSent()).toMatchObject([{ event: 'Purchase', userId: 'ann', properties: { value: 12.5 } }]);
    server.chunks.clear();
    server.imports.clear();
    const json = await run('orders.ndjson', '--map', 'event=Purchase,time=created_at,user=customer.id,value=amount');
    expect(json.code).toBe(0);
    expect(eventsSent()).toMatchObject([{ userId: 'ann', properties: { value: 12.5 } }]);
    expect((await run('orders.csv', '--map', 'event=A,time=createdat')).notes).toContain('did you mean created_at?');
  });

  it.each([
    ['commonjs', 'map.ts'],
    ['commonjs', 'map.js'],
    ['module', 'map.ts'],
    [undefined, 'map.ts'],
  ])('lies in a folder whose package.json has the type %s as %s', async (type, name) => {
    mkdirSync(join(folder, 'maps'));
    const typed = name.endsWith('.ts') ? ': { at: string }' : '';
    write({
      'data.csv': 'user,at\na,2019-03-01\n',
      'maps/package.json': JSON.stringify({ name: 'elsewhere', type }),
      [`maps/help.${name.slice(-2)}`]: "export const eventName = 'Row';",
      [`maps/${name}`]: `import { eventName } from './help.${name.slice(-2)}';
export default (row${typed}) => ({ event: eventName, timestamp: row.at });`,
    });
    const { code, notes } = await run('data.csv', '--map', `maps/${name}`);
    expect(code, notes).toBe(0);
    expect(eventsSent()[0].event).toBe('Row');
  });
});

describe('--dry-run', () => {
  it('shows events, times, columns and refused rows, and sends nothing', async () => {
    write({
      'data.csv': 'user,at,plan\na,2019-03-01,x\nb,2019-05-01T12:00:00+02,y\nc,,z\nd,May,z\n',
      'map.mjs': "export default (row) => ({ event: 'Row', userId: row.usr ?? row.user, timestamp: row.at });",
    });
    const { code, summary } = await importJson('data.csv', '--map', 'map.mjs', '--dry-run');
    expect(code).toBe(1);
    expect(server.calls).toHaveLength(0);
    expect(existsSync(join(folder, 'data.csv.refused.ndjson'))).toBe(false);
    const [file] = summary.files;
    expect(file).toMatchObject({
      rows: { read: 4, mapped: 3, skipped: 0, unreadable: 1 },
      times: { first: '2019-03-01T00:00:00.000Z', last: '2019-05-01T10:00:00.000Z', unreadable: 1 },
      columns: { missing: ['usr'], unread: ['plan'] },
      refused: { count: 1, byCode: { 'timestamp-missing': 1 }, first: [{ row: 3 }] },
    });
    expect(file.events.map(({ userId }: { userId: string }) => userId)).toEqual(['a', 'b', 'd']);

    const text = await run('data.csv', '--map', 'map.mjs', '--dry-run');
    expect(text.out).toContain('no row has: usr');
    expect(text.out).toContain('row 3: timestamp-missing');
    expect(text.out).toContain('Nothing was sent.');
  });

  it('needs no server, and ends with 0 when all would be taken', async () => {
    write({ 'data.ndjson': '{"at":"2019-03-01"}\n', 'map.mjs': wholeRow });
    const { code } = await runCli(['import', 'data.ndjson', '--map', 'map.mjs', '--dry-run'], { cwd: folder });
    expect(code).toBe(0);
  });
});

describe('progress without a terminal', () => {
  it('is a line each tenth of the way', async () => {
    const { startProgress } = await import('../../../src/cli/kit/progress.ts');
    const lines: string[] = [];
    const io = { isTty: false, note: (line: string) => lines.push(line) };
    const progress = startProgress(io as unknown as Parameters<typeof startProgress>[0], 'Reading', 1_000);
    for (let done = 0; done <= 995; done += 5) progress.update(done, `${done} rows`);
    progress.end();
    expect(lines.map((line) => line.split(',')[0])).toEqual([
      ...[10, 20, 30, 40, 50, 60, 70, 80, 90].map((percent) => `Reading: ${percent} %`),
      'Reading: 99 %',
    ]);
  });
});

describe('send', () => {
  const send = (name: string) =>
    runCli(['send', name, '--url', server.url], { env: { TIDEMARK_WRITE_KEY: 'w' }, cwd: folder });

  it.each([
    ['an array', '[\n {"id":"1","event":"A"},\n {"id":"2","event":"B"}\n]\n'],
    ['a mark and CRLF', '\ufeff{"id":"1","event":"A"}\r\n{"id":"2","event":"B"}\r\n'],
    ['gzip', gzipSync('{"id":"1","event":"A"}\n{"id":"2","event":"B"}')],
    ['UTF-16', Buffer.from('\ufeff{"id":"1","event":"A"}\n{"id":"2","event":"B"}', 'utf16le')],
  ])('reads %s', async (_, content) => {
    write({ 'events.json': content });
    expect((await send('events.json')).code).toBe(0);
    expect([...server.events.keys()]).toEqual(['1', '2']);
  });

  it('reads an array from standard input, and names a line that is not UTF-8', async () => {
    const stdin = inputOf('[{"id":"1","event":"A"}]');
    const env = { TIDEMARK_WRITE_KEY: 'w' };
    expect((await runCli(['send', '--url', server.url], { env, stdin })).code).toBe(0);
    expect(server.events.size).toBe(1);
    write({ 'events.json': Buffer.from('{"id":"2","event":"A"}\n{"event":"\xe9"}\n', 'latin1') });
    const { code, notes } = await send('events.json');
    expect(code).toBe(1);
    expect(notes).toContain('Line 2 cannot be read: the byte 0xe9 is not valid UTF-8');
  });
});

describe('--from', () => {
  const log = [
    '203.0.113.7 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 5 "-" "Mozilla/5.0"',
    'nonsense',
    '203.0.113.7 - - [17/May/2015:10:05:04 +0000] "GET /b HTTP/1.1" 200 5 "-" "Mozilla/5.0"',
  ].join('\n');

  it('imports what a vendor exports, without a mapping, and tells what it refused', async () => {
    write({ 'access.log.gz': gzipSync(log) });
    const { code, summary } = await importJson('access.log.gz', '--from', 'nginx');
    expect(code).toBe(0);
    expect(summary.refused).toMatchObject({ count: 1, byCode: { 'mapping-failed': 1 } });
    expect(refusedRows('access.log.gz')).toMatchObject([{ row: 2, text: 'nonsense' }]);
    expect(eventsSent().map(({ type, context }) => [type, context.page.path])).toEqual([
      ['page', '/a'],
      ['page', '/b'],
    ]);
  });

  it('shows first what would be sent', async () => {
    write({ 'access.log': log });
    const { out, code } = await run('access.log', '--from', 'apache', '--dry-run');
    expect([code, out]).toEqual([0, expect.stringContaining('2 mapped, 0 skipped, 1 unreadable')]);
    expect(server.calls).toEqual([]);
  });

  it('may make several events of a row, each with an id of its own and the number of its row', async () => {
    const row = { uuid: 'u', user_id: 'ann', device_id: 'd', event_type: 'Seen', event_time: '2024-03-10 12:00:00' };
    write({ 'events.json': `${JSON.stringify(row)}\n` });
    const { summary } = await importJson('events.json', '--from', 'amplitude');
    expect(summary.rows).toMatchObject({ read: 1, sent: 1 });
    expect(eventsSent().map(({ id }) => id)).toEqual(['u', 'link d ann']);
  });

  it.each([
    ['an unknown name', ['--from', 'adobe'], '--from takes segment, rudderstack'],
    ['a mapping beside it', ['--from', 'segment', '--map', 'x=y'], 'two ways to say the same'],
  ])('refuses %s', async (_, options, note) => {
    write({ 'events.json': '{}' });
    const { code, notes } = await run('events.json', ...options);
    expect([code, notes]).toEqual([2, expect.stringContaining(note)]);
  });
});
