/** AddKey: a key that the user gives, checked by its form and by the server, and kept by the tab. */
import { identify, type KeptKey, keptKeys, sessionState, showTenant } from '../data/session.ts';

/** Adds a key that the user gave and shows its tenant. Throws an Error that says what is wrong with it. */
export async function addKey(text: string): Promise<KeptKey> {
  const key = text.trim();
  mustBeReadable(key);
  const added = await identify(key);
  keptKeys.value = [
    ...keptKeys.value.filter(({ tenant, scope }) => tenant !== added.tenant || scope !== added.scope),
    added,
  ];
  showTenant(added.tenant);
  sessionState.value = 'open';
  return added;
}

function mustBeReadable(key: string): void {
  const [, scope] = /^tm_(server|browser|write|read|admin)_[\x21-\x7e]+$/.exec(key) ?? [];
  if (scope === undefined)
    throw new Error('This is not the key of a tenant: a read key begins with tm_read_, an admin key with tm_admin_.');
  if (scope !== 'read' && scope !== 'admin')
    throw new Error(`This is a ${scope} key, which can send and not ask. A read key begins with tm_read_.`);
}
