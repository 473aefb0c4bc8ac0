/**
 * Describe: what the API's document says of a route, as middleware that stands in front of its handler and only passes on.
 * `src/openapi` gathers the descriptions. Routes use `route` (route.ts), which calls this.
 *
 * @example app.post('/v1/query', describe({ summary: 'Asks', tag: 'query', key: 'read', body: querySchema }), handler)
 */
import type { MiddlewareHandler } from 'hono';
import type { z } from 'zod';
import type { KeyScope } from '../core/tenant/tenant.ts';
import type { ProblemCode } from '../wire/problem-codes.ts';

export type RouteTag = 'collect' | 'query' | 'control' | 'operations';
/** The key that opens a route. 'none': anyone may call it. */
export type RouteKey =
  | KeyScope
  | 'read or write'
  | 'read or server'
  | 'read or ticket'
  | 'root'
  | 'admin or root'
  | 'share'
  | 'none';

export interface RouteDescription {
  readonly summary: string;
  readonly description?: string;
  readonly tag: RouteTag;
  readonly key: RouteKey;
  /** Schema of the JSON body. */
  readonly body?: z.ZodType;
  /** Content types that the call accepts beside the JSON of the schema, or without a schema. */
  readonly bodyTypes?: readonly string[];
  /** Schema of the query string. */
  readonly query?: z.ZodObject;
  /** Schema of the JSON answer, or the content type of another one. */
  readonly answer?: z.ZodType | string;
  /** Status of success. Default: 200. */
  readonly status?: number;
  /** Codes of the problems that the route may answer with. Default: any code. */
  readonly errors?: readonly ProblemCode[];
  /** Whether a refusal has the form of a vendor, with the same status, in place of a problem document. */
  readonly hasOwnRefusals?: boolean;
  readonly example?: { readonly body?: unknown; readonly answer?: unknown };
}

const descriptions = new WeakMap<object, RouteDescription>();

export function describe(route: RouteDescription): MiddlewareHandler {
  const passOn: MiddlewareHandler = (_, next) => next();
  descriptions.set(passOn, route);
  return passOn;
}

/** The description that the handler stands for; undefined for a handler that `describe` did not make. */
export function descriptionOf(handler: object): RouteDescription | undefined {
  return descriptions.get(handler);
}
