/** TidemarkProblem: a refusal of the server (RFC 9457) as an error, with its stable code. */
import type { Components } from './api.ts';

export type ProblemCode = Components['Problem']['code'];

export class TidemarkProblem extends Error {
  override readonly name = 'TidemarkProblem';
  readonly status: number;
  /** Undefined when no server of Tidemark gave the answer, but a proxy in front of it. */
  readonly code: ProblemCode | undefined;
  readonly detail: string;
  /** JSON pointer to the place of the request that is wrong, where the refusal names one. */
  readonly path: string | undefined;
  /** null when the server names no time. */
  readonly retryAfterMs: number | null;
  /** Names the call in the server's log. */
  readonly requestId: string | null;
  /** The whole document, with members of its code such as `limit` and `met`. */
  readonly document: Readonly<Record<string, unknown>>;

  constructor({ status, headers }: Pick<Response, 'status' | 'headers'>, document: Readonly<Record<string, unknown>>) {
    const { code, detail, path } = document as { code?: ProblemCode; detail?: string; path?: string };
    super(`${status} ${code ?? ''}: ${detail ?? 'the server gives no reason'}`.replace(' :', ':'));
    this.status = status;
    this.code = code;
    this.detail = detail ?? '';
    this.path = path;
    this.retryAfterMs = retryAfterMs(headers.get('retry-after'));
    this.requestId = headers.get('x-request-id');
    this.document = document;
  }

  static async of(response: Response): Promise<TidemarkProblem> {
    const document: unknown = await response.json().catch(() => null);
    return new TidemarkProblem(response, typeof document === 'object' && document !== null ? { ...document } : {});
  }
}

/** The wait that `Retry-After` asks for, in seconds or as a date; null when it is absent or unreadable. */
export function retryAfterMs(value: string | null): number | null {
  if (!value) return null;
  const seconds = Number(value);
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}
