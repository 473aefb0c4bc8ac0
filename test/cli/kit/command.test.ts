import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FakeServer } from '../support/fake-server.ts';
import { inputOf, runCli } from '../support/run-cli.ts';

let server: FakeServer;
const state = mkdtempSync(join(tmpdir(), 'tidemark-cli-'));
beforeAll(async () => {
  server = await FakeServer.start();
});
afterAll(() => server.stop());
beforeEach(() => {
  server.calls.length = 0;
  server.events.clear();
  server.fault = () => undefined;
});

const keys = { TIDEMARK_ROOT_KEY: 'r', TIDEMARK_WRITE_KEY: 'w', TIDEMARK_READ_KEY: 'q', TIDEMARK_ADMIN_KEY: 'a' };
const run = (...argv: string[]) => runCli([...argv, '--url', server.url, '--state', state], { env: keys });

describe('the command line', () => {
  it('lists the commands', async () => {
    const { code, out } = await runCli(['--help']);
    expect(code).toBe(0);
    for (const name of ['start', 'tenant', 'key', 'send', 'import', 'query', 'seal', 'verify', 'simulate', 'doctor']) {
      expect(out).toMatch(new RegExp(`^  ${name} `, 'm'));
      expect((await runCli([name, '--help'])).out).toContain(`tidemark ${name}`);
    }
  });

  it('refuses an unknown command with the nearest known one', async () => {
    const { code, notes } = await runCli(['improt']);
    expect(code).toBe(2);
    expect(notes).toContain('did you mean "import"?');
  });

  it('refuses an unknown option with the nearest known one', async () => {
    const { code, notes } = await run('query', '--group-bye', 'x');
    expect(code).toBe(2);
    expect(notes).toContain('did you mean --group-by?');
  });

  it('asks for the value of an option that has none', async () => {
    const { code, notes } = await runCli(['query', '--interval']);
    expect(code).toBe(2);
    expect(notes).toContain('--interval needs a value');
  });

  it('takes a value that looks like an option only in the form with =', async () => {
    expect((await run('send', '--event=--verbose')).code).toBe(0);
    expect([...server.events.values()][0]?.event).toBe('--verbose');
  });

  it.each([
    [['query', '--interval', 'year'], '--interval takes'],
    [['query', '--measure', 'sum'], '--measure takes'],
    [['query', '--where', '{'], '--where is not JSON'],
    [['query', '--from', 'soon'], '--from takes'],
    [['query', '--top', '0'], 'whole number from 1'],
    [['query', 'extra'], 'one argument too many'],

    [['query', '--exact=no'], '--exact takes no value'],
    [['query', '--events', '--exact'], 'write --events=VALUE'],
    [['import', 'x.csv', '--map', 'm.ts'], '--tenant is missing'],
    [['import', 'x.csv', '--tenant', 't'], '--map is missing'],
    [['import'], 'name the file to import'],
    [['tenant', 'delete', 'shop'], '--yes'],
    [['key', 'create', 'owner'], 'a scope is server, browser, read, admin'],
    [['send', '--event', 'A', '--property', 'x'], 'name=value'],
  ])('%j is a wrong command line', async (argv, reason) => {
    const { code, notes } = await run(...argv);
    expect(notes).toContain(reason);
    expect(code).toBe(2);
    expect(server.calls).toEqual([]);
  });
});

describe('keys', () => {
  it('says which key is missing and where it may come from', async () => {
    const { code, notes } = await runCli(['query', '--url', 'http://tidemark.invalid', '--state', state]);
    expect(code).toBe(1);
    expect(notes).toContain('read key of tenant demo');
    expect(notes).toContain('TIDEMARK_READ_KEY');
  });

  it('names the tenants whose keys are known when one is not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-keys-'));
    writeFileSync(join(folder, 'keys.json'), JSON.stringify({ tenants: { demo: { read: 'r' } } }));
    const { code, notes } = await runCli(['query', '--tenant', 'shop', '--url', server.url, '--state', folder]);
    expect(code).toBe(1);
    expect(notes).toContain('The read key of tenant shop is not known');
    expect(notes).toContain('has the keys of demo.');
  });

  it('keeps those of a new tenant of the local stack, and finds them again', async () => {
    const made = { write: 'w-shop', read: 'r-shop', admin: 'a-shop' };
    server.answers['POST /v1/tenants'] = { tenant: { id: 'shop' }, keys: made };
    const { code, out } = await run('tenant', 'create', 'shop', '--timezone', 'Europe/London');
    expect(code).toBe(0);
    expect(out).toContain('w-shop');
    expect(JSON.parse(server.calls[0]?.text ?? '')).toEqual({ id: 'shop', name: 'shop', timezone: 'Europe/London' });
    expect(JSON.parse(readFileSync(join(state, 'keys.json'), 'utf8')).tenants.shop).toEqual(made);

    const sent = await runCli(['send', '--event', 'A', '--tenant', 'shop', '--url', server.url, '--state', state]);
    expect(sent.code).toBe(0);
    expect(server.callsTo('/v1/events')[0]?.headers.authorization).toBe('Bearer w-shop');
  });

  it('lists tenants page by page', async () => {
    server.fault = ({ method, path }) =>
      method === 'GET' && path.startsWith('/v1/tenants')
        ? {
            body: path.includes('after=a')
              ? { tenants: [{ id: 'b' }], next: null }
              : { tenants: [{ id: 'a' }], next: 'a' },
          }
        : undefined;
    expect(JSON.parse((await run('tenant', 'list', '--json')).out).tenants).toEqual([{ id: 'a' }, { id: 'b' }]);
  });

  it('are not sent to another machine when they are the local ones', async () => {
    const { notes } = await runCli([
      'send',
      '--event',
      'A',
      '--tenant',
      'shop',
      '--url',
      'http://tidemark.invalid',
      '--state',
      state,
    ]);
    expect(notes).toContain('The write key of tenant shop is not known');
    expect(notes).toContain('Local keys are not sent to another machine.');
  });
});

describe('send', () => {
  it.each([[''], ['\n\n'], ['[]'], ['\uFEFF']])('says that there was nothing to send in %j', async (text) => {
    const { code, out, notes } = await runCli(['send', '--url', server.url], { env: keys, stdin: inputOf(text) });
    expect([code, out]).toEqual([0, expect.stringContaining('0 received')]);
    expect(notes).toContain('The input has no events: nothing was sent.');
  });

  it('sends one event from options, with an id', async () => {
    const { code, out } = await run(
      'send',
      '--event',
      'Buy',
      '--user',
      'ann',
      '--property',
      'value=12.5',
      '--property',
      'plan=pro',
    );
    expect(code).toBe(0);
    expect(out).toBe('1 received: 1 accepted, 0 duplicate, 0 quarantined, 0 rejected');
    const [event] = server.events.values();
    expect(event).toMatchObject({
      type: 'track',
      event: 'Buy',
      userId: 'ann',
      properties: { value: 12.5, plan: 'pro' },
    });
    expect(event?.id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('sends NDJSON from standard input in batches', async () => {
    const lines = Array.from({ length: 2_500 }, (_, n) => JSON.stringify({ id: `e${n}`, event: 'A' })).join('\n');
    const { code } = await runCli(['send', '--url', server.url], { env: keys, stdin: inputOf(lines) });
    expect(code).toBe(0);
    expect(server.events.size).toBe(2_500);
    expect(server.callsTo('/v1/events')).toHaveLength(3);
  });

  it('says which file cannot be read', async () => {
    const { code, notes } = await run('send', 'no-such-file.ndjson');
    expect(code).toBe(1);
    expect(notes).toMatch(/^tidemark send: .*no-such-file\.ndjson does not exist\n {2}Check the path/);
  });

  it('names the line that is not JSON', async () => {
    const { code, notes } = await runCli(['send', '--url', server.url], {
      env: keys,
      stdin: inputOf('{"event":"A"}\nnope\n'),
    });
    expect(code).toBe(1);
    expect(notes).toContain('Line 2 is not JSON');
  });

  it('counts a batch once although its answer was lost', async () => {
    let dropped = 0;
    server.fault = (call) => {
      if (dropped++ > 0) return undefined;
      for (const event of JSON.parse(call.text).batch) server.events.set(event.id, event);
      return 'drop';
    };
    const { code, out } = await run('send', '--event', 'A');
    expect(code).toBe(0);
    expect(out).toContain('1 duplicate');
    expect(server.events.size).toBe(1);
  });

  it('shows the reasons of rejected events and ends with 1', async () => {
    const errors = [
      { index: 0, id: 'x', code: 'name-too-long', path: '/event', message: 'A name may have 200 characters.' },
    ];
    server.fault = () => ({ body: { received: 1, accepted: 0, duplicate: 0, quarantined: 0, rejected: 1, errors } });
    const { code, notes } = await run('send', '--event', 'A', '--id', 'x');
    expect(code).toBe(1);
    expect(notes).toContain('event 1 (x): name-too-long at /event: A name may have 200 characters.');
  });
});

describe('query', () => {
  const meta = { asOf: '2026-01-02T00:00:00.000Z', complete: true, pending: 0, elapsedMs: 3 };

  it('asks what the options say', async () => {
    server.answers['POST /v1/query'] = { series: [{ key: {}, total: 3 }], meta };
    await run(
      ...[
        'query',
        '--measure',
        'sum:value',
        '--events',
        'A,B',
        '--group-by',
        'country',
        '--interval',
        'day',
        '--exact',
      ],
      ...['--from', '2026-01-01', '--to', '2026-02-01', '--timezone', 'Europe/Berlin', '--top', '5'],
      ...['--where', '{"property":"plan","op":"eq","value":"pro"}'],
    );
    expect(JSON.parse(server.calls[0]?.text ?? '')).toEqual({
      measure: { sum: 'value' },
      events: ['A', 'B'],
      where: { property: 'plan', op: 'eq', value: 'pro' },
      groupBy: ['country'],
      interval: 'day',
      from: '2026-01-01',
      to: '2026-02-01',
      timezone: 'Europe/Berlin',
      exact: true,
      top: 5,
    });
  });

  it('prints a table, numbers to the right', async () => {
    const series = [
      { key: { country: 'DE' }, total: 1234.5, points: [] },
      { key: { country: null }, total: 7 },
      { key: { country: null }, other: true, total: 1 },
    ];
    server.answers['POST /v1/query'] = { series, meta };
    const { out } = await run('query', '--group-by', 'country');
    expect(out.split('\n')).toEqual([
      'country    count',
      '-------  -------',
      'DE       1,234.5',
      '(none)         7',
      '(other)        1',
      '(as of 2026-01-02T00:00:00.000Z, complete, 3 ms)',
    ]);
  });

  it.each<[texts: number | null, hint: boolean]>([
    [0, false],
    [null, false],
    [1_200, true],
  ])('says when %s texts do not count', async (texts, hint) => {
    const values = { property: 'value', events: 3_000, numbers: 1_800, texts };
    server.answers['POST /v1/query'] = { series: [{ key: {}, total: 2 }], meta: { ...meta, values } };
    const { code, out } = await run('query', '--measure', 'sum:value', '--text-numbers');
    expect(code).toBe(0);
    expect(JSON.parse(server.calls.at(-1)?.text ?? '')).toMatchObject({ textNumbers: true });
    expect(out.includes('1,200 of 3,000 events have a text in value')).toBe(hint);
  });

  it('prints a line a point', async () => {
    const points = [{ at: '2026-01-01T00:00:00.000Z', value: 2 }];
    server.answers['POST /v1/query'] = { series: [{ key: {}, total: 2, points }], meta: { ...meta, complete: false } };
    const { out } = await run('query', '--interval', 'day', '--measure', 'users');
    expect(out).toContain('2026-01-01T00:00:00.000Z      2');
    expect(out).toContain('not complete yet');
  });

  it('shows code, detail and what to do when it is refused', async () => {
    server.fault = () => ({
      status: 401,
      body: { status: 401, code: 'key-unknown', title: 'No', detail: 'The key is unknown.' },
    });
    const { code, notes } = await run('query');
    expect(code).toBe(1);
    expect(notes).toContain('401 key-unknown: The key is unknown.');
    expect(notes).toContain('tidemark key create');
  });
});
