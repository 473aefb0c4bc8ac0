/**
 * TenantCache: the configuration and the active keys of tenants, by uid, as this isolate knows them.
 *
 * - An answer is at most `LIMITS.tenantCacheMs` old, counted from when its load began: the bound on a key's revocation.
 * - A tenant is loaded once at a time, and requests that ask meanwhile share the load. On Workers a load belongs to the
 *   request that began it and never ends if that request is cancelled, so a sharer waits a bounded time and then loads
 *   by itself.
 * - The absence of a tenant is remembered too. Only uids from signed keys are looked up, so guesses cost nothing.
 * - `invalidate` also detaches a load that is under way: its reading may be older than the change.
 * - A failed load is neither remembered nor replaced by a stale answer: that would void the bound.
 */
import { LIMITS } from '../../core/limits.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';

export interface KnownTenant {
  readonly tenant: Tenant;
  readonly activeKeyHashes: ReadonlySet<string>;
}
export type LoadTenant = (uid: string) => Promise<KnownTenant | null>;

interface Loading {
  readonly promise: Promise<KnownTenant | null>;
  readonly startedAtMs: number;
}
interface Entry {
  readonly known: KnownTenant | null;
  readonly loadedAtMs: number;
}

/** Tenants remembered in one isolate; each takes a few KB with its keys and rollups. */
const REMEMBERED_TENANTS_MAX = 2_000;
/** A sharer waits this long for another request's load: about ten times the duration of a healthy one. */
const SHARED_LOAD_MS = 500;

export class TenantCache {
  readonly #load: LoadTenant;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();
  readonly #loading = new Map<string, Loading>();

  constructor(load: LoadTenant, now: () => number) {
    this.#load = load;
    this.#now = now;
  }

  /** The tenant, or null when there is none. Throws what the load throws. */
  async byUid(uid: string): Promise<KnownTenant | null> {
    const entry = this.#entries.get(uid);
    if (entry && this.#now() - entry.loadedAtMs < LIMITS.tenantCacheMs) return this.#touch(uid, entry).known;
    const loading = this.#loading.get(uid);
    if (!loading || this.#now() - loading.startedAtMs >= SHARED_LOAD_MS) return this.reload(uid);
    const shared = await within(loading.promise, SHARED_LOAD_MS);
    return shared === TIMED_OUT ? this.reload(uid) : shared;
  }

  /** The tenant as it is read after this call, with every change made before the call. */
  async reload(uid: string): Promise<KnownTenant | null> {
    const startedAtMs = this.#now();
    const loading = { promise: this.#load(uid), startedAtMs };
    this.#loading.set(uid, loading);
    try {
      const known = await loading.promise;
      if (this.#loading.get(uid) === loading) this.#touch(uid, { known, loadedAtMs: startedAtMs });
      return known;
    } finally {
      if (this.#loading.get(uid) === loading) this.#loading.delete(uid);
    }
  }

  /** Forgets the tenant, whose record was changed here. Other isolates see the change within the time limit. */
  invalidate(uid: string): void {
    this.#entries.delete(uid);
    this.#loading.delete(uid);
  }

  #touch(uid: string, entry: Entry): Entry {
    this.#entries.delete(uid);
    this.#entries.set(uid, entry);
    if (this.#entries.size > REMEMBERED_TENANTS_MAX) {
      const { value: oldest } = this.#entries.keys().next();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    return entry;
  }
}

const TIMED_OUT = Symbol('timed out');

async function within<T>(promise: Promise<T>, timeoutMs: number): Promise<T | typeof TIMED_OUT> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const timedOut = new Promise<typeof TIMED_OUT>((resolve) => {
    timer = setTimeout(() => resolve(TIMED_OUT), timeoutMs);
  });
  try {
    return await Promise.race([promise, timedOut]);
  } finally {
    clearTimeout(timer);
  }
}
