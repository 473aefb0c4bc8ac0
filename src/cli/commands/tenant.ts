/**
 * `tidemark tenant create|list|delete`: the customers of the platform. Needs the root key.
 */
import { Client } from '../kit/client.ts';
import { type Args, type Command, type Io, SERVER_OPTIONS, UsageError } from '../kit/command.ts';
import { findServer, keepTenantKeys, type TenantKeys } from '../kit/keys.ts';
import { renderTable } from '../kit/table.ts';

interface TenantInfo {
  readonly id: string;
  readonly name: string;
  readonly regions: readonly string[];
  readonly timezone: string;
}

interface TenantsPage {
  readonly tenants: readonly TenantInfo[];
  /** The id after which the next page begins; null: that was all. */
  readonly next?: string | null;
}

export const tenant: Command = {
  name: 'tenant',
  summary: 'Create, list and delete tenants',
  usage: 'create ID [--name TEXT] [--region R | --regions R,R] [--timezone ZONE] | list | delete ID --yes',
  notes: `
Needs the root key. The keys of a new tenant are shown once; those of a tenant on the local stack are also kept in its
state folder, so that other commands find them with --tenant ID.`,
  examples: ['tenant create shop --name "My shop" --timezone Europe/London', 'tenant list', 'tenant delete shop --yes'],
  options: {
    name: { type: 'string', value: 'TEXT', help: 'name for people (default: the id)' },
    region: { type: 'string', value: 'R', help: 'home region (a location hint: weur, enam, apac, …)' },
    regions: { type: 'string', value: 'R,R', help: 'several regions; requests go to the nearest' },
    timezone: { type: 'string', value: 'ZONE', help: 'IANA zone of queries that name none (default UTC)' },
    yes: { type: 'boolean', help: 'delete: yes, its events too' },
    json: { type: 'boolean', help: 'answer as JSON' },
    ...SERVER_OPTIONS,
  },
  positionalsMax: 2,
  async run(args, io) {
    const [verb, id] = args.positionals;
    if (verb === 'list') return list(args, io);
    if (verb !== 'create' && verb !== 'delete') throw new UsageError('say create, list or delete');
    if (!id) throw new UsageError(`${verb} which tenant? Give its id`);
    return verb === 'create' ? create(id, args, io) : remove(id, args, io);
  },
};

async function create(id: string, args: Args, io: Io): Promise<number> {
  const server = findServer(args, io);
  const client = new Client({ url: server.url, key: server.mustKey('root') });
  const wanted = {
    id,
    name: args.text('name') ?? id,
    region: args.text('region'),
    regions: args.list('regions'),
    timezone: args.text('timezone'),
  };
  // A second attempt after a lost answer would be told "exists", and the keys would be lost.
  const made = await client.post<{ tenant: TenantInfo; keys: TenantKeys }>('/v1/tenants', wanted, { repeat: 'unsent' });
  if (server.isLocal) keepTenantKeys(server.stateFolder, id, made.keys);
  if (args.flag('json')) return print(io, made);
  io.out(`Tenant ${id} created. Its keys, shown once:`);
  for (const line of renderTable(['scope', 'key'], Object.entries(made.keys))) io.out(line);
  if (server.isLocal) io.note('The local stack keeps them: use --tenant with the other commands.');
  return 0;
}

async function list(args: Args, io: Io): Promise<number> {
  const server = findServer(args, io);
  const client = new Client({ url: server.url, key: server.mustKey('root') });
  const tenants: TenantInfo[] = [];
  for (let after: string | null | undefined = ''; after != null; ) {
    const page: TenantsPage = await client.get(`/v1/tenants${after ? `?after=${encodeURIComponent(after)}` : ''}`);
    tenants.push(...page.tenants);
    after = page.next;
  }
  if (args.flag('json')) return print(io, { tenants });
  const rows = tenants.map(({ id, name, regions, timezone }) => [id, name, regions?.join(','), timezone]);
  for (const line of renderTable(['id', 'name', 'regions', 'timezone'], rows)) io.out(line);
  return 0;
}

async function remove(id: string, args: Args, io: Io): Promise<number> {
  if (!args.flag('yes')) throw new UsageError(`this deletes ${id} with all its events: say so with --yes`);
  const server = findServer(args, io);
  const client = new Client({ url: server.url, key: server.mustKey('root') });
  await client.call(`/v1/tenants/${encodeURIComponent(id)}`, { method: 'DELETE' });
  if (server.isLocal) keepTenantKeys(server.stateFolder, id, null);
  io.out(
    `Tenant ${id} deleted. Its keys stop working within half a minute, its data goes within minutes (GET /v1/deletions).`,
  );
  return 0;
}

function print(io: Io, value: unknown): number {
  io.out(JSON.stringify(value, null, 2));
  return 0;
}
