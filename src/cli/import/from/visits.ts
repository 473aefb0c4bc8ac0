/**
 * Visits: what the logs of web servers share: a request as an event, and the visitor as a hash.
 *
 * A request that a person makes for a page is a `page`: GET or HEAD, answered below 400, and no file of a page such as a script,
 * a style, an image or a font. Every other request is an event called `request`.
 *
 * No address is sent. The visitor is a hash of the address and the user agent; with a constant key it is a pseudonym, because
 * anyone who has the log can compute it.
 */
import { createHash } from 'node:crypto';
import type { ImportEvent } from '../mapping.ts';
import { bagOf } from './rows.ts';

export interface Visit {
  readonly id?: string | undefined;
  readonly timestamp: string;
  readonly address: string;
  readonly userAgent: string | undefined;
  readonly method: string;
  /** A path, or a whole URL. */
  readonly url: string;
  readonly host?: string | undefined;
  readonly referrer?: string | undefined;
  readonly userId?: string | undefined;
  readonly status: number;
  readonly properties: Readonly<Record<string, unknown>>;
}

const FILES =
  /\.(?:css|js|mjs|map|json|xml|txt|ico|png|jpe?g|gif|svg|webp|avif|bmp|woff2?|ttf|otf|eot|mp4|webm|mp3|wasm|webmanifest)$/i;
const REMEMBERED_MAX = 10_000;

export class Visitors {
  readonly #known = new Map<string, string>();

  idOf(address: string, userAgent: string | undefined): string {
    const key = `${address}\n${userAgent ?? ''}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const id = createHash('sha256').update(`tidemark\n${key}`).digest('hex').slice(0, 24);
    if (this.#known.size >= REMEMBERED_MAX) this.#known.clear();
    this.#known.set(key, id);
    return id;
  }

  eventOf(visit: Visit): ImportEvent {
    const { id, timestamp, address, userAgent, method, url, host, referrer, userId, status, properties } = visit;
    const path = pathOf(url);
    const isPage = (method === 'GET' || method === 'HEAD') && status < 400 && !FILES.test(path);
    const whole = host !== undefined && url.startsWith('/') ? `https://${host}${url}` : url;
    return {
      ...(id !== undefined && { id }),
      ...(isPage ? { type: 'page' } : { event: 'request' }),
      userId,
      anonymousId: this.idOf(address, userAgent),
      timestamp,
      properties: bagOf({ method, status, ...properties })!,
      context: bagOf({ page: bagOf({ url: whole, path, referrer }), userAgent })!,
    };
  }
}

/** The path of `/a?b` and of `http://host/a?b`, as a proxy asks. */
function pathOf(url: string): string {
  const bare = url.split(/[?#]/, 1)[0]!;
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(bare) ? bare.replace(/^[^:]+:\/\/[^/]*/, '') || '/' : bare || '/';
}

/** The value; undefined for `-`, which logs write for an unknown value. */
export function known(value: string | undefined): string | undefined {
  return value === '-' || value === '' ? undefined : value;
}
