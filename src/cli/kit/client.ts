/**
 * Client: the one place where the CLI calls the public API, and where a call is repeated.
 *
 * - 429, 502, 503, 504 and network errors are retried with exponential backoff and jitter; `Retry-After` is honoured.
 * - A call whose repetition could do harm (`repeat: 'unsent'`) is repeated only if it certainly was not carried out.
 * - Every other refusal becomes a CliError that shows the problem's code and detail (RFC 9457) and says what to do.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from './command.ts';

export interface CallOptions {
  readonly method?: 'GET' | 'POST' | 'DELETE' | 'PUT';
  /** A plain value becomes JSON; bytes go as they are. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** `always`: the call is idempotent (default). `unsent`: repeat only what was refused or never left. */
  readonly repeat?: 'always' | 'unsent';
  /** Answers given to the caller instead of thrown. */
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
  /** Answers that the quota is used up are waited out as often as they come: the server says when there is room. */
  readonly waitsForQuota?: boolean;
  readonly backoffMs?: number;
  /** Told before each wait. */
  readonly onRetry?: (reason: string, waitMs: number) => void;
}

interface Problem {
  readonly title?: string;
  readonly code?: string;
  readonly detail?: string;
}

const RETRYABLE = new Set([429, 502, 503, 504]);
/** The request cannot have been carried out. */
const REFUSED = new Set([429, 503]);
const UNSENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);
/** Four retries in about four seconds: a local stack that restarts is back within one. */
const TRIES_MAX_DEFAULT = 5;
const BACKOFF_MS_DEFAULT = 250;
const BACKOFF_MS_MAX = 10_000;
/** A server that asks for longer is not waited for. */
const RETRY_AFTER_MS_MAX = 120_000;

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

  /** An answer whose body is read by the caller, piece by piece. */
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
      const waitMs = outcome.retryAfterMs ?? backoffMs(tries, this.#options.backoffMs ?? BACKOFF_MS_DEFAULT);
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
    if (response.ok || options.allow?.includes(response.status)) {
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
    const all: Record<string, string> = { accept: 'application/json', ...headers };
    if (this.#options.key) all.authorization = `Bearer ${this.#options.key}`;
    if (body === undefined) return { method, headers: all };
    if (body instanceof Uint8Array) return { method, headers: all, body: body as Uint8Array<ArrayBuffer> };
    return { method, headers: { 'content-type': 'application/json', ...all }, body: JSON.stringify(body) };
  }

  #unreachable(error: Error): Failure {
    const code = (error.cause as { code?: string } | undefined)?.code ?? error.message;
    const hint =
      'Start the local stack (npm start), or name the server with --url or TIDEMARK_URL. tidemark doctor looks closer.';
    return {
      error: new CliError(`No answer from ${this.url} (${code})`, hint, { cause: error }),
      isRetryable: true,
      isUnsent: UNSENT.has(code),
      isOverQuota: false,
      retryAfterMs: undefined,
    };
  }
}

interface Failure {
  readonly error: CliError;
  readonly isRetryable: boolean;
  readonly isUnsent: boolean;
  readonly isOverQuota: boolean;
  readonly retryAfterMs: number | undefined;
}

function failureOf({ status, headers }: Response, body: unknown, path: string, { method }: CallOptions): Failure {
  return {
    error: refusal(status, body, `${method ?? 'GET'} ${path}`),
    isRetryable: RETRYABLE.has(status),
    isUnsent: REFUSED.has(status),
    isOverQuota: status === 429 && (body as Problem | null)?.code === 'quota-exceeded',
    retryAfterMs: retryAfterMs(headers.get('retry-after')),
  };
}

/** Full jitter over the upper half, so that clients that failed together do not return together. */
function backoffMs(tries: number, baseMs: number): number {
  const capMs = Math.min(BACKOFF_MS_MAX, baseMs * 2 ** (tries - 1));
  return Math.round(capMs * (0.5 + Math.random() / 2));
}

/** `Retry-After` in seconds or as a date; undefined when absent or unreadable. */
function retryAfterMs(value: string | null): number | undefined {
  if (!value) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1_000);
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - Date.now());
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function refusal(status: number, body: unknown, call: string): CliError {
  const problem: Problem = typeof body === 'object' && body !== null ? body : { detail: String(body).slice(0, 300) };
  const detail = problem.detail || problem.title || 'no reason given';
  return new CliError(
    `${call} answered ${status} ${problem.code ?? ''}: ${detail}`.replace(' :', ':'),
    hintOf(status, problem.code),
  );
}

/** What to do about an answer, where the answer's own detail cannot know. */
function hintOf(status: number, code: string | undefined): string | undefined {
  if (code === 'import-chunk-conflict')
    return 'The file, the mapping or --chunk-rows changed since: restore them, or import anew with another --id (copies are dropped by the seal).';
  if (status === 401)
    return 'The key is unknown to this server: check TIDEMARK_*_KEY, --tenant and --url, or make a new key (tidemark key create).';
  if (status === 403) return 'The key is of another scope or tenant: see tidemark key list.';
  if (status === 404) return 'Check the name, and that the server runs this version (tidemark doctor).';
  if (status === 429)
    return 'The server is overloaded or the quota is used up: try again later, or send less at a time.';
  if (status >= 500) return 'The server failed: its log says why. Repeating the command is safe.';
  return undefined;
}
