// Demo: the tenant that every local stack has. Its keys are shown once, so they are kept beside the state they belong to.
//
// Keys are signed with the root key: another root key ends those kept, and new ones are made. So it is when the stack
// was killed between the creation of the tenant and the writing of its keys.

import { readFileSync, renameSync, writeFileSync } from 'node:fs';

export type TenantKeys = { readonly write: string; readonly read: string; readonly admin: string };

/** Content of `keys.json`, which the CLI reads, and to which it adds the tenants that it creates. */
export type LocalKeys = {
  readonly url: string;
  readonly root: string;
  readonly tenants: Record<string, TenantKeys>;
};

export const demoTenant = 'demo';

/** The kept keys of the demo tenant, if they are still good. */
export function keptDemoKeys(rootKey: string, keysFile: string): TenantKeys | undefined {
  return keptTenants(rootKey, keysFile)[demoTenant];
}

/** The keys of the demo tenant, which is created if it does not exist. */
export async function ensureDemo(url: string, rootKey: string, keysFile: string): Promise<TenantKeys> {
  const kept = keptTenants(rootKey, keysFile);
  const keys = kept[demoTenant] ?? (await createDemo(url, rootKey));
  writeKeys(keysFile, { url, root: rootKey, tenants: { ...kept, [demoTenant]: keys } });
  return keys;
}

async function createDemo(url: string, rootKey: string): Promise<TenantKeys> {
  const tenant = { id: demoTenant, name: 'Demo' };
  const created = await post<{ keys: TenantKeys }>(`${url}/v1/tenants`, rootKey, tenant, 409);
  if (created) return created.keys;
  const makeKey = async (scope: keyof TenantKeys) => {
    const made = await post<{ key: string }>(`${url}/v1/keys`, rootKey, { tenant: demoTenant, scope });
    if (!made) throw new Error(`The tenant ${demoTenant} got no ${scope} key`);
    return made.key;
  };
  return { write: await makeKey('write'), read: await makeKey('read'), admin: await makeKey('admin') };
}

/** Undefined when the answer has the expected status. */
async function post<T>(url: string, key: string, body: object, expected?: number): Promise<T | undefined> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.ok) return (await response.json()) as T;
  const answer = await response.text();
  if (response.status === expected) return undefined;
  throw new Error(`POST ${url}: ${response.status} ${answer}`);
}

function keptTenants(rootKey: string, keysFile: string): Record<string, TenantKeys> {
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
