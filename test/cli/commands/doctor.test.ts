import { describe, expect, it } from 'vitest';
import { checkClock, checkNode } from '../../../src/cli/commands/doctor.ts';
import { FakeServer } from '../support/fake-server.ts';
import { runCli } from '../support/run-cli.ts';

describe('doctor', () => {
  it('knows which Node is new enough', () => {
    expect(checkNode('22.18.0').state).toBe('ok');
    expect(checkNode('24.1.0').state).toBe('ok');
    expect(checkNode('22.17.9').state).toBe('fail');
    expect(checkNode('20.20.2').state).toBe('fail');
  });

  it('allows for the whole seconds of the Date header', () => {
    const at = (serverAtMs: number) => checkClock({ serverAtMs, sentAtMs: 1_000_000, answeredAtMs: 1_000_100 }, false);
    expect(at(1_000_000).state).toBe('ok');
    expect(at(999_000).state).toBe('ok');
    expect(at(Number.NaN).state).toBe('warn');
    expect(at(1_010_000)).toMatchObject({ state: 'warn', found: '10 s behind the server' });
    expect(at(939_000)).toMatchObject({ state: 'fail', found: '60 s ahead of the server' });
  });

  it('says how to start a server that does not answer', async () => {
    const { code, out } = await runCli(['doctor', '--url', 'http://127.0.0.1:1']);
    expect(code).toBe(1);
    expect(out).toContain('npm start');
  });

  it('tries the keys', async () => {
    const server = await FakeServer.start();
    server.answers['GET /healthz'] = { status: 'ok' };
    server.answers['GET /openapi.json'] = { info: { title: 'Tidemark', version: '0.1.0' } };
    server.answers['GET /readyz'] = { status: 'ready' };
    server.answers['GET /v1/status'] = {};
    server.fault = ({ path }) =>
      path === '/v1/events' ? { status: 401, body: { code: 'key-unknown', detail: 'no' } } : undefined;
    const env = { TIDEMARK_WRITE_KEY: 'w', TIDEMARK_READ_KEY: 'r' };
    const { code, out } = await runCli(['doctor', '--json', '--url', server.url], { env });
    server.stop();
    const states = Object.fromEntries(
      JSON.parse(out).map(({ name, state }: { name: string; state: string }) => [name, state]),
    );
    expect(states).toMatchObject({
      server: 'ok',
      ready: 'ok',
      clock: 'ok',
      'write key': 'fail',
      'read key': 'ok',
      'admin key': 'warn',
    });
    expect(code).toBe(1);
  });

  it.each([
    ['answers all paths', { 'GET /healthz': { status: 'ok' }, 'GET /openapi.json': { info: { title: 'Petstore' } } }],
    ['is up and describes nothing', { 'GET /healthz': { status: 'ok' } }],
    ['has no such path', {}],
  ])('gives no key to another program that %s', async (_, answers) => {
    const server = await FakeServer.start();
    Object.assign(server.answers, answers);
    const { code, out } = await runCli(['doctor', '--url', server.url], { env: { TIDEMARK_READ_KEY: 'r' } });
    server.stop();
    expect(code).toBe(1);
    expect(out).toContain('it is not Tidemark');
    expect(out).toContain('Check --url or TIDEMARK_URL');
    expect(server.calls.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
  });
});
