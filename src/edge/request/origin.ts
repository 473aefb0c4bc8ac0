/**
 * Origin: the pages that may send events for a tenant: any page, unless the tenant lists origins.
 *
 * A request without an `Origin` comes from no page, so the list does not concern it.
 */
import { err, ok, type Result } from '../../core/std/result.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';
import type { Refusal, RefusalCode } from './refusal.ts';

export const ORIGIN_REFUSED: RefusalCode = 'origin-not-allowed';

export function allowOrigin(tenant: Pick<Tenant, 'origins'>, origin: string | null): Result<null, Refusal> {
  if (origin === null || tenant.origins.length === 0 || tenant.origins.includes(origin.toLowerCase())) return ok(null);
  return err({ code: ORIGIN_REFUSED, detail: `Pages of ${origin} may not send events for this tenant.` });
}
