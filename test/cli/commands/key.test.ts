import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeServer } from '../support/fake-server.ts';
import { runCli } from '../support/run-cli.ts';

let server: FakeServer;
/** Answers by `METHOD /path?query`. */
let answers: Record<string, unknown>;
beforeEach(async () => {
  server = await FakeServer.start();
  answers = {};
  server.fault = ({ method, path }) => {
    const body = answers[`${method} ${path}`];
    return body === undefined ? undefined : { body };
  };
  answers['GET /v1/whoami'] = { tenant: 'shop', uid: 'u', name: 'Shop', timezone: 'UTC' };
});
afterEach(() => server.stop());

const env = { TIDEMARK_ADMIN_KEY: 'a', TIDEMARK_ROOT_KEY: 'r' };
const run = (...argv: string[]) => runCli([...argv, '--url', server.url], { env });
const keyOf = (id: string, more = {}) => ({
  id,
  scope: 'read',
  hint: 'abcd',
  createdAt: 't',
  revokedAt: null,
  madeBy: 'root',
  ...more,
});

it('lists all pages of keys, and who made each', async () => {
  answers['GET /v1/keys?limit=200'] = { keys: [keyOf('k1')], next: 'k1' };
  answers['GET /v1/keys?limit=200&after=k1'] = { keys: [keyOf('k2', { madeBy: 'k1' })], next: null };
  const { code, out } = await run('key', 'list');
  expect(code).toBe(0);
  expect(out).toMatch(/made by[\s\S]*k1 .*root[\s\S]*k2 .*k1/);
});

it('lists the keys of a server of an older release, which has no pages', async () => {
  answers['GET /v1/keys?limit=200&state=active'] = { keys: [keyOf('k1'), keyOf('k2')] };
  const { out } = await run('key', 'list', '--active', '--json');
  expect(JSON.parse(out).keys.map(({ id }: { id: string }) => id)).toEqual(['k1', 'k2']);
});

it('says which keys ended with the one that made them', async () => {
  answers['DELETE /v1/keys/k1?descendants=revoke'] = { revoked: { id: 'k1', descendants: ['k2', 'k3'] } };
  expect((await run('key', 'revoke', 'k1', '--descendants', 'revoke')).out).toContain(
    'k1 revoked, and what it made: k2, k3.',
  );
});

it('shows the trail of a tenant, and that of the platform with the root key', async () => {
  const entry = { at: 't1', action: 'key-made', actor: 'root', tenant: 'shop', subject: 'k1', count: 1 };
  answers['GET /v1/audit?limit=2'] = { entries: [entry], next: 7 };
  answers['GET /v1/audit?limit=1&before=7'] = {
    entries: [{ ...entry, action: 'root-refused', count: 99 }],
    next: null,
  };
  for (const which of [[], ['--root']]) {
    const { code, out } = await run('audit', '--limit', '2', ...which);
    expect([code, out]).toEqual([0, expect.stringMatching(/key-made[\s\S]*root-refused.*99/)]);
  }
});
