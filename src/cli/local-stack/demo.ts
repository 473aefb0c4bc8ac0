// Demo: the tenant that every local stack has. Its keys are shown once, so they are kept beside the state they belong to.

import { readFileSync, renameSync, writeFileSync } from 'node:fs';

export type TenantKeys = { readonly write: string; readonly read: string; readonly admin: string };

/** Content of `keys.json`, which the CLI reads. */
export type LocalKeys = {
  readonly url: string;
  readonly root: string;
  readonly tenants: Record<string, TenantKeys>;
};

export const demoTenant = 'demo';

/** The keys of the demo tenant, which is created if it does not exist; undefined when its keys are not known. */
export async function ensureDemo(url: string, rootKey: string, keysFile: string): Promise<TenantKeys | undefined> {
  const kept = readKeys(keysFile)?.tenants ?? {};
  const created = kept[demoTenant] ?? (await createTenant(url, rootKey));
  const tenants = created ? { ...kept, [demoTenant]: created } : kept;
  writeKeys(keysFile, { url, root: rootKey, tenants });
  return created;
}

async function createTenant(url: string, rootKey: string): Promise<TenantKeys | undefined> {
  const response = await fetch(`${url}/v1/tenants`, {
    method: 'POST',
    headers: { authorization: `Bearer ${rootKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ id: demoTenant, name: 'Demo' }),
  });
  if (response.status === 409) return undefined;
  if (!response.ok) throw new Error(`Creating the tenant demo: ${response.status} ${await response.text()}`);
  const { keys } = (await response.json()) as { keys: TenantKeys };
  return keys;
}

export function readKeys(keysFile: string): LocalKeys | undefined {
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
