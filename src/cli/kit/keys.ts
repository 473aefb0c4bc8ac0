/**
 * Keys: where the CLI finds the server and the key that a command needs.
 *
 * - The server comes from `--url`, TIDEMARK_URL or the state folder of the local stack. Default: port 8787 of this
 *   machine.
 * - A key comes from TIDEMARK_<SCOPE>_KEY or the local stack's `keys.json`; the root key also from `.dev.vars`.
 * - Local keys are sent to this machine alone: a mistyped `--url` must not carry them away.
 * - A key names its scope and its tenant. A key from the environment that contradicts `--tenant` is refused.
 */

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { KeyScope } from '../../core/tenant/tenant.ts';
import { demoTenant, type LocalKeys, type TenantKeys } from '../../local/demo.ts';
import { portDefault, stateFolderOf as stateFolderIn } from '../../local/options.ts';
import { devVarsFile, stateFiles } from '../../local/paths.ts';
import { KEY_SCOPES } from '../../wire/keys.ts';
import { type Args, CliError, type Io, nearest, UsageError } from './command.ts';

export type Scope = KeyScope | 'root';

/** The keys of a state folder, which has none before the first start. */
type KeptKeys = Partial<Omit<LocalKeys, 'tenants'>> & {
  readonly tenants?: Readonly<Record<string, Partial<TenantKeys>>>;
};

const URL_DEFAULT = `http://127.0.0.1:${portDefault}`;
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);
const KEY_CLAIMS = new RegExp(`^tm_(${KEY_SCOPES.join('|')})_([a-z2-7]{16})_`);
/** A header holds printable ASCII only; a key that was copied with a dash of typography or a line break is none. */
const KEY_CHARACTERS = /^[\x21-\x7e]+$/;
/** Scopes whose keys open calls of the other scope too. */
const ALSO_OPENS: Readonly<Partial<Record<string, Scope>>> = {
  admin: 'read',
  server: 'write',
  browser: 'write',
};

export interface Server {
  readonly url: string;
  readonly isLocal: boolean;
  readonly stateFolder: string;
  /** The tenant of `--tenant`, else the one that the key is known to belong to, else the demo tenant. */
  readonly tenant: string;
  /** Whether the command line names the tenant. */
  readonly isTenantGiven: boolean;
  /** The tenants whose keys the state folder has. */
  readonly knownTenants: readonly string[];
  /** The key; undefined when it is not known. */
  findKey(scope: Scope): string | undefined;
  mustKey(scope: Scope): string;
  /** Whether the key comes from the environment. */
  isFromEnvironment(scope: Scope): boolean;
}

export function findServer(args: Args, io: Io): Server {
  const stateFolder = stateFolderOf(args, io);
  const local = readLocalKeys(stateFolder);
  const url = (args.text('url') ?? (io.env.TIDEMARK_URL || undefined) ?? local.url ?? URL_DEFAULT).replace(/\/+$/, '');
  const isLocal = LOOPBACK.has(hostOf(url));
  const given = args.text('tenant');
  if (given === '') throw new UsageError('--tenant needs the id of a tenant');
  const tenant = given ?? demoTenant;
  const fromEnvironment = (scope: Scope) => io.env[variableOf(scope)]?.trim() || undefined;
  const findKey = (scope: Scope) => fromEnvironment(scope) ?? (isLocal ? localKey(local, tenant, scope) : undefined);
  const server = {
    url,
    isLocal,
    stateFolder,
    tenant,
    isTenantGiven: given !== undefined,
    knownTenants: Object.keys(local.tenants ?? {}),
    findKey,
    isFromEnvironment: (scope: Scope) => fromEnvironment(scope) !== undefined,
  };
  const mustKey = (scope: Scope) => {
    const key = findKey(scope);
    if (!key) throw new CliError(`${nameOf(scope, tenant)} is not known`, keyHint(scope, server));
    if (fromEnvironment(scope)) mustFit(scope, key, server, local);
    return key;
  };
  return { ...server, mustKey };
}

export function stateFolderOf(args: Args, io: Io): string {
  return stateFolderIn(args.text('state'), io.env, io.cwd);
}

function hostOf(url: string): string {
  const hint = 'Give the whole address, such as --url https://tidemark.example.com';
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed && /^https?:$/.test(parsed.protocol)) return parsed.hostname;
  throw new CliError(`"${url}" is not a URL that begins with http:// or https://`, hint);
}

/** The environment variable of a key; one for all that send. */
export function variableOf(scope: Scope): string {
  const name = scope === 'server' || scope === 'browser' ? 'write' : scope;
  return `TIDEMARK_${name.toUpperCase()}_KEY`;
}

/** The scope and the tenant's uid that a key names; undefined for a text of another form. */
export function claimsOf(key: string): { readonly scope: Scope; readonly uid: string } | undefined {
  const [, scope, uid] = KEY_CLAIMS.exec(key) ?? [];
  return scope && uid ? { scope: scope as KeyScope, uid } : undefined;
}

/** Refuses a key of the environment that is none, that has another scope, or that is known to be another tenant's. */
function mustFit(scope: Scope, key: string, server: Omit<Server, 'mustKey'>, local: KeptKeys): void {
  const variable = variableOf(scope);
  if (!KEY_CHARACTERS.test(key))
    throw new CliError(`${variable} has characters that no key has`, 'Copy the key again, whole and on one line.');
  const claims = claimsOf(key);
  if (claims && claims.scope !== scope && ALSO_OPENS[claims.scope] !== scope)
    throw new CliError(
      `${variable} holds ${article(claims.scope)} ${claims.scope} key, and this command needs ${article(scope)} ${scope} key`,
      `Put it into ${variableOf(claims.scope)}, and the ${scope} key into ${variable}.`,
    );
  if (claims && server.isTenantGiven) {
    const wanted = uidOf(local.tenants?.[server.tenant]);
    const owner = server.knownTenants.find((tenant) => uidOf(local.tenants?.[tenant]) === claims.uid);
    const isOther = (wanted !== undefined && wanted !== claims.uid) || (owner !== undefined && owner !== server.tenant);
    // The state folder knows the tenants of its own stack alone; any other server is asked.
    if (isOther && server.url === local.url) throw tenantContradicts(server, scope, owner ?? 'another tenant');
  }
}

/** The refusal of a key that belongs to another tenant than the one of `--tenant`. */
export function tenantContradicts(server: Omit<Server, 'mustKey'>, scope: Scope, owner: string): CliError {
  const { tenant, knownTenants, stateFolder } = server;
  const variable = variableOf(scope);
  const isKept = server.isLocal && knownTenants.includes(tenant);
  const other = isKept
    ? `Unset ${variable} to use the key of ${tenant} in ${stateFiles(stateFolder).keys}`
    : `Put a key of ${tenant} into ${variable}`;
  return new CliError(
    `--tenant says ${tenant}, but ${variable} is a key of ${owner}`,
    `${other}, or leave out --tenant to work with the tenant of the key.${knownText(server)}`,
  );
}

function uidOf(keys: Partial<TenantKeys> | undefined): string | undefined {
  for (const key of Object.values(keys ?? {})) {
    const uid = claimsOf(key)?.uid;
    if (uid) return uid;
  }
  return undefined;
}

function localKey(local: KeptKeys, tenant: string, scope: Scope): string | undefined {
  if (scope === 'root') return local.root ?? rootKeyOfDevVars();
  // The tenants are an object of the file: a tenant called `constructor` has no keys there.
  return Object.hasOwn(local.tenants ?? {}, tenant) ? local.tenants?.[tenant]?.[scope] : undefined;
}

function nameOf(scope: Scope, tenant: string): string {
  return scope === 'root' ? 'The root key' : `The ${scope} key of tenant ${tenant}`;
}

function article(scope: Scope): string {
  return scope === 'admin' ? 'an' : 'a';
}

/** The advice for a key that is not known. */
function keyHint(scope: Scope, server: Omit<Server, 'mustKey'>): string {
  const { isLocal, stateFolder, knownTenants, tenant } = server;
  const set = `Set ${variableOf(scope)}`;
  if (!isLocal) return `${set}. Local keys are not sent to another machine.`;
  const { keys } = stateFiles(stateFolder);
  if (scope === 'root' || knownTenants.length === 0)
    return `${set}, or start the local stack (npm start), which keeps its keys in ${keys}; --state or TIDEMARK_STATE names another folder.`;
  const near = nearest(tenant, knownTenants);
  const guess = near ? ` Did you mean --tenant ${near}?` : '';
  return `${set}, or choose a tenant with --tenant: ${keys} has the keys of ${knownTenants.join(', ')}.${guess}`;
}

function knownText({ isLocal, knownTenants, stateFolder }: Omit<Server, 'mustKey'>): string {
  if (!isLocal || knownTenants.length === 0) return '';
  return ` ${stateFiles(stateFolder).keys} has the keys of ${knownTenants.join(', ')}.`;
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
