import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FakeServer } from '../support/fake-server.ts';
import { runCli } from '../support/run-cli.ts';

const UIDS = { demo: 'a'.repeat(16), shop: 'b'.repeat(16) };
const keyOf = (scope: string, tenant: keyof typeof UIDS) =>
  `tm_${scope}_${UIDS[tenant]}_${'c'.repeat(26)}_${'d'.repeat(26)}`;
const folder = mkdtempSync(join(tmpdir(), 'tidemark-tenant-'));
const meta = { asOf: '2026-01-02T00:00:00.000Z', complete: true, pending: 0, elapsedMs: 3 };

let server: FakeServer;
beforeAll(async () => {
  server = await FakeServer.start();
  const tenants = { demo: { read: keyOf('read', 'demo') }, shop: { read: keyOf('read', 'shop') } };
  writeFileSync(join(folder, 'keys.json'), JSON.stringify({ url: server.url, tenants }));
});
afterAll(() => server.stop());
beforeEach(() => {
  server.calls.length = 0;
  server.answers['POST /v1/query'] = { series: [{ key: {}, total: 1234567, points: [] }], meta };
  server.fault = ({ path, headers }) => {
    if (path !== '/v1/whoami') return undefined;
    const tenant = headers.authorization?.includes(UIDS.shop) ? 'shop' : 'demo';
    return { body: { tenant, uid: UIDS[tenant], name: tenant, timezone: 'Pacific/Auckland' } };
  };
});

const ask = (argv: string[], env: Record<string, string> = {}, isTty = false) =>
  runCli(['query', ...argv, '--url', server.url], { env: { TIDEMARK_STATE: folder, ...env }, isTty });
const questions = () => server.callsTo('/v1/query');

describe('the tenant that a command works for', () => {
  it('is said on a terminal, with the server and where the key comes from', async () => {
    expect((await ask([], {}, true)).notes).toBe(`Tenant demo at ${server.url}`);
    const { notes } = await ask([], { TIDEMARK_READ_KEY: keyOf('read', 'shop') }, true);
    expect(notes).toBe(`Tenant shop at ${server.url}, with the key in TIDEMARK_READ_KEY`);
    expect((await ask([])).notes).toBe('');
  });

  it('is that of --tenant, whose kept key is used', async () => {
    expect((await ask(['--tenant', 'shop'])).code).toBe(0);
    expect(questions()[0]?.headers.authorization).toContain(UIDS.shop);
  });

  it.each([
    ['the other tenant is known here', 'demo', keyOf('read', 'shop'), 'is a key of shop'],
    ['the tenant does not exist', 'no-such', keyOf('read', 'shop'), 'is a key of shop'],
    ['an admin key stands for a read key', 'demo', keyOf('admin', 'shop'), 'is a key of shop'],
  ])('is not another than --tenant says: %s', async (_, tenant, key, reason) => {
    const { code, notes } = await ask(['--tenant', tenant], { TIDEMARK_READ_KEY: key });
    expect(code).toBe(1);
    expect(notes).toContain(`--tenant says ${tenant}, but TIDEMARK_READ_KEY ${reason}`);
    expect(notes).toContain('has the keys of demo, shop');
    expect(questions()).toEqual([]);
  });

  it('is asked of the server where no folder knows it', async () => {
    const env = { TIDEMARK_READ_KEY: keyOf('read', 'shop'), TIDEMARK_STATE: '/nowhere' };
    const { code, notes } = await ask(['--tenant', 'demo'], env);
    expect(code).toBe(1);
    expect(notes).toContain('--tenant says demo, but TIDEMARK_READ_KEY is a key of shop');
    expect(questions()).toEqual([]);
    expect((await ask(['--tenant', 'shop'], env)).code).toBe(0);
  });

  it('has a key of the scope that the command needs', async () => {
    const { code, notes } = await ask([], { TIDEMARK_READ_KEY: keyOf('write', 'demo') });
    expect(code).toBe(1);
    expect(notes).toContain('TIDEMARK_READ_KEY holds a write key');
    expect(server.calls).toEqual([]);
  });

  it('has a zone, in which days are read and shown', async () => {
    const points = [{ at: '2026-07-01T12:00:00.000Z', value: 2 }];
    server.answers['POST /v1/query'] = { series: [{ key: {}, total: 1234567, points }], meta };
    const { out } = await ask(['--interval', 'day', '--from', 'yesterday', '--to', 'today']);
    expect(out).toContain('2026-07-02');
    expect(out).toContain('total: 1,234,567');
    expect(out).toContain('days of Pacific/Auckland');
    const { from, to } = JSON.parse(questions()[0]!.text);
    const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'Pacific/Auckland' }).format(new Date());
    expect(to).toBe(today);
    expect(Date.parse(to) - Date.parse(from)).toBe(86_400_000);
    const other = await ask(['--interval', 'hour', '--timezone', 'America/New_York']);
    expect(other.out).toContain('2026-07-01 08:00');
    expect(other.out).toContain('days of America/New_York');
  });
});
