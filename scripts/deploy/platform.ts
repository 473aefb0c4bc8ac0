/**
 * Platform: Cloudflare's REST API, as far as a deployment asks it what exists.
 *
 * A look-up either has an answer or throws. An error that does not say "does not exist" is never read as absence: a
 * deployment that takes a failed look-up for an empty account makes a new root key and ends all keys of all tenants.
 */
const API_DEFAULT = 'https://api.cloudflare.com/client/v4';
const ALREADY_EXISTS = /already (exists|taken)/i;
/** The most that every list takes. */
const PAGE_SIZE = 50;

/** Codes that say that the thing asked for does not exist. */
export const WORKER_ABSENT = 10007;
export const BUCKET_ABSENT = 10006;

interface ApiError {
  readonly code: number;
  readonly message: string;
}
interface Answer {
  readonly success: boolean;
  readonly errors?: readonly ApiError[];
  readonly result?: unknown;
  readonly result_info?: { readonly total_pages?: number };
}

export class PlatformError extends Error {
  readonly errors: readonly ApiError[];

  constructor(call: string, status: number, errors: readonly ApiError[]) {
    const reasons = errors.map(({ code, message }) => `${message} (code ${code})`).join('; ');
    super(`Cloudflare answered ${status} to ${call}: ${reasons || 'no reason is given'}`);
    this.errors = errors;
  }

  has(code: number): boolean {
    return this.errors.some((error) => error.code === code);
  }

  get isAlreadyThere(): boolean {
    return this.errors.some(({ message }) => ALREADY_EXISTS.test(message));
  }
}

export class Platform {
  readonly #url: string;
  readonly #token: string;

  constructor(token: string, url: string | undefined) {
    this.#token = token;
    this.#url = url ?? API_DEFAULT;
  }

  async get(path: string): Promise<unknown> {
    return (await this.#call('GET', path)).result;
  }

  /** The result; null when the platform says, with this code, that there is none. */
  async find(path: string, absentCode: number): Promise<unknown> {
    try {
      return await this.get(path);
    } catch (cause) {
      if (cause instanceof PlatformError && cause.has(absentCode)) return null;
      throw cause;
    }
  }

  /** All items of a list. */
  async list(path: string): Promise<unknown[]> {
    const items: unknown[] = [];
    for (let page = 1; ; page++) {
      const paged = `${path}${path.includes('?') ? '&' : '?'}page=${page}&per_page=${PAGE_SIZE}`;
      const { result, result_info } = await this.#call('GET', paged);
      if (!Array.isArray(result)) throw new Error(`Cloudflare answered GET ${path} without a list`);
      items.push(...result);
      const pageCount = result_info?.total_pages ?? (result.length < PAGE_SIZE ? page : page + 1);
      if (page >= pageCount) return items;
    }
  }

  /** Creates what may exist already: a deployment beside this one may have been faster. */
  async create(path: string, body: object): Promise<void> {
    try {
      await this.#call('POST', path, body);
    } catch (cause) {
      if (!(cause instanceof PlatformError && cause.isAlreadyThere)) throw cause;
    }
  }

  async delete(path: string): Promise<void> {
    await this.#call('DELETE', path);
  }

  async #call(method: string, path: string, body?: object): Promise<Answer> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer = (await response.json().catch(() => ({ success: false }))) as Answer;
    if (!response.ok || answer.success !== true)
      throw new PlatformError(`${method} ${path}`, response.status, answer.errors ?? []);
    return answer;
  }
}

/** The account that the deployment goes to: the one that is named, else the only one. */
export async function accountIdOf(platform: Platform, named: string | undefined): Promise<string> {
  if (named) return named;
  const accounts = (await platform.list('/accounts')) as { id: string; name: string }[];
  const [account] = accounts;
  if (account && accounts.length === 1) return account.id;
  const names = accounts.map(({ id, name }) => `${id} (${name})`).join(', ');
  throw new Error(`set CLOUDFLARE_ACCOUNT_ID to one of the accounts of this login: ${names || 'it has none'}`);
}
