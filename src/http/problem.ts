/**
 * Problem: a refusal of a whole request as it travels on the wire, RFC 9457 (`application/problem+json`) with a stable `code`.
 *
 * in: a thrown Problem, or any error at all · out: a Response. `type` points at the code's paragraph under `/docs/errors`.
 * An error that is no Problem is a fault of ours: 500 `internal`, logged in full and told in nothing.
 */
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { z } from 'zod';
import { jsonPointer } from '../core/std/pointer.ts';

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

export interface ProblemOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the document, as RFC 9457 allows. */
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** A broken path in a request body: JSON pointer, and what is wrong there. */
export interface InvalidField {
  readonly path: string;
  readonly message: string;
}

export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(status: number, code: string, detail: string, options: ProblemOptions = {}) {
    super(`${status} ${code}: ${detail}`, { cause: options.cause });
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.headers = options.headers ?? {};
    this.extra = options.extra ?? {};
  }
}

/** A dependency failed: nothing was acknowledged, the same request may be sent again. */
export function unavailable(code: string, detail: string, cause: unknown, retryAfterSeconds = 1): Problem {
  return new Problem(503, code, detail, { cause, headers: { 'retry-after': String(retryAfterSeconds) } });
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not authenticated',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  410: 'Gone',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Cannot be done',
  429: 'Too much at once',
  500: 'Internal error',
  503: 'Not available now',
  504: 'Took too long',
};

/** What is sent for an error, without the transport: used by routes that answer with several outcomes. */
export function problemDocument(thrown: Problem): Record<string, unknown> {
  const { status, code, detail, extra } = thrown;
  return { type: `/docs/errors#${code}`, title: TITLES[status] ?? 'Error', status, code, detail, ...extra };
}

/** Turns whatever was thrown into a response. */
export function renderProblem(c: Context, thrown: unknown): Response {
  const shown = thrown instanceof Problem ? thrown : new Problem(500, 'internal', 'The request failed; it was logged.');
  if (shown.status >= 500) console.error(thrown);
  for (const [name, value] of Object.entries(shown.headers)) c.header(name, value);
  if (shown.status === 401) c.header('www-authenticate', 'Bearer realm="tidemark"');
  return c.body(JSON.stringify(problemDocument(shown)), shown.status as ContentfulStatusCode, {
    'content-type': PROBLEM_CONTENT_TYPE,
  });
}

/**
 * The body of a small JSON request, checked against its schema.
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

/** The query string of a request, checked against a schema of strings. Throws `request-invalid`. */
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
