/**
 * Describe: what a route says of itself in `/openapi.json`, put in front of its handler.
 *
 * @example app.post('/v1/query', describe({ summary: 'Asks', tag: 'query', key: 'read', body: querySchema }), handler)
 */
import type { MiddlewareHandler } from 'hono';
import { type DescribeRouteOptions, describeRoute, resolver } from 'hono-openapi';
import { z } from 'zod';
import type { KeyScope } from '../core/tenant/tenant.ts';
import { PROBLEM_CONTENT_TYPE } from './problem.ts';

export interface RouteDescription {
  readonly summary: string;
  readonly description?: string;
  readonly tag: 'collect' | 'query' | 'control' | 'operations';
  /** Which key opens it; 'none': anyone. */
  readonly key: KeyScope | 'root' | 'admin or root' | 'none';
  /** Schema of the JSON body. */
  readonly body?: z.ZodType;
  /** Content types that are taken beside the schema's JSON, or without one. */
  readonly bodyTypes?: readonly string[];
  /** Schema of the query string. */
  readonly query?: z.ZodObject;
  /** Schema of the answer, or the content type of one that is no JSON. */
  readonly answer?: z.ZodType | string;
  /** Status of success, 200 unless said. */
  readonly status?: number;
}

export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
});

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
      [status]: { description: 'Success', ...contentOf(route.answer) },
      default: {
        description: 'A problem (RFC 9457) with a stable code',
        content: { [PROBLEM_CONTENT_TYPE]: { schema: resolver(problemSchema) } },
      },
    },
  });
}

function bodyOf({ body, bodyTypes = [] }: RouteDescription): DescribeRouteOptions['requestBody'] {
  if (!body && bodyTypes.length === 0) return undefined;
  return {
    required: true,
    content: {
      ...Object.fromEntries(bodyTypes.map((type) => [type, {}])),
      ...(body && { 'application/json': { schema: resolver(body, { io: 'input' }) } }),
    },
  };
}

function contentOf(answer: RouteDescription['answer']) {
  if (answer === undefined) return {};
  if (typeof answer === 'string') return { content: { [answer]: {} } };
  return { content: { 'application/json': { schema: resolver(answer) } } };
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
