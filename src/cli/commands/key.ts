/**
 * `tidemark key create|list|revoke`: a tenant's keys. Needs its admin key.
 */
import { Client } from '../kit/client.ts';
import { type Args, type Command, type Io, SERVER_OPTIONS, TENANT_OPTION, UsageError } from '../kit/command.ts';
import { findServer } from '../kit/keys.ts';
import { renderTable } from '../kit/table.ts';

interface KeyInfo {
  readonly id: string;
  readonly scope: string;
  readonly hint: string;
  readonly createdAt?: string;
  readonly revokedAt?: string | null;
}

export const key: Command = {
  name: 'key',
  summary: 'Create, list and revoke a tenant’s keys',
  usage: 'create write|read|admin | list | revoke ID',
  notes: 'Needs the admin key. A new key is shown once. A revoked key stops working within half a minute.',
  examples: ['key create write --tenant shop', 'key list --tenant shop', 'key revoke 3f2a9c… --tenant shop'],
  options: { json: { type: 'boolean', help: 'answer as JSON' }, ...TENANT_OPTION, ...SERVER_OPTIONS },
  positionalsMax: 2,
  async run(args, io) {
    const [verb, what] = args.positionals;
    if (verb === 'list') return list(args, io);
    if (verb !== 'create' && verb !== 'revoke') throw new UsageError('say create, list or revoke');
    if (!what)
      throw new UsageError(
        verb === 'create' ? 'which scope: write, read or admin?' : 'revoke which key? Give its id from key list',
      );
    return verb === 'create' ? create(what, args, io) : revoke(what, args, io);
  },
};

function adminClient(args: Args, io: Io): Client {
  const server = findServer(args, io);
  return new Client({ url: server.url, key: server.mustKey('admin') });
}

async function create(scope: string, args: Args, io: Io): Promise<number> {
  if (!['write', 'read', 'admin'].includes(scope)) throw new UsageError(`"${scope}" is no scope: write, read or admin`);
  const made = await adminClient(args, io).post<{ key: string }>('/v1/keys', { scope }, { repeat: 'unsent' });
  io.out(args.flag('json') ? JSON.stringify(made, null, 2) : made.key);
  return 0;
}

async function list(args: Args, io: Io): Promise<number> {
  const answer = await adminClient(args, io).get<{ keys: KeyInfo[] }>('/v1/keys');
  if (args.flag('json')) {
    io.out(JSON.stringify(answer, null, 2));
    return 0;
  }
  const rows = answer.keys.map(({ id, scope, hint, createdAt, revokedAt }) => [
    id,
    scope,
    `…${hint}`,
    createdAt,
    revokedAt,
  ]);
  for (const line of renderTable(['id', 'scope', 'ends in', 'created', 'revoked'], rows)) io.out(line);
  return 0;
}

async function revoke(id: string, args: Args, io: Io): Promise<number> {
  await adminClient(args, io).call(`/v1/keys/${encodeURIComponent(id)}`, { method: 'DELETE' });
  io.out(`Key ${id} revoked.`);
  return 0;
}
