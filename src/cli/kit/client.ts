/**
 * Client: the one place where the CLI calls the public API, and where a call is repeated.
 *
 * - The client retries 429, 502, 503, 504 and network errors with exponential backoff and jitter, and honours
 *   `Retry-After`.
 * - It repeats a call with `repeat: 'unsent'`, which does harm when it is carried out twice, only if the server
 *   certainly did not carry it out.
 * - It turns every other refusal into a CliError with the problem's code and detail (RFC 9457) and a hint.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { retryAfterMs } from '../../client/problem.ts';
import { backoffMs, isTransientStatus, isUndone, RETRY_AFTER_MS_MAX } from '../../client/retry.ts';
import type { ProblemDocument } from '../../wire/problem.ts';
import { CliError } from './command.ts';
import { plainDetail } from './refusal.ts';

export interface CallOptions {
  readonly method?: 'GET' | 'POST' | 'DELETE' | 'PUT';
  /** A plain value is sent as JSON, bytes as they are. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * `always`: the call is idempotent. `unsent`: only a call that was refused or never left is repeated. Default:
   * `always`.
   */
  readonly repeat?: 'always' | 'unsent';
  /** Statuses whose answers are returned to the caller instead of thrown. */
  readonly allow?: readonly number[];
}

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
  readonly headers: Headers;
}

export interface ClientOptions {
  readonly url: string;
  readonly key?: string | undefined;
  /** Calls made at most for one answer. */
  readonly triesMax?: number;
  /** Whether an exhausted quota is waited out without counting as a try: the server says when it has room. */
  readonly waitsForQuota?: boolean;
  readonly backoffMs?: number;
  /** Called before each wait. */
  readonly onRetry?: (reason: string, waitMs: number) => void;
}

/** A refusal as JSON. A proxy before the server, or another version of the server, may leave out any member. */
type Problem = Partial<ProblemDocument>;

/** Quotas that fill again while the client waits. */
const QUOTAS_OF_TIME = new Set([
  'quota-exceeded',
  'days-quota-exceeded',
  'links-quota-exceeded',
  'questions-quota-exceeded',
]);
const UNSENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);
/** Four retries take about four seconds; a local stack restarts within one. */
const TRIES_MAX_DEFAULT = 5;

export class Client {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  get url(): string {
    return this.#options.url;
  }

  async get<T>(path: string, options: CallOptions = {}): Promise<T> {
    return (await this.call<T>(path, options)).body;
  }

  async post<T>(path: string, body: unknown, options: CallOptions = {}): Promise<T> {
    return (await this.call<T>(path, { ...options, method: 'POST', body })).body;
  }

  async call<T>(path: string, options: CallOptions = {}): Promise<Answer<T>> {
    return this.#repeated(options, () => this.#try<T>(path, options));
  }

  /** Returns an answer whose body the caller reads piece by piece. */
  async open(path: string, options: CallOptions = {}): Promise<Response> {
    return this.#repeated(options, () => this.#tryOpen(path, options));
  }

  async #repeated<A>(options: CallOptions, attempt: () => Promise<{ answer: A } | Failure>): Promise<A> {
    const triesMax = this.#options.triesMax ?? TRIES_MAX_DEFAULT;
    for (let tries = 1; ; ) {
      const outcome = await attempt();
      if ('answer' in outcome) return outcome.answer;
      const canRepeat = outcome.isRetryable && (options.repeat !== 'unsent' || outcome.isUnsent);
      if (!canRepeat || tries >= triesMax || (outcome.retryAfterMs ?? 0) > RETRY_AFTER_MS_MAX) throw outcome.error;
      const waitMs = outcome.retryAfterMs ?? backoffMs(tries, this.#options.backoffMs);
      this.#options.onRetry?.(outcome.error.message, waitMs);
      await sleep(waitMs);
      if (!(outcome.isOverQuota && this.#options.waitsForQuota)) tries++;
    }
  }

  async #try<T>(path: string, options: CallOptions): Promise<{ answer: Answer<T> } | Failure> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${this.url}${path}`, this.#request(options));
      text = await response.text();
    } catch (error) {
      return this.#unreachable(error as Error);
    }
    const body = parseBody(text);
    const isStrange = response.ok && typeof body === 'string' && text !== '';
    if ((response.ok && !isStrange) || options.allow?.includes(response.status)) {
      return { answer: { status: response.status, body: body as T, headers: response.headers } };
    }
    return failureOf(response, body, path, options);
  }

  async #tryOpen(path: string, options: CallOptions): Promise<{ answer: Response } | Failure> {
    try {
      const response = await fetch(`${this.url}${path}`, this.#request(options));
      if (response.ok) return { answer: response };
      return failureOf(response, parseBody(await response.text()), path, options);
    } catch (error) {
      return this.#unreachable(error as Error);
    }
  }

  #request({ method = 'GET', body, headers }: CallOptions): RequestInit {
    const sentHeaders: Record<string, string> = { accept: 'application/json', ...headers };
    if (this.#options.key) sentHeaders.authorization = `Bearer ${this.#options.key}`;
    if (body === undefined) return { method, headers: sentHeaders };
    if (body instanceof Uint8Array) return { method, headers: sentHeaders, body: body as Uint8Array<ArrayBuffer> };
    return { method, headers: { 'content-type': 'application/json', ...sentHeaders }, body: JSON.stringify(body) };
  }

  #unreachable(error: Error): Failure {
    const code = (error.cause as { code?: string } | undefined)?.code ?? error.message;
    const hint =
      'Start the local stack (npm start), or name the server with --url or TIDEMARK_URL. Find the cause: tidemark doctor';
    return {
      error: new CliError(`${this.url} does not answer (${code})`, hint, { cause: error }),
      isRetryable: true,
      isUnsent: UNSENT.has(code),
      isOverQuota: false,
      retryAfterMs: null,
    };
  }
}

interface Failure {
  readonly error: CliError;
  readonly isRetryable: boolean;
  readonly isUnsent: boolean;
  readonly isOverQuota: boolean;
  readonly retryAfterMs: number | null;
}

function failureOf({ status, headers }: Response, body: unknown, path: string, { method }: CallOptions): Failure {
  return {
    error: refusal(status, body, `${method ?? 'GET'} ${path}`),
    isRetryable: isTransientStatus(status),
    isUnsent: isUndone(status),
    isOverQuota: status === 429 && QUOTAS_OF_TIME.has((body as Problem | null)?.code ?? ''),
    retryAfterMs: retryAfterMs(headers.get('retry-after')),
  };
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function refusal(status: number, body: unknown, call: string): CliError {
  if (typeof body !== 'object' || body === null) return strangeAnswer(status, call);
  const { code, detail: told, title }: Problem = body;
  const detail = told || title || 'the server gives no reason';
  return new CliError(
    `${call} answered ${status} ${code ?? ''}: ${code === 'request-invalid' ? plainDetail(detail) : detail}`.replace(
      ' :',
      ':',
    ),
    hintOf(status, code),
  );
}

/** The refusal of an answer that is no JSON: a proxy or another program wrote it, and its text is a page of HTML. */
function strangeAnswer(status: number, call: string): CliError {
  const hint =
    'Another program may answer at this address, or a proxy before the server failed. Find the cause: tidemark doctor';
  return new CliError(`${call} answered ${status} without a reason that Tidemark gives`, hint);
}

const HINTS: Readonly<Partial<Record<string, string>>> = {
  'import-chunk-conflict':
    'The file, the mapping or --chunk-rows has changed. Restore them, or use another --id; the seal drops copies.',
  'key-malformed': 'Copy the whole key, from tm_ to its end, or use tidemark key create.',
  'key-revoked': 'Make a new key with tidemark key create.',
  'key-root': 'Only the root key may do this: set TIDEMARK_ROOT_KEY to the key with which the server was started.',
  'key-scope': 'Use a key of the scope that the call needs; tidemark key list shows the keys.',
  'tenant-deleted': 'Choose another tenant: tidemark tenant list shows those that exist.',
  'tenant-not-found': 'tidemark tenant list shows the tenants that exist.',
  'tenant-exists': 'Choose another id, or go on with this tenant: --tenant ID. tidemark tenant list shows them all.',
  'key-not-found': 'tidemark key list shows the ids.',
  'property-unknown': 'Property names are exact, with upper and lower case.',
  'group-by-invalid':
    'P is a property of the event, context.*, or a column such as country, device, path or utm_source.',
};

/** The advice for a refusal, which the server cannot give because it does not know the command line. */
function hintOf(status: number, code: Problem['code']): string | undefined {
  const known = code === undefined ? undefined : HINTS[code];
  if (known) return known;
  if (status === 401)
    return 'The server does not know the key. Check TIDEMARK_*_KEY, --tenant and --url, or use tidemark key create.';
  if (status === 403)
    return 'The key has another scope or belongs to another tenant. tidemark key list shows the keys.';
  if (status === 404) return 'Check the id or name, and check that the server runs this version (tidemark doctor).';
  if (status === 429)
    return 'The server is overloaded or the quota is used up. Try again later, or send fewer events at a time.';
  if (status >= 500) return 'The server failed; its log says why. It is safe to repeat the command.';
  return undefined;
}
