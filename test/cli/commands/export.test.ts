// `tidemark export` against the real routes over HTTP, with connections that break.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { spansOf } from '../../../src/cli/export/spans.ts';
import { fakeApp, type Keys } from '../../support/fake-services.ts';
import { runCli } from '../support/run-cli.ts';

let folder: string;
let server: Server;
let keys: Keys;
/** The bodies of the requests for exports. */
let requests: Record<string, string>[];
/** Whether the connection of the export with this number breaks in the middle. */
let breaks: (number: number) => boolean;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-export-'));
  requests = [];
  breaks = () => false;
  const { app, call, createTenant } = fakeApp();
  ({ keys } = await createTenant('shop'));
  const lines = Array.from({ length: 60 }, (_, i) => {
    const timestamp = new Date(Date.UTC(2011, 0, 1 + i, 10)).toISOString();
    return JSON.stringify({ id: `row-${i}`, event: i % 2 ? 'Odd' : 'Even', userId: `u${i}`, timestamp });
  });
  const headers = { 'x-import-id': 'one', 'x-import-chunk': '0', 'content-type': 'application/x-ndjson' };
  const stored = await call('POST', '/v1/import', { key: keys.write, body: lines.join('\n'), headers });
  expect(stored.body).toMatchObject({ accepted: 60 });
  await call('POST', '/v1/import/one/finish', { key: keys.write });
  server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const isExport = request.method === 'POST' && request.url === '/v1/export';
    if (isExport) requests.push(JSON.parse(body.toString()));
    const answer = await app.request(request.url!, {
      method: request.method!,
      headers: request.headers as Record<string, string>,
      ...(body.length > 0 && { body }),
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    if (isExport && breaks(requests.length)) {
      response.write(bytes.subarray(0, bytes.length / 2), () => request.socket.destroy());
    } else response.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

function run(format: string, file: string, more: readonly string[] = []) {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const range = ['--from', '2011-01-01', '--to', '2011-03-02', '--timezone', 'UTC'];
  const argv = ['export', '--url', url, '--format', format, '--out', join(folder, file), ...range, ...more];
  return runCli(argv, { env: { TIDEMARK_READ_KEY: keys.read } });
}

const read = (file: string) => readFileSync(join(folder, file), 'utf8');
const ids = (file: string) =>
  read(file)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).id as string);
const ALL = Array.from({ length: 60 }, (_, i) => `row-${i}`);

describe('tidemark export', () => {
  it('writes every event once, part by part, and leaves nothing beside the file', async () => {
    const { code, out, notes } = await run('ndjson', 'all.ndjson');
    expect(notes).toMatch(/^Exporting: 100 %, 60 events/m);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringMatching(/^60 events, 0\.0 MB/) });
    expect(ids('all.ndjson')).toEqual(ALL);
    expect(requests.length).toBeGreaterThan(5);
    expect(existsSync(join(folder, 'all.ndjson.part'))).toBe(false);
    expect(existsSync(join(folder, 'all.ndjson.part.json'))).toBe(false);
  });

  it('writes one header line in a CSV of many parts', async () => {
    await run('csv', 'all.csv', ['--columns', 'id,event']);
    const lines = read('all.csv').split('\r\n');
    expect(lines[0]).toBe('id,event');
    expect(lines.slice(1, -1)).toEqual(ALL.map((id, i) => `${id},${i % 2 ? 'Odd' : 'Even'}`));
  });

  it('writes Parquet in one call, and only the events asked for', async () => {
    const { out } = await run('parquet', 'odd.parquet', ['--events', 'Odd']);
    expect(out).toMatch(/^30 events/);
    expect(requests).toHaveLength(1);
    expect(readFileSync(join(folder, 'odd.parquet')).subarray(-4).toString()).toBe('PAR1');
  });

  it('asks again for a part whose connection broke', async () => {
    breaks = (number) => number === 1 || number === 4;
    const { code, notes } = await run('csv', 'all.csv', ['--columns', 'id']);
    expect(notes).toMatch(/Trying again: the connection broke/);
    expect(code).toBe(0);
    expect(read('all.csv').split('\r\n').slice(1, -1)).toEqual(ALL);
  }, 20_000);

  it('continues after the last whole part when it is run again', async () => {
    breaks = (number) => number > 3;
    const first = await run('ndjson', 'all.ndjson');
    expect(first.code).toBe(1);
    expect(first.notes).toMatch(/The export is not whole/);
    expect(existsSync(join(folder, 'all.ndjson'))).toBe(false);
    // The bytes of a part that never arrived whole.
    writeFileSync(join(folder, 'all.ndjson.part'), `${read('all.ndjson.part')}{"id":"to`);
    breaks = () => false;
    requests = [];
    const second = await run('ndjson', 'all.ndjson');
    expect(second.notes).toMatch(/Continuing after part 3 of 9/);
    expect(requests).toHaveLength(6);
    expect(ids('all.ndjson')).toEqual(ALL);
  }, 30_000);

  it('begins anew when another question is asked under the name', async () => {
    breaks = (number) => number > 3;
    await run('ndjson', 'all.ndjson');
    breaks = () => false;
    const { notes, out } = await run('ndjson', 'all.ndjson', ['--events', 'Odd']);
    expect(notes).not.toMatch(/Continuing/);
    expect(out).toMatch(/^30 events/);
  }, 30_000);

  it('does not replace a file unless told to', async () => {
    writeFileSync(join(folder, 'all.csv'), 'mine');
    expect((await run('csv', 'all.csv')).notes).toMatch(/already exists/);
    expect(read('all.csv')).toBe('mine');
    expect((await run('csv', 'all.csv', ['--force'])).code).toBe(0);
    expect(read('all.csv')).not.toBe('mine');
  });

  it('refuses what it does not know, before and at the server', async () => {
    expect(await run('xlsx', 'a')).toMatchObject({ code: 2, notes: expect.stringMatching(/--format takes parquet/) });
    expect((await run('csv', 'a', ['--columns', 'no_such'])).notes).toMatch(/request-invalid/);
  });
});

describe('the parts of a range', () => {
  it('end where the next begin, in the same words', () => {
    const spans = spansOf('2026-01-01', '2026-02-01T10:00:00Z', 7);
    expect(spans[0]).toEqual({ from: '2026-01-01', to: '2026-01-08' });
    expect(spans.at(-1)!.to).toBe('2026-02-01T10:00:00Z');
    for (const [i, span] of spans.slice(1).entries()) expect(span.from).toBe(spans[i]!.to);
    expect(spansOf('2026-01-01T10:00:00Z', '2026-01-01T11:00:00Z', 7)).toHaveLength(1);
    expect(spansOf('2026-01-01', '2026-01-09', 7)).toHaveLength(1);
  });
});
