/**
 * Problem: a refusal of a whole request as it travels on the wire, RFC 9457 (`application/problem+json`) with a stable
 * `code`.
 *
 * in: a thrown Problem, or any other error · out: a Response. `type` points at the code's paragraph under
 * `/docs/errors`. An error that is not a Problem is a fault of the server: 500 `internal`, which is logged in full and
 * tells the caller nothing.
 */
import type { Context } from 'hono';
import { routePath } from 'hono/route';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { z } from 'zod';
import { jsonPointer } from '../core/std/pointer.ts';
import { logError } from '../observe/log.ts';
import { REQUEST_ID_HEADER, requestIdOf } from '../observe/request-id.ts';
import type { ProblemCode } from '../wire/problem-codes.ts';

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

export interface ProblemOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the document, as RFC 9457 allows. */
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** A place in a request body that breaks the schema: its JSON pointer, and the reason. */
export interface InvalidField {
  readonly path: string;
  readonly message: string;
}

export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(status: number, code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(`${status} ${code}: ${detail}`, { cause: options.cause });
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.headers = options.headers ?? {};
    this.extra = options.extra ?? {};
  }
}

/** A 503: a dependency failed, nothing was acknowledged, and the same request may be sent again. */
export function unavailable(code: ProblemCode, detail: string, cause: unknown, retryAfterSeconds = 1): Problem {
  return new Problem(503, code, detail, { cause, headers: { 'retry-after': String(retryAfterSeconds) } });
}

/** The registered phrases of the statuses (RFC 9110); `code` carries our own word. */
const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  410: 'Gone',
  413: 'Content too large',
  415: 'Unsupported media type',
  422: 'Unprocessable content',
  429: 'Too many requests',
  500: 'Internal server error',
  503: 'Service unavailable',
  504: 'Gateway timeout',
};

/** The problem document of a refusal. */
export function problemDocument(thrown: Problem): Record<string, unknown> {
  const { status, code, detail, extra } = thrown;
  return { type: `/docs/errors#${code}`, title: TITLES[status] ?? 'Error', status, code, detail, ...extra };
}

/** Turns any thrown value into a response. */
export function renderProblem(c: Context, thrown: unknown): Response {
  const shown = thrown instanceof Problem ? thrown : new Problem(500, 'internal', 'The request failed; it was logged.');
  if (shown.status >= 500) logFault(c, thrown, shown);
  for (const [name, value] of Object.entries(shown.headers)) c.header(name, value);
  if (shown.status === 401) c.header('www-authenticate', 'Bearer realm="tidemark"');
  return c.body(JSON.stringify(problemDocument(shown)), shown.status as ContentfulStatusCode, {
    'content-type': PROBLEM_CONTENT_TYPE,
  });
}

/** Logs a failed request under an id that its answer tells too. */
function logFault(c: Context, thrown: unknown, { status, code }: Problem): void {
  const requestId = requestIdOf(c.req.raw.headers);
  c.header(REQUEST_ID_HEADER, requestId);
  logError('http.problem', thrown, { requestId, method: c.req.method, path: pathToLog(c), status, code });
}

/** The pattern of the route: a path may hold the id of a person. */
function pathToLog(c: Context): string {
  const pattern = routePath(c, -1);
  return pattern === '/*' ? 'none' : pattern;
}

/**
 * The body of a small JSON request, parsed with its schema.
 * Throws `body-too-large` 413, `json-invalid` 400, `request-invalid` 400 (the first broken `path`, all in `errors`).
 */
export async function parseJson<S extends z.ZodType>(
  request: Request,
  schema: S,
  limitBytes: number,
): Promise<z.output<S>> {
  const text = await readText(request, limitBytes);
  const parsed = schema.safeParse(parseText(text));
  if (parsed.success) return parsed.data;
  throw requestInvalid(parsed.error);
}

/** The query string of a request, parsed with a schema of strings. Throws `request-invalid`. */
export function parseParameters<S extends z.ZodType>(request: Request, schema: S): z.output<S> {
  const parsed = schema.safeParse(Object.fromEntries(new URL(request.url).searchParams));
  if (parsed.success) return parsed.data;
  throw requestInvalid(parsed.error);
}

export function requestInvalid(error: z.ZodError): Problem {
  const errors = error.issues.map(({ path, message }): InvalidField => ({ path: jsonPointer(path), message }));
  const [first = { path: '', message: 'Invalid' }] = errors;
  const detail = first.path === '' ? first.message : `${first.path}: ${first.message}`;
  return new Problem(400, 'request-invalid', detail, { extra: { path: first.path, errors: errors.slice(0, 20) } });
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Problem(400, 'json-invalid', 'The body is not valid JSON.', { cause, extra: { path: '' } });
  }
}

async function readText(request: Request, limitBytes: number): Promise<string> {
  const announced = Number(request.headers.get('content-length') ?? 0);
  if (announced > limitBytes) throw bodyTooLarge(limitBytes, announced);
  const decoder = new TextDecoder();
  let text = '';
  let sizeBytes = 0;
  if (request.body) {
    for await (const chunk of request.body as ReadableStream<Uint8Array>) {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > limitBytes) throw bodyTooLarge(limitBytes, sizeBytes);
      text += decoder.decode(chunk, { stream: true });
    }
  }
  return text + decoder.decode();
}

function bodyTooLarge(limitBytes: number, metBytes: number): Problem {
  return new Problem(
    413,
    'body-too-large',
    `The body may have ${limitBytes} bytes, this one has ${metBytes} or more.`,
    {
      extra: { limit: limitBytes, met: metBytes },
    },
  );
}
