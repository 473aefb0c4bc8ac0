// Exports, formulas and insights on the real runtime: a file is whole, opens in DuckDB, and has the events that were
// just acknowledged.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../cli/support/run-cli.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { answerOf, createTenant, ingest, send, type TestTenant } from './support/api.ts';

const IMPORTED = 45_000;
const SENT = 50;
const RANGE = ['--from', '2011-01-01', '--to', '2011-02-01'];

let stack: Stack;
let tenant: TestTenant;
const folder = mkdtempSync(join(tmpdir(), 'tidemark-export-e2e-'));

beforeAll(async () => {
  stack = await startStack();
  tenant = await createTenant({ url: stack.url, rootKey: stack.rootKey }, 'exporter');
  writeFileSync(join(folder, 'map.ts'), `export const format = 'ndjson'; export default (row) => row;`);
  const rows = Array.from({ length: IMPORTED }, (_, i) => {
    const timestamp = new Date(Date.UTC(2011, 0, 1) + i * 5_000).toISOString();
    return JSON.stringify({
      id: `row-${i}`,
      event: 'Bought',
      userId: `u${i % 500}`,
      timestamp,
      properties: { i, text: `text ${i}` },
    });
  });
  writeFileSync(join(folder, 'rows.ndjson'), rows.join('\n'));
  await mustRun('import', join(folder, 'rows.ndjson'), '--tenant', 'exporter', '--map', join(folder, 'map.ts'));
}, 240_000);
afterAll(async () => {
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function mustRun(...argv: string[]) {
  const { keys } = tenant;
  const env = { TIDEMARK_WRITE_KEY: keys.write, TIDEMARK_READ_KEY: keys.read, TIDEMARK_ADMIN_KEY: keys.admin };
  const { code, out, notes } = await runCli([...argv, '--url', stack.url, '--state', stack.stateDir], {
    cwd: folder,
    env,
  });
  expect(code, `${argv.join(' ')}\n${out}\n${notes}`).toBe(0);
  return out;
}

/** Sends late events for a sealed day, which stay in the tail of a shard. */
function sendLate(prefix: string) {
  const events = Array.from({ length: SENT }, (_, i) => ({
    id: `${prefix}-${i}`,
    event: 'Sent',
    userId: `u${i}`,
    timestamp: '2011-01-02T12:00:00Z',
    properties: { text: '=1+1' },
  }));
  return ingest(tenant, events);
}

describe('an export on the real runtime', () => {
  it('is a Parquet file that DuckDB opens, with what was just acknowledged', async () => {
    await sendLate('parquet');
    expect(await mustRun('export', '--format', 'parquet', ...RANGE, '--out', 'all.parquet')).toContain('45,050 events');
    const duck = await (await DuckDBInstance.create(':memory:')).connect();
    const file = join(folder, 'all.parquet');
    const found = await duck.runAndReadAll(
      `SELECT count(*), count(DISTINCT id), count(DISTINCT person), sum((properties->>'$.i')::INT), (SELECT count(DISTINCT row_group_id) > 1 FROM parquet_metadata('${file}')) FROM '${file}'`,
    );
    const sum = (IMPORTED * (IMPORTED - 1)) / 2;
    expect(found.getRowsJson()[0]!.map(String)).toEqual(['45050', '45050', '500', String(sum), 'true']);
    duck.closeSync();
  });

  it('is NDJSON and CSV in parts, each event once', async () => {
    await mustRun('export', '--format', 'ndjson', ...RANGE, '--out', 'all.ndjson');
    const lines = readFileSync(join(folder, 'all.ndjson'), 'utf8').trim().split('\n');
    expect(new Set(lines.map((line) => JSON.parse(line).id)).size).toBe(IMPORTED + SENT);
    expect(lines).toHaveLength(IMPORTED + SENT);
    await mustRun(
      'export',
      '--format',
      'csv',
      ...RANGE,
      '--events',
      'Sent',
      '--columns',
      'id,properties',
      '--out',
      'sent.csv',
    );
    const rows = readFileSync(join(folder, 'sent.csv'), 'utf8').trim().split('\r\n');
    expect(rows).toHaveLength(1 + SENT);
  });

  it('may be left by its reader, and nothing else suffers', async () => {
    const body = { format: 'ndjson', from: '2011-01-01', to: '2011-02-01' };
    for (let i = 0; i < 5; i++) {
      const response = await send(`${stack.url}/v1/export`, tenant.keys.read, body);
      const reader = response.body!.getReader();
      await reader.read();
      await reader.cancel();
      const receipt = await send(
        `${stack.url}/v1/export/${response.headers.get('x-export-id')}`,
        tenant.keys.read,
        undefined,
        'GET',
      );
      expect(receipt.status).toBe(404);
      await receipt.body?.cancel();
    }
    expect(await mustRun('export', '--format', 'csv', ...RANGE, '--out', 'again.csv')).toContain('45,050 events');
  });
});

describe('an insight on the real runtime', () => {
  it('is kept until the next acknowledgement, and never longer', async () => {
    const question = { measure: 'count', from: '2011-01-01', to: '2011-02-01', exact: true };
    const query = { queries: { a: question, b: { ...question, events: ['Sent'] } }, formulas: { share: 'b / a' } };
    const { id } = await answerOf<{ id: string }>(
      send(`${stack.url}/v1/insights`, tenant.keys.admin, { name: 'Share', query }),
      201,
    );
    const run = () =>
      answerOf<{ cached: boolean; answer: { formulas: { share: { series: { total: number }[] } } } }>(
        send(`${stack.url}/v1/insights/${id}/run`, tenant.keys.read, undefined),
      );
    let sent = SENT;
    for (let i = 0; i < 5; i++) {
      await sendLate(`insight-${i}`);
      sent += SENT;
      const fresh = await run();
      expect(fresh.cached).toBe(false);
      expect(fresh.answer.formulas.share.series[0]!.total).toBe(sent / (IMPORTED + sent));
    }
    const runs = [await run(), await run(), await run()];
    expect(runs.some(({ cached }) => cached)).toBe(true);
  });
});
