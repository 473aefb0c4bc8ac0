// Mistakes of a newcomer, against a stack of its own: each gets a text that says what to do, and the right exit code.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../src/local/paths.ts';
import { inputOf, type Outcome, runCli } from '../cli/support/run-cli.ts';
import { type Stack, startStack } from '../support/stack.ts';

const FAILED = 1;
const USAGE = 2;

let stack: Stack;
let stranger: Server;
let folder: string;
/** The keys of the demo tenant, and of a tenant that no folder knows. */
let keys: { readonly write: string; readonly read: string; readonly admin: string };
let elsewhere: typeof keys;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-mistakes-'));
  stranger = createServer((_, response) => response.end('<html>Welcome to nginx!</html>'));
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  stack = await startStack();
  keys = stack.keys().tenants.demo!;
  const response = await fetch(`${stack.url}/v1/tenants`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.rootKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ id: 'elsewhere', name: 'Elsewhere' }),
  });
  elsewhere = ((await response.json()) as { keys: typeof keys }).keys;
  await run(['send', '--event', 'Purchase', '--user', 'ann', '--property', 'value=12.5']);
  prepareFiles();
});
afterAll(async () => {
  stranger?.close();
  await stack?.stop();
});

function prepareFiles(): void {
  const write = (name: string, content: string | Buffer) => writeFileSync(join(folder, name), content);
  const csv = `name,at\n${'A,2026-01-01T00:00:00Z\n'.repeat(5_000)}`;
  write(
    'map.mjs',
    'export const format = "csv";\nexport default ({ name, at }) => ({ event: name, timestamp: at });\n',
  );
  write('no-default.mjs', 'export const map = () => null;\n');
  write('broken.mjs', 'export default (row) => {\n');
  write('data.csv', csv);
  write('empty.csv', '');
  write('cut.csv.gz', gzipSync(csv).subarray(0, 60));
  write('taken.csv', 'mine');
  mkdirSync(join(folder, 'folder'));
}

function run(argv: readonly string[], env: Record<string, string> = {}, stdin?: string): Promise<Outcome> {
  const given = { cwd: folder, env: { TIDEMARK_STATE: stack.stateDir, ...env } };
  return runCli(argv, stdin === undefined ? given : { ...given, stdin: inputOf(stdin) });
}

interface Mistake {
  readonly name: string;
  readonly argv: () => readonly string[];
  readonly env?: () => Record<string, string>;
  readonly stdin?: string;
  readonly code: number;
  /** What the text must say, among it what to do. */
  readonly says: readonly string[];
}

const importOf = (file: string, map = 'map.mjs') => ['import', file, '--tenant', 'demo', '--map', map];
const exportTo = (out: string, ...more: string[]) => [
  'export',
  '--format',
  'csv',
  '--from',
  '7d',
  '--out',
  out,
  ...more,
];
const strangerUrl = () => `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;

const mistakes: readonly Mistake[] = [
  // The command line.
  { name: 'no command', argv: () => [], code: USAGE, says: ['tidemark <command>', 'doctor'] },
  { name: 'an unknown command', argv: () => ['qeury'], code: USAGE, says: ['did you mean "query"', '--help'] },
  { name: 'an option as the command', argv: () => ['--tenant'], code: USAGE, says: ['no command', '--help'] },
  { name: 'a misspelt option', argv: () => ['query', '--form', '7d'], code: USAGE, says: ['did you mean --from'] },
  {
    name: 'an option of another command',
    argv: () => ['verify', '--interval', 'day'],
    code: USAGE,
    says: ['no option --interval'],
  },
  {
    name: 'an option without its value',
    argv: () => ['query', '--measure'],
    code: USAGE,
    says: ['--measure needs a value'],
  },
  {
    name: 'an argument too many',
    argv: () => ['query', 'Purchase'],
    code: USAGE,
    says: ['"Purchase" is one argument too many'],
  },
  {
    name: 'a wrong verb',
    argv: () => ['tenant', 'add', 'shop'],
    code: USAGE,
    says: ['create, list, delete, junk-ids or privacy'],
  },
  {
    name: 'a scope that does not exist',
    argv: () => ['key', 'create', 'owner'],
    code: USAGE,
    says: ['server, browser, read, admin'],
  },
  {
    name: 'a measure without its property',
    argv: () => ['query', '--measure', 'sum'],
    code: USAGE,
    says: ['<property>'],
  },
  {
    name: 'an interval that does not exist',
    argv: () => ['query', '--interval', 'year'],
    code: USAGE,
    says: ['minute, hour, day'],
  },
  {
    name: 'a condition in loose JSON',
    argv: () => ['query', '--where', '{plan: pro}'],
    code: USAGE,
    says: ['--where is not JSON'],
  },
  { name: 'a funnel of one step', argv: () => ['funnel', 'Purchase'], code: USAGE, says: ['at least two steps'] },
  {
    name: 'a deletion without consent',
    argv: () => ['tenant', 'delete', 'demo'],
    code: USAGE,
    says: ['confirm it with --yes'],
  },
  {
    name: 'a format that does not exist',
    argv: () => ['export', '--format', 'xlsx', '--from', '7d', '--out', 'x'],
    code: USAGE,
    says: ['parquet, csv, ndjson'],
  },
  {
    name: 'an export without a file',
    argv: () => ['export', '--format', 'csv', '--from', '7d'],
    code: USAGE,
    says: ['--out is missing'],
  },
  // Dates.
  {
    name: 'a misspelt day',
    argv: () => ['query', '--from', 'yesteday'],
    code: USAGE,
    says: ['did you mean "yesterday"'],
  },
  {
    name: 'a day that does not exist',
    argv: () => ['query', '--from', '2026-02-30'],
    code: USAGE,
    says: ['there is no day 2026-02-30'],
  },
  {
    name: 'a date in another order',
    argv: () => ['query', '--from', '01.07.2026'],
    code: USAGE,
    says: ['a date such as 2026-07-01'],
  },
  {
    name: 'an instant without a zone',
    argv: () => ['query', '--from', '2026-07-01T10:00'],
    code: USAGE,
    says: ['with its zone such as'],
  },
  {
    name: 'a range the wrong way round',
    argv: () => ['query', '--from', '2026-07-02', '--to', '2026-07-01'],
    code: USAGE,
    says: ['--from (2026-07-02) must be before --to'],
  },
  {
    name: 'a range of no day',
    argv: () => ['query', '--from', 'today', '--to', 'today'],
    code: USAGE,
    says: ['give the day after the last'],
  },
  {
    name: 'a zone that does not exist',
    argv: () => ['query', '--timezone', 'Europe/Berln'],
    code: USAGE,
    says: ['did you mean "Europe/Berlin"'],
  },
  {
    name: 'days to seal the wrong way round',
    argv: () => ['seal', '--from', 'today', '--to', 'yesterday'],
    code: USAGE,
    says: ['must not be after'],
  },
  // Keys and tenants.
  {
    name: 'a key of another tenant than --tenant',
    argv: () => ['query', '--tenant', 'demo'],
    env: () => ({ TIDEMARK_READ_KEY: elsewhere.read }),
    code: FAILED,
    says: ['TIDEMARK_READ_KEY is a key of', 'Unset TIDEMARK_READ_KEY'],
  },
  {
    name: 'an export of a tenant that does not exist, beside a key',
    argv: () => exportTo('no.csv', '--tenant', 'shpo'),
    env: () => ({ TIDEMARK_READ_KEY: keys.read }),
    code: FAILED,
    says: ['--tenant says shpo', 'is a key of demo'],
  },
  {
    name: 'an export of a tenant that does not exist',
    argv: () => exportTo('no.csv', '--tenant', 'dem'),
    code: FAILED,
    says: ['tenant dem is not known', 'Did you mean --tenant demo?'],
  },
  {
    name: 'an import into a tenant that does not exist, beside a key',
    argv: () => ['import', 'data.csv', '--tenant', 'shpo', '--map', 'map.mjs'],
    env: () => ({ TIDEMARK_WRITE_KEY: keys.write }),
    code: FAILED,
    says: ['--tenant says shpo', 'TIDEMARK_WRITE_KEY'],
  },
  {
    name: 'events sent to another tenant than --tenant',
    argv: () => ['send', '--event', 'A', '--tenant', 'demo'],
    env: () => ({ TIDEMARK_WRITE_KEY: elsewhere.write }),
    code: FAILED,
    says: ['--tenant says demo'],
  },
  {
    name: 'a write key that should read',
    argv: () => ['query'],
    env: () => ({ TIDEMARK_READ_KEY: keys.write }),
    code: FAILED,
    says: ['holds a server key', 'Put it into TIDEMARK_WRITE_KEY'],
  },
  {
    name: 'an admin key that should send',
    argv: () => ['send', '--event', 'A'],
    env: () => ({ TIDEMARK_WRITE_KEY: keys.admin }),
    code: FAILED,
    says: ['holds an admin key', 'TIDEMARK_ADMIN_KEY'],
  },
  {
    name: 'a key that was cut short',
    argv: () => ['query'],
    env: () => ({ TIDEMARK_READ_KEY: keys.read.slice(0, -3) }),
    code: FAILED,
    says: ['key-malformed', 'Copy the whole key'],
  },
  {
    name: 'a key with a letter changed',
    argv: () => ['query'],
    env: () => ({ TIDEMARK_READ_KEY: keys.read.replace(/.$/, (last) => (last === 'a' ? 'e' : 'a')) }),
    code: FAILED,
    says: ['key-unknown', 'Check TIDEMARK_*_KEY'],
  },
  {
    name: 'a key with a dash of typography',
    argv: () => ['query'],
    env: () => ({ TIDEMARK_READ_KEY: 'tm–read' }),
    code: FAILED,
    says: ['characters that no key has', 'Copy the key again'],
  },
  {
    name: 'a root key that is another',
    argv: () => ['tenant', 'list'],
    env: () => ({ TIDEMARK_ROOT_KEY: 'x'.repeat(32) }),
    code: FAILED,
    says: ['key-root', 'set TIDEMARK_ROOT_KEY'],
  },
  {
    name: 'a folder without keys',
    argv: () => ['query'],
    env: () => ({ TIDEMARK_STATE: join(folder, 'folder') }),
    code: FAILED,
    says: ['read key of tenant demo is not known', 'npm start', 'TIDEMARK_STATE'],
  },
  {
    name: 'a tenant that exists already',
    argv: () => ['tenant', 'create', 'demo'],
    code: FAILED,
    says: ['tenant-exists', 'Choose another id'],
  },
  {
    name: 'a tenant with a space',
    argv: () => ['tenant', 'create', 'My Shop'],
    code: FAILED,
    says: ['the id must have lower-case letters'],
  },
  {
    name: 'a region that does not exist',
    argv: () => ['tenant', 'create', 'shop', '--region', 'europe'],
    code: FAILED,
    says: ['--region takes', 'weur'],
  },
  {
    name: 'a tenant to delete that does not exist',
    argv: () => ['tenant', 'delete', 'shpo', '--yes'],
    code: FAILED,
    says: ['tenant-not-found', 'tidemark tenant list'],
  },
  {
    name: 'a key to revoke that does not exist',
    argv: () => ['key', 'revoke', 'f'.repeat(16)],
    code: FAILED,
    says: ['key-not-found', 'tidemark key list'],
  },
  // Servers.
  {
    name: 'a server that does not run',
    argv: () => ['query', '--url', 'http://127.0.0.1:1'],
    env: () => ({ TIDEMARK_READ_KEY: keys.read }),
    code: FAILED,
    says: ['does not answer', 'npm start', '--url'],
  },
  {
    name: 'a URL without http',
    argv: () => ['query', '--url', 'localhost:8787'],
    code: FAILED,
    says: ['http:// or https://', '--url https://'],
  },
  {
    name: 'local keys for another machine',
    argv: () => ['query', '--url', 'https://tidemark.invalid'],
    code: FAILED,
    says: ['Set TIDEMARK_READ_KEY', 'not sent to another machine'],
  },
  {
    name: 'another program at the address',
    argv: () => ['query', '--url', strangerUrl()],
    code: FAILED,
    says: ['Another program may answer', 'tidemark doctor'],
  },
  {
    name: 'a doctor sent to another program',
    argv: () => ['doctor', '--url', strangerUrl()],
    code: FAILED,
    says: ['it is not Tidemark', 'Check --url'],
  },
  // Questions.
  {
    name: 'a misspelt property to group by',
    argv: () => ['query', '--group-by', 'vlaue'],
    code: FAILED,
    says: ['property-unknown', 'value'],
  },
  {
    name: 'a misspelt property to add up',
    argv: () => ['query', '--measure', 'sum:Value'],
    code: FAILED,
    says: ['property-unknown', 'value'],
  },
  {
    name: 'a condition with an unknown operator',
    argv: () => ['query', '--where', '{"property":"value","op":"=","value":1}'],
    code: FAILED,
    says: ['where-invalid', 'eq'],
  },
  {
    name: 'a column that does not exist',
    argv: () => exportTo('c.csv', '--columns', 'timestamp'),
    code: FAILED,
    says: ['--columns takes', 'received_at'],
  },
  // Files.
  {
    name: 'a file that does not exist',
    argv: () => importOf('dta.csv'),
    code: FAILED,
    says: ['does not exist', 'Check the path'],
  },
  { name: 'a folder for a file', argv: () => importOf('folder'), code: FAILED, says: ['is a folder', 'Name a file'] },
  { name: 'an empty file', argv: () => importOf('empty.csv'), code: FAILED, says: ['0 read'] },
  {
    name: 'a gzip file that was cut short',
    argv: () => importOf('cut.csv.gz'),
    code: FAILED,
    says: ['gzip', 'gzip -t FILE'],
  },
  {
    name: 'a mapping that does not exist',
    argv: () => importOf('data.csv', 'mpa.mjs'),
    code: FAILED,
    says: ['mpa.mjs does not load'],
  },
  {
    name: 'a mapping without a default export',
    argv: () => importOf('data.csv', 'no-default.mjs'),
    code: FAILED,
    says: ['must export default'],
  },
  {
    name: 'an export over a file',
    argv: () => exportTo('taken.csv'),
    code: FAILED,
    says: ['already exists', '--force'],
  },
  {
    name: 'an export into a folder that does not exist',
    argv: () => exportTo('no/such/x.csv'),
    code: FAILED,
    says: ['does not exist', 'mkdir -p'],
  },
  {
    name: 'text that is no JSON',
    argv: () => ['send'],
    stdin: 'Purchase\n',
    code: FAILED,
    says: ['Line 1 is not JSON', 'Each line is a JSON object'],
  },
  {
    name: 'an event without a name',
    argv: () => ['send'],
    stdin: '{"userId":"ann"}\n',
    code: FAILED,
    says: ['event 1'],
  },
];

describe('a mistake', () => {
  it('is one of at least 40', () => {
    expect(new Set(mistakes.map(({ name }) => name)).size).toBeGreaterThanOrEqual(40);
  });

  it.each(mistakes)('$name says what to do', async ({ argv, env, stdin, code, says }) => {
    const outcome = await run(argv(), env?.(), stdin);
    const text = `${outcome.out}\n${outcome.notes}`;
    for (const words of says) expect(text).toContain(words);
    expect(text).not.toMatch(/^ +at .*\.(ts|mjs|js):\d+/m);
    expect(text).not.toMatch(/Invalid (option|input)|ENOENT|EISDIR|Z_(BUF|DATA)_ERROR/);
    expect(outcome.code).toBe(code);
  });

  it.each([
    ['a port that is taken', ['--port', 'TAKEN'], 1, 'choose another port: npm start -- --port'],
    ['a port that is none', ['--port', 'http'], 1, '--port takes a port from 1 to 65535'],
    ['a misspelt option', ['--prot', '9000'], 2, 'npm start -- --help'],
  ])('%s of the local stack says what to do', (_, argv, code, words) => {
    const { port } = stranger.address() as AddressInfo;
    const args = argv.map((text) => (text === 'TAKEN' ? String(port) : text));
    const state = join(folder, 'other-state');
    const program = join(root, 'src/local/start.ts');
    const started = spawnSync(process.execPath, [program, ...args, '--state', state], { encoding: 'utf8' });
    expect(started.stderr).toContain(words);
    expect(started.status).toBe(code);
  });
});
