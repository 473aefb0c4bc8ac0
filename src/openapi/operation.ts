/** Operation: one call of the API as an operation of the document, from its route's description. */
import type { z } from 'zod';
import type { RouteDescription } from '../http/describe.ts';
import { PROBLEM_CONTENT_TYPE } from '../http/problem.ts';
import { statusesOf } from '../http/problem-statuses.ts';
import { problemSchema } from '../wire/problem.ts';
import type { ProblemCode } from '../wire/problem-codes.ts';
import { BODY_EXAMPLES } from './body-examples.ts';
import type { Components, JsonSchema } from './components.ts';
import { SCHEMES_OF_KEY } from './security.ts';
import { tagOf } from './tags.ts';

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly 'x-key'?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required: true; readonly content: Content };
  readonly responses: Readonly<Record<string, Response | JsonSchema>>;
}
export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}
export interface Media {
  readonly schema?: JsonSchema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, JsonSchema>>;
}
export type Content = Readonly<Record<string, Media>>;
export interface Response {
  readonly description: string;
  readonly headers?: Readonly<Record<string, object>>;
  readonly content?: Content;
}

export interface Call {
  readonly method: string;
  /** With parameters in braces. */
  readonly path: string;
  readonly route: RouteDescription;
}

export function operationOf({ method, path, route }: Call, components: Components): Operation {
  const { summary, description, tag, key } = route;
  const parameters = [...pathParameters(path), ...queryParameters(route.query, components)];
  const content = bodyContent(withExample(method, path, route), components);
  return {
    operationId: operationId(method, path),
    summary,
    ...(description && { description }),
    tags: [tagOf(path, tag).name],
    security: SCHEMES_OF_KEY[key].map((scheme) => ({ [scheme]: [] })),
    ...(key !== 'none' && { 'x-key': key }),
    ...(parameters.length > 0 && { parameters }),
    ...(content !== null && { requestBody: { required: true, content } }),
    responses: { ...successOf(route, components), ...refusalsOf(route, components) },
  };
}

/** Puts in the example of body-examples.ts where the route brings none. */
function withExample(method: string, path: string, route: RouteDescription): RouteDescription {
  const body = route.example?.body ?? BODY_EXAMPLES[`${method.toUpperCase()} ${path}`];
  return body === undefined ? route : { ...route, example: { ...route.example, body } };
}

/** `postV1QueryFunnel`; unique, because a path and a method have one handler. */
function operationId(method: string, path: string): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return [method, ...words.map((word) => word[0]!.toUpperCase() + word.slice(1))].join('');
}

function pathParameters(path: string): Parameter[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => {
    return { name: name!, in: 'path', required: true, schema: { type: 'string' } };
  });
}

function queryParameters(query: z.ZodObject | undefined, components: Components): Parameter[] {
  if (query === undefined) return [];
  // A parameter comes as text: what it is read as tells more.
  const { properties = {} } = components.inlineSchemaOf(query, 'output') as { properties?: Record<string, JsonSchema> };
  const { required = [] } = components.inlineSchemaOf(query, 'input') as { required?: readonly string[] };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(typeof description === 'string' && { description }),
    schema,
  }));
}

function bodyContent({ body, bodyTypes = [], example }: RouteDescription, components: Components): Content | null {
  if (!body && bodyTypes.length === 0) return null;
  const other = Object.fromEntries(bodyTypes.map((type): [string, Media] => [type, { schema: { type: 'string' } }]));
  if (!body) return other;
  const schema = components.schemaOf(body, 'input');
  return { 'application/json': { schema, ...exampleOf(example?.body) }, ...without(other, 'application/json') };
}

function without(content: Content, type: string): Content {
  return Object.fromEntries(Object.entries(content).filter(([name]) => name !== type));
}

function successOf({ answer, status = 200, example }: RouteDescription, components: Components) {
  return { [status]: { description: 'Success', ...answerContent(answer, example?.answer, components) } };
}

function answerContent(answer: z.ZodType | string | undefined, example: unknown, components: Components) {
  if (answer === undefined) return {};
  if (typeof answer === 'string') {
    const types = answer.split(', ').map((type): [string, Media] => [type, { schema: { type: 'string' } }]);
    return { content: Object.fromEntries(types) };
  }
  const schema = components.schemaOf(answer, 'output');
  return { content: { 'application/json': { schema, ...exampleOf(example) } } };
}

function exampleOf(example: unknown): { readonly example?: unknown } {
  return example === undefined ? {} : { example };
}

const RETRY_AFTER = { 'retry-after': { $ref: '#/components/headers/RetryAfter' } };

export const SHARED_HEADERS = {
  RetryAfter: { description: 'Seconds to wait before the request is sent again.', schema: { type: 'integer' } },
};

/** A response for each status with which the route refuses, and the one of any other fault. */
function refusalsOf(
  { errors = [], hasOwnRefusals = false }: RouteDescription,
  components: Components,
): Operation['responses'] {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of [...new Set(errors)].sort())
    for (const status of statusesOf(code)) byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  const schema = components.schemaOf(problemSchema, 'output');
  const refusals = [...byStatus].map(([status, codes]): [string, Response] => [
    String(status),
    {
      description: `Refused: ${codes.map((code) => `\`${code}\``).join(', ')}`,
      ...((status === 429 || status === 503) && { headers: RETRY_AFTER }),
      ...(!hasOwnRefusals && {
        content: { [PROBLEM_CONTENT_TYPE]: { schema, examples: Object.fromEntries(codes.map(exampleRef)) } },
      }),
    },
  ]);
  const other = { $ref: '#/components/responses/Problem' };
  const hasOfClient = [...byStatus.keys()].some((status) => status < 500);
  return { ...Object.fromEntries(refusals), ...(!hasOfClient && { '4XX': other }), default: other };
}

/** The responses to which operations refer. */
export function sharedResponses(components: Components): Readonly<Record<string, Response>> {
  const schema = components.schemaOf(problemSchema, 'output');
  const description = 'Any other problem (RFC 9457), such as 500 `internal`';
  return { Problem: { description, content: { [PROBLEM_CONTENT_TYPE]: { schema } } } };
}

function exampleRef(code: ProblemCode): [string, JsonSchema] {
  return [code, { $ref: `#/components/examples/${code}` }];
}
