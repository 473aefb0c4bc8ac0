/**
 * `tidemark audit`: shows who made, revoked and deleted what; of a tenant with its admin key, of the platform with the root
 * key.
 */
import type { WireAudit, WireAuditEntry } from '../../wire/audit.ts';
import { Client } from '../kit/client.ts';
import { type Args, type Command, type Io, SERVER_OPTIONS, TENANT_OPTION } from '../kit/command.ts';
import { findServer } from '../kit/keys.ts';
import { renderTable } from '../kit/table.ts';
import { openTenant } from '../kit/tenant.ts';

const ENTRIES_DEFAULT = 100;
const PAGE_MAX = 1_000;

export const audit: Command = {
  name: 'audit',
  summary: 'Show who made, revoked and deleted what',
  usage: '[--tenant ID | --root] [--limit N]',
  notes: `
With the admin key of a tenant the command lists its keys that were made and revoked; with --root and the root key it lists all
tenants, and the calls that failed as root. The latest entry comes first. Entries are kept for 400 days.`,
  examples: ['audit --tenant shop', 'audit --root --limit 20'],
  options: {
    root: { type: 'boolean', help: 'the whole platform, with the root key' },
    limit: { type: 'string', value: 'N', help: `entries to show (default ${ENTRIES_DEFAULT})` },
    json: { type: 'boolean', help: 'print the answer as JSON' },
    ...TENANT_OPTION,
    ...SERVER_OPTIONS,
  },
  positionalsMax: 0,
  async run(args, io) {
    const client = args.flag('root') ? rootClient(args, io) : (await openTenant(args, io, 'admin')).client;
    const entries = await latest(client, args.count('limit', 1, 100_000) ?? ENTRIES_DEFAULT);
    if (args.flag('json')) {
      io.out(JSON.stringify({ entries }, null, 2));
      return 0;
    }
    const rows = entries.map(({ at, action, actor, tenant, subject, count }) => [
      at,
      action,
      actor,
      tenant ?? '–',
      subject ?? '–',
      String(count),
    ]);
    for (const line of renderTable(['at', 'action', 'actor', 'tenant', 'subject', 'times'], rows)) io.out(line);
    return 0;
  },
};

function rootClient(args: Args, io: Io): Client {
  const server = findServer(args, io);
  return new Client({ url: server.url, key: server.mustKey('root') });
}

async function latest(client: Client, count: number): Promise<readonly WireAuditEntry[]> {
  const entries: WireAuditEntry[] = [];
  for (let before: number | null = 0; before !== null && entries.length < count; ) {
    const limit = Math.min(PAGE_MAX, count - entries.length);
    const page: WireAudit = await client.get(`/v1/audit?limit=${limit}${before === 0 ? '' : `&before=${before}`}`);
    entries.push(...page.entries);
    before = page.next;
  }
  return entries;
}
