/**
 * Tenant: whom a command works for. The server says whose key it is; a command line that names another tenant is
 * refused before anything is read or written.
 */
import type { KeyScope } from '../../core/tenant/tenant.ts';
import type { Whoami } from '../../wire/tenants.ts';
import { Client, type ClientOptions } from './client.ts';
import type { Args, Io } from './command.ts';
import { claimsOf, findServer, type Server, tenantContradicts, variableOf } from './keys.ts';

export interface OpenTenant {
  readonly server: Server;
  readonly client: Client;
  /** The tenant as the server knows it; undefined when the server did not say it. */
  readonly whoami: Whoami | undefined;
  /** The zone of the tenant; undefined when the server did not say it. */
  readonly timezone: string | undefined;
}

/** Finds the server and the key of this scope, and checks and says whose data the command touches. */
export async function openTenant(
  args: Args,
  io: Io,
  scope: KeyScope,
  options: Omit<ClientOptions, 'url' | 'key'> = {},
): Promise<OpenTenant> {
  const server = findServer(args, io);
  const client = new Client({ ...options, url: server.url, key: server.mustKey(scope) });
  const whoami = await confirmTenant(server, scope, client, io);
  return {
    server: { ...server, tenant: whoami?.tenant ?? server.tenant },
    client,
    whoami,
    timezone: whoami?.timezone,
  };
}

/** Checks the tenant of the key, as `readWhoami` does, and shows it on a terminal. */
export async function confirmTenant(
  server: Server,
  scope: KeyScope,
  client: Client,
  io: Io,
): Promise<Whoami | undefined> {
  const whoami = await readWhoami(server, scope, client);
  if (whoami && io.isTty) {
    const source = server.isFromEnvironment(scope) ? `, with the key in ${variableOf(scope)}` : '';
    io.note(`Tenant ${whoami.tenant} at ${server.url}${source}`);
  }
  return whoami;
}

/**
 * Asks the server whose key it is; throws when that contradicts `--tenant`. Returns undefined when the key does not
 * have the form of a key, which the next call refuses, or when the server is of a version without this call.
 */
export async function readWhoami(server: Server, scope: KeyScope, client: Client): Promise<Whoami | undefined> {
  if (!claimsOf(server.mustKey(scope))) return undefined;
  const { status, body } = await client.call<Whoami>('/v1/whoami', { allow: [404] });
  if (status === 404) return undefined;
  if (server.isTenantGiven && body.tenant !== server.tenant) throw tenantContradicts(server, scope, body.tenant);
  return body;
}
