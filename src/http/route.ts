/**
 * Route: one call of the API, said once: its path, key, parameters, body, answer, refusals and examples. `route` puts
 * the description into `/openapi.json` and acts on it: it authenticates, parses, calls the handler and sends the
 * answer.
 *
 * order of refusals: key → query → body → refusals of the handler
 *
 * A body is parsed with its schema. A call that refuses each field with a code of its own takes `z.unknown()` and names
 * the schema that describes it.
 *
 * @example
 * route(app, auth, {
 *   method: 'get', path: '/:id', tag: 'control', key: 'read', summary: 'Shows a cohort',
 *   answer: cohortSchema, errors: ['cohort-unknown'],
 * }, async ({ tenant, params }) => wireCohort(await mustFind(tenant.uid, params.id)));
 */
import type { Context, Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { z } from 'zod';
import type { DeepReadonly } from '../core/std/deep-readonly.ts';
import type { KeyScope, Tenant } from '../core/tenant/tenant.ts';
import type { ProblemCode } from '../wire/problem-codes.ts';
import { checkAnswer, checkProblem } from './answer-checks.ts';
import type { Authenticated, ShareKey } from './authenticate.ts';
import { describe, type RouteKey, type RouteTag } from './describe.ts';
import { jsonBody } from './json-body.ts';
import { Problem, parseJson, parseParameters } from './problem.ts';

/** A JSON body of bounded size. */
export interface RouteBody<S extends z.ZodType> {
  readonly schema: S;
  readonly sizeBytesMax: number;
  /** The schema that the document shows. Default: `schema`. */
  readonly described?: z.ZodType;
}

/**
 * The description of a route. `A`: the schema of its JSON answer, or the content types of an answer that is not JSON.
 */
export interface Route<
  P extends string,
  K extends RouteKey,
  Q extends z.ZodObject,
  B extends z.ZodType,
  A extends z.ZodType | string,
> {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** Below the path at which the group is mounted; `/:id` names a parameter. */
  readonly path: P;
  readonly summary: string;
  readonly description?: string;
  readonly tag: RouteTag;
  readonly key: K;
  readonly query?: Q;
  readonly body?: RouteBody<B>;
  /** Content types of a body that is not JSON; the handler reads it from the request. */
  readonly bodyTypes?: readonly string[];
  readonly answer: A;
  /** Status of success. Default: 200. */
  readonly status?: ContentfulStatusCode;
  /** Headers of a JSON answer. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Codes beyond those of the key, the query and the body, which every such route has. */
  readonly errors?: readonly ProblemCode[];
  readonly example?: { readonly body?: z.input<B>; readonly answer?: A extends z.ZodType ? z.input<A> : string };
}

type ParamNames<P extends string> = P extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParamNames<Rest>
  : P extends `${string}:${infer Name}`
    ? Name
    : never;

type CallerOf<K extends RouteKey> = K extends KeyScope
  ? { readonly tenant: Tenant; readonly keyHash: string }
  : K extends 'read or write' | 'read or server'
    ? { readonly tenant: Tenant }
    : K extends 'read or ticket'
      ? { readonly caller: Authenticated | null }
      : K extends 'admin or root'
        ? { readonly caller: Authenticated | 'root' }
        : K extends 'share'
          ? { readonly share: ShareKey }
          : unknown;

/** The arguments of a handler: the caller as the key tells it, and the request's parts, parsed. */
export type Call<P extends string, K extends RouteKey, Q extends z.ZodObject, B extends z.ZodType> = CallerOf<K> & {
  readonly params: Readonly<Record<ParamNames<P>, string>>;
  readonly query: z.output<Q>;
  readonly body: z.output<B>;
  readonly request: Request;
};

/** JSON of the schema; a call with another kind of answer makes the response itself. */
type AnswerOf<A extends z.ZodType | string> = A extends z.ZodType ? DeepReadonly<z.output<A>> : Response;

/** The part of the Authenticator that routes use. */
export interface RouteAuth {
  authenticate(headers: Headers, needed: KeyScope): Promise<Authenticated>;
  authenticateRoot(headers: Headers): Promise<void>;
  authenticateAdminOrRoot(headers: Headers): Promise<Authenticated | 'root'>;
  authenticateShare(headers: Headers): Promise<ShareKey>;
}

export function route<
  P extends string,
  K extends RouteKey,
  A extends z.ZodType | string,
  Q extends z.ZodObject = z.ZodObject<Record<never, never>>,
  B extends z.ZodType = z.ZodUndefined,
>(
  app: Hono,
  auth: RouteAuth,
  said: Route<P, K, Q, B, A>,
  handle: (call: Call<P, K, Q, B>) => Promise<AnswerOf<A>> | AnswerOf<A>,
): void {
  const { method, path, key, answer, status = 200, headers, errors = [] } = said;
  const charged: readonly ProblemCode[] = said.tag === 'query' ? ['questions-quota-exceeded'] : [];
  const codes = [...codesOfKey(key), ...codesOfInput(said), ...charged, ...errors];
  const { body, example, ...rest } = said;
  const description = describe({
    ...rest,
    errors: codes,
    ...(body && { body: body.described ?? body.schema }),
    ...(example && { example }),
  });
  app[method](path, description, async (c: Context) => {
    try {
      const answered = await handle((await callOf(c, auth, said)) as Call<P, K, Q, B>);
      if (answered instanceof Response) return answered;
      checkAnswer(c, answer as z.ZodType, answered);
      return c.body(await jsonBody(answered as object), status, { ...headers, 'content-type': 'application/json' });
    } catch (thrown) {
      checkProblem(c, codes, thrown);
      throw thrown;
    }
  });
}

async function callOf(
  c: Context,
  auth: RouteAuth,
  { key, query, body }: Pick<Route<string, RouteKey, z.ZodObject, z.ZodType, z.ZodType>, 'key' | 'query' | 'body'>,
): Promise<object> {
  const request = c.req.raw;
  const caller = await authenticate(auth, request, key);
  return {
    ...caller,
    request,
    params: c.req.param(),
    query: query && parseParameters(request, query),
    body: body && (await parseJson(request, body.schema, body.sizeBytesMax)),
  };
}

async function authenticate(auth: RouteAuth, request: Request, key: RouteKey): Promise<object> {
  const { headers } = request;
  switch (key) {
    case 'none':
      return {};
    case 'root':
      await auth.authenticateRoot(headers);
      return {};
    case 'admin or root':
      return { caller: await auth.authenticateAdminOrRoot(headers) };
    case 'read or ticket':
      return { caller: hasTicket(request) ? null : await auth.authenticate(headers, 'read') };
    case 'read or write':
      return { tenant: (await authenticateEither(auth, headers, 'write')).tenant };
    case 'read or server':
      return { tenant: (await authenticateEither(auth, headers, 'server')).tenant };
    case 'share':
      return { share: await auth.authenticateShare(headers) };
    default: {
      const { tenant, keyHash } = await auth.authenticate(headers, key);
      return { tenant, keyHash };
    }
  }
}

/** A call with a ticket shows no key; its handler looks at the ticket. */
function hasTicket(request: Request): boolean {
  return new URL(request.url).searchParams.has('ticket');
}

/** A sender's key opens the call too: it may look at what it has sent. */
async function authenticateEither(
  auth: RouteAuth,
  headers: Headers,
  sender: 'write' | 'server',
): Promise<Authenticated> {
  try {
    return await auth.authenticate(headers, sender);
  } catch (thrown) {
    if (!(thrown instanceof Problem) || thrown.code !== 'key-scope') throw thrown;
  }
  return auth.authenticate(headers, 'read');
}

const TENANT_KEY_CODES: readonly ProblemCode[] = [
  'key-missing',
  'key-malformed',
  'key-unknown',
  'key-revoked',
  'key-scope',
  'tenant-deleted',
  'control-unavailable',
];

function codesOfKey(key: RouteKey): readonly ProblemCode[] {
  if (key === 'none') return [];
  return key === 'root' ? ['key-missing', 'key-malformed', 'key-root'] : TENANT_KEY_CODES;
}

function codesOfInput({ query, body }: { readonly query?: unknown; readonly body?: unknown }): readonly ProblemCode[] {
  const ofBody: readonly ProblemCode[] = body === undefined ? [] : ['json-invalid', 'body-too-large'];
  return query === undefined && body === undefined ? [] : ['request-invalid', ...ofBody];
}
