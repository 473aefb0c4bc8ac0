/**
 * `tidemark key create|list|revoke`: manages a tenant's keys, with its admin key.
 */

import type { CreatedKey, KeyList, RevokedKey, WireKey } from '../../wire/keys.ts';
import { KEY_SCOPES } from '../../wire/keys.ts';
import type { Client } from '../kit/client.ts';
import { type Args, type Command, type Io, SERVER_OPTIONS, TENANT_OPTION, UsageError } from '../kit/command.ts';
import { renderTable } from '../kit/table.ts';
import { openTenant } from '../kit/tenant.ts';

/** A server of another version may leave out the times. */
type ListedKey = Pick<WireKey, 'id' | 'scope' | 'hint'> & Partial<WireKey>;
interface KeysPage extends Partial<Pick<KeyList, 'next'>> {
  readonly keys: readonly ListedKey[];
}

export const key: Command = {
  name: 'key',
  summary: 'Create, list and revoke a tenant’s keys',
  usage: 'create server|browser|read|admin | list [--active] | revoke ID [--descendants keep|revoke]',
  notes: `
The command needs the admin key. A new key is shown once. A revoked key stops working within half a minute.

A browser key is for pages and apps, where anybody can read it; a server key stays secret, and alone may import. "write" is
the older name of server.

A key that made others is revoked once --descendants says what becomes of them: revoke after a leak, keep when the key is
replaced. The key that calls is never among them. "tidemark audit" shows who made and revoked which key.`,
  examples: ['key create browser --tenant shop', 'key list --tenant shop', 'key revoke 3f2a9c… --tenant shop'],
  options: {
    active: { type: 'boolean', help: 'list: leave revoked keys out' },
    descendants: { type: 'string', value: 'keep|revoke', help: 'revoke: what becomes of the keys that it made' },
    json: { type: 'boolean', help: 'print the answer as JSON' },
    ...TENANT_OPTION,
    ...SERVER_OPTIONS,
  },
  positionalsMax: 2,
  async run(args, io) {
    const [verb, target] = args.positionals;
    if (verb === 'list') return list(args, io);
    if (verb !== 'create' && verb !== 'revoke') throw new UsageError('the first argument is create, list or revoke');
    if (!target)
      throw new UsageError(
        verb === 'create' ? 'name a scope: server, browser, read or admin' : 'give the id of the key',
      );
    return verb === 'create' ? create(target, args, io) : revoke(target, args, io);
  },
};

async function adminClient(args: Args, io: Io): Promise<Client> {
  return (await openTenant(args, io, 'admin')).client;
}

async function create(scope: string, args: Args, io: Io): Promise<number> {
  if (!KEY_SCOPES.some((known) => known === scope))
    throw new UsageError(`a scope is ${KEY_SCOPES.join(', ')}, not "${scope}"`);
  const client = await adminClient(args, io);
  const created = await client.post<CreatedKey>('/v1/keys', { scope }, { repeat: 'unsent' });
  io.out(args.flag('json') ? JSON.stringify(created, null, 2) : created.key);
  return 0;
}

async function allKeys(client: Client, filter: string): Promise<readonly ListedKey[]> {
  const keys: ListedKey[] = [];
  for (let after: string | null | undefined = ''; after != null; ) {
    const start: string = after === '' ? '' : `&after=${after}`;
    const page: KeysPage = await client.get(`/v1/keys?limit=200${filter}${start}`);
    keys.push(...page.keys);
    after = page.next;
  }
  return keys;
}

async function list(args: Args, io: Io): Promise<number> {
  const client = await adminClient(args, io);
  const keys = await allKeys(client, args.flag('active') ? '&state=active' : '');
  if (args.flag('json')) {
    io.out(JSON.stringify({ keys }, null, 2));
    return 0;
  }
  const rows = keys.map(({ id, scope, hint, createdAt, revokedAt, madeBy }) => [
    id,
    scope,
    `…${hint}`,
    createdAt,
    revokedAt,
    madeBy,
  ]);
  for (const line of renderTable(['id', 'scope', 'ends in', 'created', 'revoked', 'made by'], rows)) io.out(line);
  return 0;
}

async function revoke(id: string, args: Args, io: Io): Promise<number> {
  const client = await adminClient(args, io);
  const descendants = args.text('descendants');
  const query = descendants === undefined ? '' : `?descendants=${encodeURIComponent(descendants)}`;
  const path = `/v1/keys/${encodeURIComponent(id)}${query}`;
  const { revoked } = (await client.call<Partial<RevokedKey>>(path, { method: 'DELETE' })).body;
  const heirs = revoked?.descendants ?? [];
  io.out(`Key ${id} revoked${heirs.length === 0 ? '' : `, and what it made: ${heirs.join(', ')}`}.`);
  return 0;
}
