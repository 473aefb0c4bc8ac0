/**
 * Origin: which pages may send events for a tenant: any, unless the tenant lists some. No credentials, ever.
 *
 * A preflight carries no key, so it cannot know the tenant: it is always granted, and a page that is not on the tenant's
 * list is refused when it sends. A request without an Origin is no page's: the list does not concern it.
 */
import type { MiddlewareHandler } from 'hono';
import { err, ok, type Result } from '../../core/std/result.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';
import { WRITE_KEY_HEADER } from '../../http/authenticate.ts';
import { Problem } from '../../http/problem.ts';
import type { Refusal, RefusalCode } from './refusal.ts';

const PREFLIGHT_AGE_SECONDS = 86_400;
const ORIGIN_REFUSED: RefusalCode = 'origin-not-allowed';

export function allowOrigin(tenant: Pick<Tenant, 'origins'>, origin: string | null): Result<null, Refusal> {
  if (origin === null || tenant.origins.length === 0 || tenant.origins.includes(origin.toLowerCase())) return ok(null);
  return err({ code: ORIGIN_REFUSED, detail: `Pages of ${origin} may not send events for this tenant.` });
}

/** Lets pages read the answer. */
export const CORS_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'retry-after',
} as const;

/** Grants preflights; lets pages read problems too, but for those of an origin that was refused. */
export const cors: MiddlewareHandler = async (c, next) => {
  if (c.req.method === 'OPTIONS') {
    return c.body(null, 204, {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'POST, OPTIONS',
      'access-control-allow-headers': `authorization, content-type, content-encoding, ${WRITE_KEY_HEADER}`,
      'access-control-max-age': String(PREFLIGHT_AGE_SECONDS),
    });
  }
  await next();
  if (c.error === undefined) return;
  if (c.error instanceof Problem && c.error.code === ORIGIN_REFUSED) return;
  const { headers } = c.res;
  for (const [name, value] of Object.entries(CORS_HEADERS)) headers.set(name, value);
};
