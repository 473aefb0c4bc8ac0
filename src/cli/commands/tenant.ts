/**
 * `tidemark tenant create|list|delete|junk-ids|privacy`: manages the tenants of the platform, with the root key, and with a
 * tenant's admin key the ids that name nobody and what is not stored of its events.
 */
import type { CreatedTenant, TenantList, WireJunkIds, WirePrivacy, WireTenant } from '../../wire/tenants.ts';
import { Client } from '../kit/client.ts';
import { type Args, type Command, type Io, SERVER_OPTIONS, TENANT_OPTION, UsageError } from '../kit/command.ts';
import { findServer, keepTenantKeys, type Server } from '../kit/keys.ts';
import { renderTable } from '../kit/table.ts';
import { openTenant } from '../kit/tenant.ts';

/** A server of another version may leave out fields, and `next` when it has no pages. */
interface TenantsPage extends Partial<Pick<TenantList, 'next'>> {
  readonly tenants: readonly ListedTenant[];
}
type TenantPrivacy = WirePrivacy & { readonly defaults: readonly string[] };
type TenantJunkIds = WireJunkIds & { readonly defaults: readonly string[] };
type ListedTenant = Pick<WireTenant, 'id'> & Partial<WireTenant>;

export const tenant: Command = {
  name: 'tenant',
  summary: 'Create, list and delete tenants, set the ids that name nobody, and what is not stored',
  usage:
    'create ID [--name TEXT] [--region R | --regions R,R] [--timezone ZONE] | list | delete ID --yes | junk-ids [--add ID,ID] [--except ID,ID] [--tenant ID] | privacy [--addresses remove|keep] [--url-parameters NAME,NAME] [--tenant ID]',
  notes: `
create, list and delete need the root key, junk-ids and privacy the admin key of the tenant. The keys of a new tenant are shown
once. On the local stack they are also kept in its state folder, where other commands find them with --tenant ID.

junk-ids shows the ids that join no events, such as undefined or guest. --add and --except replace what was set before;
an empty text removes it.

privacy shows whether IP addresses are stored, and which parameters of URLs. --addresses and --url-parameters replace
what was set before.`,
  examples: [
    'tenant create shop --name "My shop" --timezone Europe/London',
    'tenant list',
    'tenant delete shop --yes',
    'tenant junk-ids --add test-user --except guest',
    'tenant privacy --url-parameters q,page',
  ],
  options: {
    name: { type: 'string', value: 'TEXT', help: 'name to display (default: the id)' },
    region: { type: 'string', value: 'R', help: 'home region (a location hint: weur, enam, apac, …)' },
    regions: { type: 'string', value: 'R,R', help: 'several regions; each request goes to the nearest' },
    timezone: { type: 'string', value: 'ZONE', help: 'IANA zone of questions that name none (default UTC)' },
    yes: { type: 'boolean', help: 'confirm that delete also deletes all events of the tenant' },
    add: { type: 'string', value: 'ID,ID', help: 'junk-ids: further ids that name nobody' },
    except: { type: 'string', value: 'ID,ID', help: 'junk-ids: ids of the list that name somebody' },
    addresses: { type: 'string', value: 'remove|keep', help: 'privacy: whether IP addresses are stored' },
    'url-parameters': {
      type: 'string',
      value: 'NAME,NAME',
      help: 'privacy: parameters of URLs to store; order_* means all that begin so',
    },
    json: { type: 'boolean', help: 'print the answer as JSON' },
    ...TENANT_OPTION,
    ...SERVER_OPTIONS,
  },
  positionalsMax: 2,
  async run(args, io) {
    const [verb, id] = args.positionals;
    if (verb === 'list') return list(args, io);
    if (verb === 'junk-ids') return junkIds(args, io);
    if (verb === 'privacy') return privacy(args, io);
    if (verb !== 'create' && verb !== 'delete')
      throw new UsageError('the first argument is create, list, delete, junk-ids or privacy');
    if (!id) throw new UsageError('give the id of the tenant');
    return verb === 'create' ? create(id, args, io) : remove(id, args, io);
  },
};

const CHANGE_HOLDS = 'The change holds for events that arrive half a minute from now or later.';

function openRoot(args: Args, io: Io): { server: Server; client: Client } {
  const server = findServer(args, io);
  const client = new Client({ url: server.url, key: server.mustKey('root') });
  if (io.isTty) io.note(`Platform at ${server.url}`);
  return { server, client };
}

async function create(id: string, args: Args, io: Io): Promise<number> {
  const { server, client } = openRoot(args, io);
  const newTenant = {
    id,
    name: args.text('name') ?? id,
    region: args.text('region'),
    regions: args.list('regions'),
    timezone: args.text('timezone'),
  };
  // A repeat after a lost answer would be refused because the tenant exists, and its keys would be lost.
  const created = await client.post<CreatedTenant>('/v1/tenants', newTenant, { repeat: 'unsent' });
  if (server.isLocal) keepTenantKeys(server.stateFolder, id, created.keys);
  if (args.flag('json')) return print(io, created);
  io.out(`Tenant ${id} is created. Its keys are shown only now:`);
  for (const line of renderTable(['scope', 'key'], Object.entries(created.keys))) io.out(line);
  if (server.isLocal) io.note(`The local stack keeps them. The other commands use them with --tenant ${id}.`);
  return 0;
}

async function list(args: Args, io: Io): Promise<number> {
  const { client } = openRoot(args, io);
  const tenants: ListedTenant[] = [];
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
  if (!args.flag('yes')) throw new UsageError(`this deletes ${id} with all its events: confirm it with --yes`);
  const { server, client } = openRoot(args, io);
  await client.call(`/v1/tenants/${encodeURIComponent(id)}`, { method: 'DELETE' });
  if (server.isLocal) keepTenantKeys(server.stateFolder, id, null);
  io.out(`Tenant ${id} is deleted. Its keys stop working within half a minute, its data is gone within minutes.`);
  io.out('GET /v1/deletions shows how far the deletion is.');
  return 0;
}

async function junkIds(args: Args, io: Io): Promise<number> {
  const add = args.list('add');
  const except = args.list('except');
  const isChange = add !== undefined || except !== undefined;
  const { client } = await openTenant(args, io, isChange ? 'admin' : 'read');
  const path = '/v1/junk-ids';
  const before = await client.get<TenantJunkIds>(path);
  const changed = { add: add ?? before.add, except: except ?? before.except };
  const ids = isChange ? (await client.call<TenantJunkIds>(path, { method: 'PUT', body: changed })).body : before;
  if (args.flag('json')) return print(io, ids);
  const rows = Object.entries({ list: ids.defaults, added: ids.add, excepted: ids.except });
  for (const line of renderTable(
    ['junk ids', 'ids'],
    rows.map(([name, words]) => [name, words.join(', ') || '–']),
  ))
    io.out(line);
  if (isChange) io.note(CHANGE_HOLDS);
  return 0;
}

async function privacy(args: Args, io: Io): Promise<number> {
  const addresses = args.text('addresses');
  const urlParameters = args.list('url-parameters');
  const isChange = addresses !== undefined || urlParameters !== undefined;
  const { client } = await openTenant(args, io, isChange ? 'admin' : 'read');
  const path = '/v1/privacy';
  const before = await client.get<TenantPrivacy>(path);
  const body = { addresses: addresses ?? before.addresses, urlParameters: urlParameters ?? before.urlParameters };
  const rules = isChange ? (await client.call<TenantPrivacy>(path, { method: 'PUT', body })).body : before;
  if (args.flag('json')) return print(io, rules);
  const rows = [
    ['IP addresses', rules.addresses === 'keep' ? 'stored' : 'removed'],
    ['parameters of URLs stored for all tenants', rules.defaults.join(', ')],
    ['and for this tenant', rules.urlParameters.join(', ') || '–'],
  ];
  for (const line of renderTable(['privacy', 'rule'], rows)) io.out(line);
  if (isChange) io.note(CHANGE_HOLDS);
  return 0;
}

function print(io: Io, value: unknown): number {
  io.out(JSON.stringify(value, null, 2));
  return 0;
}
