/**
 * Demo: the tenant that every local stack has. The server shows its keys once, so they are kept beside the state.
 *
 * Keys are signed with the root key. Another root key invalidates the kept keys, and the stack makes new ones. It also
 * does so when it was killed after it created the tenant and before it wrote the keys.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { CreatedKey } from '../wire/keys.ts';
import type { CreatedTenant } from '../wire/tenants.ts';

export type TenantKeys = Readonly<CreatedTenant['keys']>;
/** An earlier release kept no browser key, and called the server key `write` alone. */
export type KeptTenantKeys = Omit<TenantKeys, 'browser' | 'server'> & Partial<TenantKeys>;

/** The content of `keys.json`. The CLI reads it and adds the tenants that it creates. */
export type LocalKeys = {
  readonly url: string;
  readonly root: string;
  readonly tenants: Record<string, KeptTenantKeys>;
};

export const demoTenant = 'demo';

/** The kept keys of the demo tenant; undefined when there are none, or when another root key signed them. */
export function keptDemoKeys(rootKey: string, keysFile: string): KeptTenantKeys | undefined {
  return keptTenants(rootKey, keysFile)[demoTenant];
}

/** Returns the keys of the demo tenant, and creates the tenant when it does not exist. */
export async function ensureDemo(url: string, rootKey: string, keysFile: string): Promise<TenantKeys> {
  const kept = keptTenants(rootKey, keysFile);
  const keys = await withBrowserKey(kept[demoTenant] ?? (await createDemo(url, rootKey)), url, rootKey);
  writeKeys(keysFile, { url, root: rootKey, tenants: { ...kept, [demoTenant]: keys } });
  return keys;
}

async function createDemo(url: string, rootKey: string): Promise<TenantKeys> {
  const tenant = { id: demoTenant, name: 'Demo' };
  const created = await post<CreatedTenant>(`${url}/v1/tenants`, rootKey, tenant, 409);
  if (created) return created.keys;
  const make = (scope: keyof TenantKeys) => makeKey(scope, url, rootKey);
  const server = await make('server');
  return {
    server,
    browser: await make('browser'),
    read: await make('read'),
    admin: await make('admin'),
    write: server,
  };
}

async function makeKey(scope: keyof TenantKeys, url: string, rootKey: string): Promise<string> {
  const created = await post<CreatedKey>(`${url}/v1/keys`, rootKey, { tenant: demoTenant, scope });
  if (!created) throw new Error(`The tenant ${demoTenant} got no ${scope} key`);
  return created.key;
}

/** Adds the key that the file of an earlier release does not have. */
async function withBrowserKey(keys: KeptTenantKeys, url: string, rootKey: string): Promise<TenantKeys> {
  const { browser = await makeKey('browser', url, rootKey), server = keys.write } = keys;
  return { ...keys, browser, server };
}

/** Returns the answer; undefined when the server refused with the expected status. */
async function post<T>(url: string, key: string, body: object, expectedStatus?: number): Promise<T | undefined> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.ok) return (await response.json()) as T;
  const answer = await response.text();
  if (response.status === expectedStatus) return undefined;
  throw new Error(`POST ${url}: ${response.status} ${answer}`);
}

function keptTenants(rootKey: string, keysFile: string): Record<string, KeptTenantKeys> {
  const kept = readKeys(keysFile);
  return kept?.root === rootKey ? (kept.tenants ?? {}) : {};
}

function readKeys(keysFile: string): LocalKeys | undefined {
  try {
    return JSON.parse(readFileSync(keysFile, 'utf8'));
  } catch {
    return undefined;
  }
}

function writeKeys(keysFile: string, keys: LocalKeys): void {
  writeFileSync(`${keysFile}.draft`, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${keysFile}.draft`, keysFile);
}
