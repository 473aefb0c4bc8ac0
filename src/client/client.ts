/**
 * Client: typed calls of the public API, for browsers, Node and Workers.
 *
 *   const client = createClient({ url: 'https://stats.example.com', key });
 *   const { series } = await client.post('/v1/query', { body: { measure: 'count', last: '7 days' } });
 *
 * - Paths, parameters, bodies and answers have the types of the API's document (api.ts, generated).
 * - An answer that is JSON is handed on parsed, any other as the Response, whose body the caller reads.
 * - A refusal is thrown as a TidemarkProblem. A network error is thrown as `fetch` threw it.
 * - 429 and 503 are tried again after `Retry-After`: nothing of such a call was carried out. Other 5xx of a gateway and
 *   network errors are tried again where a repetition does no harm: for all but POST, and for POST of questions.
 */
import type { Components, Paths } from './api.ts';
import { TidemarkProblem } from './problem.ts';
import { isTransient, isUndone, waitMs } from './retry.ts';

export type { Components, Paths } from './api.ts';
export { TidemarkProblem } from './problem.ts';

export interface ClientOptions {
  /** Address of the server. A path of it, such as `/stats`, stays in front of every call's. */
  readonly url: string;
  /** Sent as `Authorization: Bearer`. A function is asked for each call. */
  readonly key?: string | (() => string | undefined) | undefined;
  /** Calls made at most for one answer. Default: 4. */
  readonly triesMax?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: the global one. */
  readonly fetch?: (request: Request) => Promise<Response>;
  /** Told of each wait before another try. */
  readonly onRetry?: (reason: unknown, waitMs: number) => void;
}

type Method = 'get' | 'post' | 'put' | 'delete';
export type PathOf<M extends Method> = {
  [P in keyof Paths]: Paths[P] extends Readonly<Record<M, unknown>> ? P : never;
}[keyof Paths];
type Call<M extends Method, P extends PathOf<M>> = Paths[P] extends Readonly<Record<M, infer C>> ? C : never;

/** The options that are of the call alone: its parameters in the path and the query, and its body. */
type Own<C> = Omit<C, 'answer'>;
export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  /** `true`: tries again although the call may have been carried out; `false`: never tries again. */
  readonly retry?: boolean;
}
type Options<C> = Own<C> & CallOptions & { readonly raw?: boolean };
/** Questions are answered in the shape in which they are asked. */
type AnswerTo<P, C, O> = O extends { readonly raw: true }
  ? Response
  : P extends '/v1/query'
    ? O extends { readonly body: infer B }
      ? ReportOf<B>
      : never
    : C extends { readonly answer: infer A }
      ? A
      : never;
type ReportOf<B> = B extends { readonly queries: readonly unknown[] }
  ? { readonly answers: readonly Components['Answer'][] }
  : B extends { readonly queries: infer Q }
    ? {
        readonly answers: { readonly [name in keyof Q]: Components['Answer'] };
        readonly formulas: B extends { readonly formulas: infer F } ? { readonly [name in keyof F]: Formula } : object;
      }
    : Components['Answer'];
interface Formula {
  readonly series: readonly Components['Series'][];
}

interface Caller<M extends Method> {
  <P extends FreePathOf<M>>(path: P): Promise<AnswerTo<P, Call<M, P>, object>>;
  <P extends PathOf<M>, const O extends Options<Call<M, P>>>(path: P, options: O): Promise<AnswerTo<P, Call<M, P>, O>>;
}
/** The paths of calls without a required parameter or body. */
type FreePathOf<M extends Method> = {
  [P in PathOf<M>]: Record<never, never> extends Own<Call<M, P>> ? P : never;
}[PathOf<M>];

export type Client = { readonly [M in Method]: Caller<M> };

/** A call as it is carried out, whatever its types. */
interface LooseOptions extends CallOptions {
  readonly path?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly raw?: boolean;
}

export function createClient(options: ClientOptions): Client {
  const caller = (method: Method) => (path: string, call?: LooseOptions) => answerOf(options, method, path, call);
  return {
    get: caller('get'),
    post: caller('post'),
    put: caller('put'),
    delete: caller('delete'),
  } as unknown as Client;
}

async function answerOf(
  options: ClientOptions,
  method: Method,
  path: string,
  call: LooseOptions = {},
): Promise<unknown> {
  const { triesMax = 4, onRetry } = options;
  const isHarmless = method !== 'post' || path.startsWith('/v1/query') || path.startsWith('/v1/people/');
  for (let tries = 1; ; tries++) {
    const { response, error } = await attempt(options, requestOf(options, method, path, call));
    if (response?.ok) return call.raw || !isJson(response) ? response : response.json();
    const failure = response === undefined ? error : await TidemarkProblem.of(response);
    const isSafe =
      response !== undefined && isUndone(response.status) ? call.retry !== false : (call.retry ?? isHarmless);
    const wait = waitMs(tries, failure);
    if (!isSafe || !isTransient(failure) || call.signal?.aborted || tries >= triesMax || wait === null) throw failure;
    onRetry?.(failure, wait);
    await pause(wait, call.signal);
  }
}

async function attempt({ fetch: send = fetch }: ClientOptions, request: Request) {
  try {
    return { response: await send(request) };
  } catch (error) {
    return { error };
  }
}

function requestOf({ url, key, headers }: ClientOptions, method: Method, path: string, call: LooseOptions): Request {
  const token = typeof key === 'function' ? key() : key;
  const isPlain = call.body === undefined || typeof call.body === 'string' || call.body instanceof Uint8Array;
  return new Request(addressOf(url, path, call), {
    // Some platforms write known methods in capitals only.
    method: method.toUpperCase(),
    headers: {
      accept: 'application/json',
      ...(!isPlain && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
      ...headers,
      ...call.headers,
    },
    ...(call.body !== undefined && { body: (isPlain ? call.body : JSON.stringify(call.body)) as string }),
    ...(call.signal && { signal: call.signal }),
  });
}

/** Puts the parameters into the path and behind it; undefined ones are left out. */
function addressOf(url: string, path: string, { path: params = {}, query = {} }: LooseOptions): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  const text = search.toString();
  return url.replace(/\/+$/, '') + filled + (text && `?${text}`);
}

function isJson(response: Response): boolean {
  return /[/+]json\b/.test(response.headers.get('content-type') ?? '');
}

/** Ends early, with the reason of the signal, when the caller gives up. */
function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', giveUp);
      resolve();
    }, ms);
    signal?.addEventListener('abort', giveUp, { once: true });
  });
}
