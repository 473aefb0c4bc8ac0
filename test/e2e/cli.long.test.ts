// The CLI against a stack of its own: the promises of the README, in its order.

import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../cli/support/run-cli.ts';
import { type Stack, startStack } from '../support/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

const DAY_MS = 86_400_000;
const today = () => new Date().toISOString().slice(0, 10);
const folder = mkdtempSync(join(tmpdir(), 'tidemark-cli-e2e-'));
const run = (...argv: string[]) => runCli([...argv, '--state', stack.stateDir], { cwd: folder });

async function mustRun(...argv: string[]) {
  const { code, out, notes } = await run(...argv);
  expect(code, `${argv.join(' ')}\n${out}\n${notes}`).toBe(0);
  return out;
}
const ask = async (...argv: string[]) => JSON.parse(await mustRun('query', '--json', ...argv));

describe('the command line', () => {
  it('finds a healthy stack', async () => {
    expect(await mustRun('doctor')).not.toContain('fail');
  });

  it('counts what it sent, in the very next answer', async () => {
    await mustRun('send', '--event', 'Purchase', '--user', 'ann', '--property', 'value=12.5');
    const { series } = await ask('--measure', 'sum:value', '--events', 'Purchase');
    expect(series[0].total).toBe(12.5);
  });

  it('simulates once, however often it is asked to', async () => {
    await mustRun('tenant', 'create', 'sim');
    const simulate = ['simulate', '--tenant', 'sim', '--seed', '7', '--events', '2000', '--json'];
    const first = JSON.parse(await mustRun(...simulate));
    expect(first).toMatchObject({ accepted: 2_000, duplicate: first.copies });
    const second = JSON.parse(await mustRun(...simulate));
    expect(second).toMatchObject({ accepted: 0, duplicate: 2_000 + first.copies });
    expect((await ask('--tenant', 'sim')).series[0].total).toBe(2_000);
  });

  it('seals what it simulated, and the accounts balance', async () => {
    const days = JSON.parse(await mustRun('seal', '--tenant', 'sim', '--from', '4d', '--to', 'today', '--json'));
    expect(days.reduce((sum: number, { events }: { events: number }) => sum + events, 0)).toBe(2_000);
    const checks = JSON.parse(await mustRun('verify', '--tenant', 'sim', '--json'));
    expect(checks.map(({ ok }: { ok: boolean }) => ok)).toEqual([true, true, true, true, true]);
  });

  it('seals days older than the allowed lateness at the first try', async () => {
    await mustRun('tenant', 'create', 'old');
    const line = (user: string, time: string) => JSON.stringify({ event: 'a', userId: user, timestamp: time });
    const days = ['2024-02-29', '2025-12-31', new Date(Date.now() - 8 * DAY_MS).toISOString().slice(0, 10), today()];
    const sent = days.map((day, index) => line(`u${index}`, `${day}T00:00:01Z`));
    writeFileSync(join(folder, 'old.ndjson'), sent.join('\n'));
    await mustRun('send', 'old.ndjson', '--tenant', 'old');
    writeFileSync(join(folder, 'imported.ndjson'), line('u9', `${days[0]}T00:00:02Z`));
    await mustRun(
      'import',
      'imported.ndjson',
      '--tenant',
      'old',
      '--map',
      'event=event,time=timestamp,user=userId',
      '--no-wait',
    );
    const range = ['--from', days[0] as string, '--to', 'today'];
    const sealed = JSON.parse(await mustRun('seal', '--tenant', 'old', ...range, '--timeout', '60', '--json'));
    expect(sealed.map(({ day, events }: { day: string; events: number }) => [day, events])).toEqual(
      days.map((day, index) => [day, index === 0 ? 2 : 1]),
    );
    expect(await mustRun('verify', '--tenant', 'old')).not.toContain('future');
  });

  it('counts the events that were clamped from the future', async () => {
    await mustRun('tenant', 'create', 'ahead');
    const later = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();
    const event = (id: string, timestamp: string) =>
      JSON.stringify({ event: 'a', userId: 'u', messageId: id, timestamp });
    const lines = [event('1', later(1)), event('2', later(400)), event('3', later(0)), event('1', later(1))];
    writeFileSync(join(folder, 'ahead.ndjson'), lines.join('\n'));
    await mustRun('send', 'ahead.ndjson', '--tenant', 'ahead');
    await mustRun('seal', '--tenant', 'ahead', '--from', 'today', '--to', later(1).slice(0, 10));
    expect(await mustRun('verify', '--tenant', 'ahead')).toContain('1 duplicate');
    expect(await mustRun('verify', '--tenant', 'ahead')).toContain('; 2 dated in the future');
  });

  it('copies the lake to where docs/lake.md reads it, and the counts are equal', async () => {
    const { uid, files } = JSON.parse(await mustRun('lake', 'files', '--tenant', 'sim', '--out', 'my-lake', '--json'));
    expect(files.length).toBeGreaterThan(0);
    for (const { path, sizeBytes } of files) expect(statSync(join(folder, 'my-lake', path)).size).toBe(sizeBytes);
    const page = readFileSync(new URL('../../docs/lake.md', import.meta.url), 'utf8');
    const [open = '', perDay = ''] = [...page.matchAll(/```sql\n(.*?)```/gs)].map(([, sql = '']) => sql);
    const duck = await (await DuckDBInstance.create(':memory:')).connect();
    for (const statement of open
      .replaceAll('<uid>', uid)
      .replace("'/data'", `'${join(folder, 'my-lake')}'`)
      .split(/;$/m))
      if (statement.trim() !== '') await duck.run(statement);
    const rows = (await duck.runAndReadAll(perDay)).getRowObjectsJson();
    const days = await ask('--tenant', 'sim', '--interval', 'day', '--timezone', 'UTC');
    const counted = days.series[0].points.filter(({ value }: { value: number }) => value > 0);
    expect(rows.map(({ day, events }) => [day, Number(events)])).toEqual(
      counted.map(({ at, value }: { at: string; value: number }) => [at.slice(0, 10), value]),
    );
    duck.closeSync();
  });

  it('says of a lake that has no list yet how to get one', async () => {
    await mustRun('tenant', 'create', 'fresh');
    const { code, notes } = await run('lake', 'files', '--tenant', 'fresh');
    expect(code).toBe(1);
    expect(notes).toContain('tidemark seal --from yesterday --to today');
  });

  it('imports a file once, however often it is imported; once more under a name; anew in its place; and takes it back', async () => {
    const line = (row: number) =>
      `${row % 10 === 0 ? 'C' : ''}${row},cup,CUP,2,2011-0${1 + (row % 9)}-01T08:26:00Z,0.1,u${row % 20},France`;
    const lines = Array.from({ length: 1_000 }, (_, index) => line(index + 1));
    writeFileSync(
      join(folder, 'shop.csv'),
      ['InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country', ...lines].join('\n'),
    );
    await mustRun('tenant', 'create', 'shop');
    const map = new URL('../../examples/online-retail.map.ts', import.meta.url).pathname;
    const importFile = ['import', 'shop.csv', '--tenant', 'shop', '--map', map, '--chunk-rows', '300', '--json'];
    const first = JSON.parse(await mustRun(...importFile));
    expect(first).toMatchObject({ events: { accepted: 1_000, rejected: 0 }, days: { touched: 9, sealed: 9 } });
    await mustRun(...importFile);
    const year = ['--tenant', 'shop', '--from', '2011-01-01', '--to', '2012-01-01'];
    const sums = async () => {
      const { series } = await ask(...year, '--group-by', 'event', '--measure', 'sum:value');
      return Object.fromEntries(
        series.map(({ key, total }: { key: { event: string }; total: number }) => [key.event, total]),
      );
    };
    expect(await sums()).toEqual({ Purchase: 180, Cancel: 20 });
    expect((await ask(...year, '--measure', 'users')).series[0].total).toBe(20);

    await mustRun(...importFile, '--id', 'once-more');
    expect(await sums()).toEqual({ Purchase: 360, Cancel: 40 });
    const undo = (id: string) => mustRun('import', 'undo', id, '--tenant', 'shop');
    expect(await undo('once-more')).toContain('taken back: 1,000 events count no more');
    expect(await sums()).toEqual({ Purchase: 180, Cancel: 20 });

    const mended = ['--map', 'event=Description,time=InvoiceDate,user=CustomerID,value=Quantity:number', '--json'];
    const anew = JSON.parse(await mustRun('import', 'shop.csv', '--tenant', 'shop', ...mended, '--replace'));
    expect(anew).toMatchObject({ importId: first.importId, version: 2, days: { touched: 9, sealed: 9 } });
    expect(await sums()).toEqual({ CUP: 2_000 });
    await mustRun('verify', '--tenant', 'shop');
    await undo(first.importId);
    expect(await sums()).toEqual({});
    await mustRun('verify', '--tenant', 'shop');
  });

  it('makes and revokes keys, and deletes a tenant', async () => {
    const key = await mustRun('key', 'create', 'read', '--tenant', 'shop');
    const query = await runCli(['query', '--url', stack.url], { env: { TIDEMARK_READ_KEY: key } });
    expect(query.code).toBe(0);
    const keys = JSON.parse(await mustRun('key', 'list', '--tenant', 'shop', '--json')).keys;
    const made = keys.find(({ hint }: { hint: string }) => key.endsWith(hint));
    await mustRun('key', 'revoke', made.id, '--tenant', 'shop');
    const refused = await runCli(['query', '--url', stack.url], { env: { TIDEMARK_READ_KEY: key } });
    expect(refused.notes).toContain('key-revoked');
    await mustRun('tenant', 'delete', 'shop', '--yes');
    expect((await run('query', '--tenant', 'shop')).notes).toContain('The read key of tenant shop is not known');
  });
});
