/**
 * `tidemark doctor`: checks what Tidemark needs on this machine; every check that fails says what to do.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { LIMITS } from '../../core/limits.ts';
import { stateFiles } from '../../local/paths.ts';
import { isPortFree } from '../../local/port.ts';
import { Client } from '../kit/client.ts';
import { CliError, type Command, SERVER_OPTIONS, TENANT_OPTION } from '../kit/command.ts';
import { findServer, type Scope, type Server, variableOf } from '../kit/keys.ts';
import { readWhoami } from '../kit/tenant.ts';

export interface Finding {
  readonly name: string;
  readonly state: 'ok' | 'warn' | 'fail';
  readonly found: string;
  /** The advice to the user. */
  readonly advice?: string;
}

/** The first release that runs `.ts` files without a flag. */
const NODE_FLOOR = [22, 18] as const;
const SKEW_WARN_MS = 5_000;
/** A sender whose clock is faster than this has its event times corrected by the server. */
const SKEW_FAIL_MS = LIMITS.fastClockMs;
const SCOPES = ['write', 'read', 'admin', 'root'] as const satisfies readonly Scope[];
type TriedScope = (typeof SCOPES)[number];

export const doctor: Command = {
  name: 'doctor',
  summary: 'Check Node, the runtime, the port, the server, the clock and the keys',
  usage: '[--url URL] [--tenant ID]',
  notes: 'The exit code is 1 when a check fails. Warnings alone give 0.',
  examples: ['doctor', 'doctor --url https://tidemark.example.com --tenant shop'],
  options: { json: { type: 'boolean', help: 'print the findings as JSON' }, ...TENANT_OPTION, ...SERVER_OPTIONS },
  positionalsMax: 0,
  async run(args, io) {
    const server = findServer(args, io);
    const health = await askHealth(server);
    const isTidemark = health?.status === 200 && health.version !== null;
    const findings = [
      checkNode(process.versions.node),
      checkRuntime(),
      ...(server.isLocal ? [await checkPort(server, isTidemark)] : []),
      checkServer(server, health),
      ...(isTidemark ? [checkClock(health, server.isLocal), await checkReady(server)] : []),
      ...(await checkKeys(server, isTidemark)),
    ];
    if (args.flag('json')) io.out(JSON.stringify(findings, null, 2));
    else for (const line of findings.flatMap(render)) io.out(line);
    return findings.some(({ state }) => state === 'fail') ? 1 : 0;
  },
};

function render({ name, state, found, advice }: Finding): string[] {
  return [`${state.padEnd(4)}  ${name.padEnd(10)}  ${found}`, ...(advice ? [`                  → ${advice}`] : [])];
}

export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNew = major > NODE_FLOOR[0] || (major === NODE_FLOOR[0] && minor >= NODE_FLOOR[1]);
  if (!isNew)
    return { name: 'node', state: 'fail', found: version, advice: `Install Node ${NODE_FLOOR.join('.')} or newer.` };
  return { name: 'node', state: 'ok', found: version };
}

function checkRuntime(): Finding {
  try {
    const resolved = createRequire(import.meta.url).resolve('workerd/package.json');
    const { version } = JSON.parse(readFileSync(resolved, 'utf8')) as { version: string };
    const binary = createRequire(resolved)('workerd') as { default?: string };
    if (binary.default && !existsSync(binary.default)) throw new Error(`${binary.default} is missing`);
    return { name: 'workerd', state: 'ok', found: version };
  } catch (error) {
    const found = (error as Error).message.split('\n')[0] ?? '';
    return {
      name: 'workerd',
      state: 'fail',
      found,
      advice: 'Run npm ci, which installs workerd for this platform. Only the local stack needs it.',
    };
  }
}

interface Health {
  readonly status: number;
  /** The version of Tidemark that answers; null when another program does. */
  readonly version: string | null;
  readonly serverAtMs: number;
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
}

async function askHealth({ url }: Server): Promise<Health | undefined> {
  const sentAtMs = Date.now();
  try {
    const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(10_000) });
    const answer = await response.text();
    const answeredAtMs = Date.now();
    return {
      status: response.status,
      version: answer.includes('"status":"ok"') ? await askVersion(url) : null,
      serverAtMs: Date.parse(response.headers.get('date') ?? ''),
      sentAtMs,
      answeredAtMs,
    };
  } catch {
    return undefined;
  }
}

/** The version that the server's description tells; null when it is not the description of Tidemark. */
async function askVersion(url: string): Promise<string | null> {
  try {
    const response = await fetch(`${url}/openapi.json`, { signal: AbortSignal.timeout(10_000) });
    const { info } = (await response.json()) as { info?: { title?: string; version?: string } };
    return info?.title?.startsWith('Tidemark') ? (info.version ?? 'unknown') : null;
  } catch {
    return null;
  }
}

/** Finds a port that another program holds, on which the local stack cannot start. */
async function checkPort({ url }: Server, isTidemark: boolean): Promise<Finding> {
  const port = Number(new URL(url).port || 80);
  if (isTidemark) return { name: 'port', state: 'ok', found: `${port} answers` };
  if (await isPortFree(port)) return { name: 'port', state: 'ok', found: `${port} is free` };
  const advice = 'End the program that holds the port, or choose another port: npm start -- --port N';
  return { name: 'port', state: 'fail', found: `${port} is taken, but Tidemark does not answer there`, advice };
}

function checkServer({ url, isLocal }: Server, health: Health | undefined): Finding {
  if (health?.status === 200 && health.version !== null)
    return { name: 'server', state: 'ok', found: `${url}, Tidemark ${health.version}` };
  const advice = isLocal ? 'Start the local stack: npm start' : 'Check --url or TIDEMARK_URL, and the network.';
  if (!health) return { name: 'server', state: 'fail', found: `${url} does not answer`, advice };
  return {
    name: 'server',
    state: 'fail',
    found: `${url} answers, but it is not Tidemark (/healthz answered ${health.status})`,
    advice: 'Check --url or TIDEMARK_URL: another program answers at this address.',
  };
}

async function checkReady(server: Server): Promise<Finding> {
  try {
    const { warnings = 0 } = await new Client({ url: server.url, triesMax: 1 }).get<{ warnings?: number }>('/readyz');
    if (warnings > 0) {
      const advice = 'GET /metrics with the root key names them (tidemark_warning).';
      return { name: 'ready', state: 'warn', found: `ready, with ${warnings} warnings`, advice };
    }
    return { name: 'ready', state: 'ok', found: 'the database answers, its migrations are applied' };
  } catch (error) {
    return {
      name: 'ready',
      state: 'fail',
      found: (error as Error).message,
      advice: 'Apply the migrations: npm start does so locally, npm run deploy does so elsewhere.',
    };
  }
}

/** Compares the clocks, allowing for the whole seconds of the Date header and for the time that the call took. */
export function checkClock(
  { serverAtMs, sentAtMs, answeredAtMs }: Pick<Health, 'serverAtMs' | 'sentAtMs' | 'answeredAtMs'>,
  isLocal: boolean,
): Finding {
  if (Number.isNaN(serverAtMs) && isLocal)
    return { name: 'clock', state: 'ok', found: 'the server runs on this clock' };
  if (Number.isNaN(serverAtMs)) return { name: 'clock', state: 'warn', found: 'the server sends no Date header' };
  const early = sentAtMs - (serverAtMs + 1_000);
  const late = serverAtMs - answeredAtMs;
  const skewMs = Math.max(0, early, late);
  const direction = early > late ? 'ahead of' : 'behind';
  if (skewMs <= SKEW_WARN_MS) return { name: 'clock', state: 'ok', found: 'agrees with the server' };
  const found = `${(skewMs / 1_000).toFixed(0)} s ${direction} the server`;
  const advice = 'Set the clock of this machine (NTP): event times come from the client.';
  return { name: 'clock', state: skewMs > SKEW_FAIL_MS ? 'fail' : 'warn', found, advice };
}

/** Keys are sent to Tidemark alone: another program at the address must not get them. */
async function checkKeys(server: Server, isTidemark: boolean): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const scope of SCOPES) {
    const name = `${scope} key`;
    const key = server.findKey(scope);
    if (!key) findings.push({ name, state: 'warn', found: 'not known', advice: keyAdvice(scope, server) });
    else if (!isTidemark) findings.push({ name, state: 'ok', found: 'known, but not tried' });
    else findings.push(await tryKey(name, scope, server));
  }
  return findings;
}

function keyAdvice(scope: Scope, { isLocal, stateFolder, tenant }: Server): string {
  const variable = variableOf(scope);
  const file = stateFiles(stateFolder).keys;
  return isLocal ? `Set ${variable}: ${file} has no ${scope} key of tenant ${tenant}.` : `Set ${variable}.`;
}

/** Makes a harmless call that needs the key. An empty batch is refused at most after its key was accepted. */
async function tryKey(name: string, scope: TriedScope, server: Server): Promise<Finding> {
  try {
    const client = new Client({ url: server.url, key: server.mustKey(scope), triesMax: 1 });
    const whoami = scope === 'root' ? undefined : await readWhoami(server, scope, client);
    if (scope === 'write') await client.call('/v1/events', { method: 'POST', body: { batch: [] }, allow: [400, 422] });
    else await client.get({ read: '/v1/status', admin: '/v1/keys', root: '/v1/tenants' }[scope]);
    const found = ['accepted', ...(whoami ? [`tenant ${whoami.tenant}`] : []), sourceOf(scope, server)].join(', ');
    return { name, state: 'ok', found };
  } catch (error) {
    const advice = error instanceof CliError ? error.hint : undefined;
    return { name, state: 'fail', found: (error as Error).message, ...(advice && { advice }) };
  }
}

function sourceOf(scope: Scope, server: Server): string {
  return server.isFromEnvironment(scope) ? `from ${variableOf(scope)}` : 'from the state folder';
}
