/**
 * Describe: the entry of a route in `/openapi.json`, as middleware that stands in front of its handler. Routes use
 * `route` (route.ts), which calls this.
 *
 * @example app.post('/v1/query', describe({ summary: 'Asks', tag: 'query', key: 'read', body: querySchema }), handler)
 */
import type { MiddlewareHandler } from 'hono';
import { type DescribeRouteOptions, describeRoute, resolver } from 'hono-openapi';
import { z } from 'zod';
import type { KeyScope } from '../core/tenant/tenant.ts';
import { problemSchema } from '../wire/problem.ts';
import type { ProblemCode } from '../wire/problem-codes.ts';
import { PROBLEM_CONTENT_TYPE } from './problem.ts';

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
  readonly example?: { readonly body?: unknown; readonly answer?: unknown };
}

export function describe(route: RouteDescription): MiddlewareHandler {
  const { summary, description, tag, key, status = 200 } = route;
  const requestBody = bodyOf(route);
  return describeRoute({
    summary,
    ...(description && { description }),
    tags: [tag],
    security: key === 'none' ? [] : [{ key: [] }],
    ...(key !== 'none' && { 'x-key': key }),
    ...(requestBody && { requestBody }),
    ...(route.query && { parameters: parametersOf(route.query) }),
    responses: {
      [status]: { description: 'Success', ...contentOf(route) },
      default: problemOf(route),
    },
  });
}

function problemOf({ errors }: RouteDescription) {
  const codes = errors === undefined || errors.length === 0 ? '' : `: ${[...new Set(errors)].sort().join(', ')}`;
  return {
    description: `A problem (RFC 9457) with a stable code${codes}`,
    content: { [PROBLEM_CONTENT_TYPE]: { schema: resolver(problemSchema) } },
  };
}

function bodyOf({ body, bodyTypes = [], example }: RouteDescription): DescribeRouteOptions['requestBody'] {
  if (!body && bodyTypes.length === 0) return undefined;
  return {
    required: true,
    content: {
      ...Object.fromEntries(bodyTypes.map((type) => [type, {}])),
      ...(body && { 'application/json': { schema: resolver(body, { io: 'input' }), ...exampleOf(example?.body) } }),
    },
  };
}

function contentOf({ answer, example }: RouteDescription) {
  if (answer === undefined) return {};
  if (typeof answer === 'string') return { content: { [answer]: exampleOf(example?.answer) } };
  return { content: { 'application/json': { schema: resolver(answer), ...exampleOf(example?.answer) } } };
}

function exampleOf(example: unknown): { readonly example?: unknown } {
  return example === undefined ? {} : { example };
}

function parametersOf(query: z.ZodObject): NonNullable<DescribeRouteOptions['parameters']> {
  const { properties = {}, required = [] } = z.toJSONSchema(query, { io: 'input', unrepresentable: 'any' });
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query' as const,
    required: required.includes(name),
    schema: schema as object,
  }));
}
