/**
 * CORS: the headers that let a page of another origin call, and read every answer, refusals included.
 *
 * - A preflight carries no key, so its tenant is unknown: it is always granted. A page that is not on its tenant's list is
 *   refused when it sends, and only that refusal is hidden from it.
 * - No cookie is ever read, so `credentials` grants nothing; it serves SDKs whose requests fail in the browser without it.
 */
import type { MiddlewareHandler } from 'hono';
import { WRITE_KEY_HEADER } from '../../http/authenticate.ts';
import { Problem } from '../../http/problem.ts';
import { ORIGIN_REFUSED } from './origin.ts';

/** The needs of a call beyond the headers that every call grants. */
export interface CorsSpec {
  /** Further request headers that its SDK sends. */
  readonly requestHeaders?: readonly string[];
  /** Whether its SDK sends with credentials; then the answer names the page's origin. Default: false. */
  readonly credentials?: boolean;
}

/** The methods of a path, with the needs of its calls. */
export interface PathCors extends CorsSpec {
  readonly methods: readonly string[];
}

const PREFLIGHT_AGE_SECONDS = 86_400;
const REQUEST_HEADERS = ['authorization', 'content-type', 'content-encoding', WRITE_KEY_HEADER];
const ANY_ORIGIN = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'retry-after',
} as const;
const NO_CORS = {};

/** Headers of an answer. The object is the same for all answers unless the call sends with credentials. */
export function corsHeaders(spec: CorsSpec, origin: string | null): Readonly<Record<string, string>> {
  if (spec.credentials !== true) return ANY_ORIGIN;
  if (origin === null) return NO_CORS;
  return {
    ...ANY_ORIGIN,
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    vary: 'origin',
  };
}

/** Grants preflights, and lets pages read problems. Answers that are no problems bring their headers with them. */
export function cors(path: PathCors): MiddlewareHandler {
  const requestHeaders = [...new Set([...REQUEST_HEADERS, ...(path.requestHeaders ?? [])])].join(', ');
  const preflight = {
    'access-control-allow-methods': [...path.methods, 'OPTIONS'].join(', '),
    'access-control-allow-headers': requestHeaders,
    'access-control-max-age': String(PREFLIGHT_AGE_SECONDS),
  };
  return async (c, next) => {
    const origin = c.req.raw.headers.get('origin');
    if (c.req.method === 'OPTIONS') {
      const { 'access-control-expose-headers': _exposed, ...granted } = corsHeaders(path, origin);
      return c.body(null, 204, { ...granted, ...preflight });
    }
    await next();
    if (c.error === undefined || isHidden(c.error)) return;
    const { headers } = c.res;
    for (const [name, value] of Object.entries(corsHeaders(path, origin))) headers.set(name, value);
  };
}

function isHidden(error: Error): boolean {
  return error instanceof Problem && error.code === ORIGIN_REFUSED;
}
