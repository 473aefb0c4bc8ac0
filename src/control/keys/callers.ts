/**
 * Callers: the tenant that a call with an admin key or the root key concerns, and the maker that it acts as.
 */
import type { Authenticated } from '../../http/authenticate.ts';
import { Problem } from '../../http/problem.ts';
import type { ProblemCode } from '../../wire/problem-codes.ts';
import { tenantNotFound } from '../refusals.ts';
import type { KeyMaker } from '../tenants/key-store.ts';
import { findTenant } from '../tenants/tenants.ts';

export type Caller = Authenticated | 'root';

export const TENANT_CODES: readonly ProblemCode[] = ['tenant-missing', 'tenant-not-found', 'tenant-other'];

/** The tenant that the call concerns: that of the admin key, or the one that the caller with the root key names. */
export async function uidFor(db: D1Database, caller: Caller, tenantId: string | undefined): Promise<string> {
  if (caller !== 'root') {
    mustBeOwn(caller, tenantId);
    return caller.tenant.uid;
  }
  if (tenantId === undefined) throw new Problem(400, 'tenant-missing', 'With the root key, name the tenant: "tenant".');
  const found = await findTenant(db, tenantId);
  if (!found) throw tenantNotFound(tenantId);
  return found.uid;
}

export function mustBeOwn({ tenant }: Authenticated, tenantId: string | undefined): void {
  if (tenantId !== undefined && tenantId !== tenant.id)
    throw new Problem(403, 'tenant-other', 'The key sent belongs to another tenant.');
}

export function makerOf(caller: Caller): KeyMaker {
  return caller === 'root' ? 'root' : { hash: caller.keyHash };
}
