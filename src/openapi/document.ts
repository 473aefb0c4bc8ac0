/**
 * Document: the whole API as OpenAPI 3.1, gathered from the descriptions of its routes.
 *
 * in: the app · out: a plain object, equal for equal routes
 */
import type { Hono } from 'hono';
import { descriptionOf } from '../http/describe.ts';
import { Problem, problemDocument } from '../http/problem.ts';
import { statusesOf } from '../http/problem-statuses.ts';
import { API_VERSION } from '../http/version.ts';
import { PROBLEM_CODES, type ProblemCode } from '../wire/problem-codes.ts';
import { Components, type JsonSchema } from './components.ts';
import { type Call, type Operation, operationOf, type Response, SHARED_HEADERS, sharedResponses } from './operation.ts';
import { SECURITY_SCHEMES } from './security.ts';
import { inOrder, tagOf } from './tags.ts';

export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: JsonSchema & { readonly description: string };
  readonly servers: readonly JsonSchema[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly 'x-tagGroups': readonly { readonly name: string; readonly tags: readonly string[] }[];
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly responses: Readonly<Record<string, Response>>;
    readonly headers: typeof SHARED_HEADERS;
    readonly securitySchemes: typeof SECURITY_SCHEMES;
    readonly examples: Readonly<Record<string, { readonly value: unknown }>>;
  };
}
export type PathItem = { readonly [method in string]?: Operation };

const DESCRIPTION =
  'Real-time customer analytics at the edge: every acknowledged event counted exactly once.\n\n' +
  'A refusal is a problem document (RFC 9457) with a stable `code`; `/docs/errors` explains each. With 429 and 503 comes ' +
  '`Retry-After`: nothing of the request was acknowledged, and sending it again is safe.';

export function openApiOf(app: Hono): OpenApiDocument {
  const components = new Components();
  const paths: Record<string, Record<string, Operation>> = {};
  const calls = describedCalls(app);
  for (const call of calls) {
    const item = paths[call.path] ?? {};
    paths[call.path] = item;
    item[call.method] = operationOf(call, components);
  }
  const finished = components.finish({ paths, responses: sharedResponses(components) });
  const tags = inOrder(calls.map(({ path, route }) => tagOf(path, route.tag)));
  return {
    openapi: '3.1.1',
    info: {
      title: 'Tidemark',
      version: API_VERSION,
      description: DESCRIPTION,
      license: { name: 'Apache 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The server that gave this document' }],
    tags: tags.map(({ name, description }) => ({ name, description })),
    'x-tagGroups': [...new Set(tags.map(({ group }) => group))].map((group) => ({
      name: group,
      tags: tags.filter((tag) => tag.group === group).map(({ name }) => name),
    })),
    paths: finished.document.paths,
    components: {
      schemas: finished.schemas,
      responses: finished.document.responses,
      headers: SHARED_HEADERS,
      securitySchemes: SECURITY_SCHEMES,
      examples: problemExamples(JSON.stringify(paths)),
    },
  };
}

/** The described routes in the order in which the app answers them. */
function describedCalls(app: Hono): Call[] {
  const calls = app.routes.flatMap(({ method, path, handler }) => {
    const route = descriptionOf(handler);
    return route === undefined ? [] : [{ method: method.toLowerCase(), path: bracedPath(path), route }];
  });
  const paths = new Set(calls.map(({ path }) => path));
  return calls.filter(({ path }) => !paths.has(twinOf(path)));
}

/** The path without its trailing slash: SDKs of some vendors add one, and the call is the same. */
function twinOf(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : '';
}

/** The routes, as `GET /path`, that the application answers and its OpenAPI document lacks. */
export function undocumentedRoutes(app: Hono, document: Pick<OpenApiDocument, 'paths'>): string[] {
  const answered = app.routes.filter(({ method }) => method !== 'ALL' && method !== 'OPTIONS');
  const missing = answered.filter(({ method, path }) => {
    const has = (braced: string) => document.paths[braced]?.[method.toLowerCase()] !== undefined;
    return !has(bracedPath(path)) && !has(twinOf(bracedPath(path)));
  });
  return [...new Set(missing.map(({ method, path }) => `${method} ${path}`))];
}

function bracedPath(path: string): string {
  return path.replaceAll(/:(\w+)(\{[^}]*\})?/g, '{$1}');
}

/** A problem document of each code that the text refers to. */
function problemExamples(text: string): Readonly<Record<string, { readonly value: unknown }>> {
  const codes = (Object.keys(PROBLEM_CODES) as ProblemCode[]).filter((code) => text.includes(`/examples/${code}"`));
  return Object.fromEntries(
    codes.map((code) => {
      const [status] = statusesOf(code);
      return [code, { value: problemDocument(new Problem(status!, code, PROBLEM_CODES[code])) }];
    }),
  );
}
