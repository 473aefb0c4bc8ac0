/**
 * Keys: where the CLI finds the server and the key that a command needs.
 *
 * - The server comes from `--url`, TIDEMARK_URL or the state folder of the local stack. Default: port 8787 of this
 *   machine.
 * - A key comes from TIDEMARK_<SCOPE>_KEY or the local stack's `keys.json`; the root key also from `.dev.vars`.
 * - Local keys are sent to this machine alone: a mistyped `--url` must not carry them away.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { KeyScope } from '../../core/tenant/tenant.ts';
import { demoTenant, type LocalKeys, type TenantKeys } from '../../local/demo.ts';
import { portDefault, stateFolderDefault } from '../../local/options.ts';
import { devVarsFile, root, stateFiles } from '../../local/paths.ts';
import { type Args, CliError, type Io } from './command.ts';

export type Scope = KeyScope | 'root';

/** The keys of a state folder, which has none before the first start. */
type KeptKeys = Partial<Omit<LocalKeys, 'tenants'>> & {
  readonly tenants?: Readonly<Record<string, Partial<TenantKeys>>>;
};

const URL_DEFAULT = `http://127.0.0.1:${portDefault}`;
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

export interface Server {
  readonly url: string;
  readonly isLocal: boolean;
  readonly stateFolder: string;
  readonly tenant: string;
  /** The key; undefined when it is not known. */
  findKey(scope: Scope): string | undefined;
  mustKey(scope: Scope): string;
}

export function findServer(args: Args, io: Io): Server {
  const stateFolder = stateFolderOf(args, io);
  const local = readLocalKeys(stateFolder);
  const url = (args.text('url') ?? io.env.TIDEMARK_URL ?? local.url ?? URL_DEFAULT).replace(/\/+$/, '');
  const isLocal = LOOPBACK.has(hostOf(url));
  const tenant = args.text('tenant') ?? demoTenant;
  const findKey = (scope: Scope) => io.env[variableOf(scope)] || (isLocal ? localKey(local, tenant, scope) : undefined);
  const mustKey = (scope: Scope) => {
    const key = findKey(scope);
    if (!key) throw new CliError(`${nameOf(scope, tenant)} is not known`, keyHint(scope, isLocal, local, stateFolder));
    return key;
  };
  return { url, isLocal, stateFolder, tenant, findKey, mustKey };
}

export function stateFolderOf(args: Args, io: Io): string {
  const folder = args.text('state');
  return folder ? resolve(io.cwd, folder) : resolve(root, stateFolderDefault);
}

function hostOf(url: string): string {
  try {
    return new URL(url).hostname;
  } catch {
    throw new CliError(`"${url}" is not a URL`, 'Give the whole address, such as --url https://tidemark.example.com');
  }
}

/** The environment variable of a key. */
export function variableOf(scope: Scope): string {
  return `TIDEMARK_${scope.toUpperCase()}_KEY`;
}

function localKey(local: KeptKeys, tenant: string, scope: Scope): string | undefined {
  if (scope !== 'root') return local.tenants?.[tenant]?.[scope];
  return local.root ?? rootKeyOfDevVars();
}

function nameOf(scope: Scope, tenant: string): string {
  return scope === 'root' ? 'The root key' : `The ${scope} key of tenant ${tenant}`;
}

/** The advice for a key that is not known. */
function keyHint(scope: Scope, isLocal: boolean, local: KeptKeys, stateFolder: string): string {
  const set = `Set ${variableOf(scope)}`;
  if (!isLocal) return `${set}. Local keys are not sent to another machine.`;
  const { keys } = stateFiles(stateFolder);
  const tenants = Object.keys(local.tenants ?? {});
  if (scope === 'root' || tenants.length === 0)
    return `${set}, or start the local stack (npm start), which keeps its keys in ${keys}.`;
  return `${set}, or choose a tenant with --tenant: ${keys} has the keys of ${tenants.join(', ')}.`;
}

function readLocalKeys(stateFolder: string): KeptKeys {
  try {
    return JSON.parse(readFileSync(stateFiles(stateFolder).keys, 'utf8'));
  } catch {
    return {};
  }
}

/** Adds or replaces a tenant's keys in the state folder of the local stack; null removes the tenant. */
export function keepTenantKeys(stateFolder: string, tenant: string, keys: Partial<TenantKeys> | null): void {
  const file = stateFiles(stateFolder).keys;
  const local = readLocalKeys(stateFolder);
  const { [tenant]: _, ...others } = local.tenants ?? {};
  const tenants = keys ? { ...others, [tenant]: keys } : others;
  mkdirSync(dirname(file), { recursive: true });
  const draft = join(dirname(file), `keys.${process.pid}.draft`);
  writeFileSync(draft, `${JSON.stringify({ ...local, tenants }, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

function rootKeyOfDevVars(): string | undefined {
  if (!existsSync(devVarsFile)) return undefined;
  const line = /^\s*TIDEMARK_ROOT_KEY\s*=\s*(.*?)\s*$/m.exec(readFileSync(devVarsFile, 'utf8'))?.[1];
  return line?.replace(/^(["'])(.*)\1$/, '$2') || undefined;
}
