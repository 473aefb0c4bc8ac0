/**
 * Quota at the edge: refuses the requests of a tenant that sends more than it may, before they cost anything: 429
 * `quota-exceeded` with Retry-After. Other tenants are not affected.
 *
 * Each isolate counts only the events that it has seen itself, so a tenant that n isolates serve may send up to n times
 * its quota. Shards that are offered too much refuse by themselves (docs/decisions/ingest/0028-quotas-per-isolate.md).
 * A tenant without a quota costs one comparison, a tenant with a quota one look-up.
 */
import { LIMITS, SECOND_MS } from '../core/limits.ts';
import { type Allowance, fullAllowance, spend } from '../core/tenant/quota.ts';
import type { Tenant } from '../core/tenant/tenant.ts';
import { Problem } from '../http/problem.ts';

/**
 * The most tenants whose allowances are kept, some 100 bytes each. The oldest is forgotten, and begins anew with a full
 * allowance.
 */
const REMEMBERED_TENANTS_MAX = 10_000;

export class Quotas {
  readonly #allowances = new Map<string, Allowance>();
  readonly #onRefused: (uid: string) => void;
  /** Number of requests refused since the isolate started. */
  refused = 0;

  constructor(onRefused: (uid: string) => void) {
    this.#onRefused = onRefused;
  }

  /**
   * Spends the events of a request, which is taken whole or not at all. Throws `quota-exceeded`. Imports have an allowance
   * of their own, as large as that of live events, so that an import at its limit leaves live events their room.
   */
  charge(
    { uid, quotaEventsPerMinute }: Tenant,
    events: number,
    nowMs: number,
    { isImport = false }: { readonly isImport?: boolean } = {},
  ): void {
    if (quotaEventsPerMinute === undefined) return;
    const name = isImport ? `import ${uid}` : uid;
    const allowance = this.#allowances.get(name) ?? this.#begin(name, quotaEventsPerMinute, nowMs);
    const waitMs = spend(allowance, quotaEventsPerMinute, events, nowMs);
    if (waitMs > 0) this.#refuse(uid, quotaEventsPerMinute, waitMs);
  }

  #begin(name: string, eventsPerMinute: number, nowMs: number): Allowance {
    if (this.#allowances.size >= REMEMBERED_TENANTS_MAX) {
      const { value: oldest } = this.#allowances.keys().next();
      if (oldest !== undefined) this.#allowances.delete(oldest);
    }
    const allowance = fullAllowance(eventsPerMinute, nowMs);
    this.#allowances.set(name, allowance);
    return allowance;
  }

  #refuse(uid: string, eventsPerMinute: number, waitMs: number): never {
    this.refused++;
    this.#onRefused(uid);
    const seconds = Math.ceil(Math.min(waitMs, LIMITS.retryAfterMsMax) / SECOND_MS);
    const detail = `The tenant may send ${eventsPerMinute} events a minute; wait, then send the request again.`;
    throw new Problem(429, 'quota-exceeded', detail, {
      headers: { 'retry-after': String(seconds) },
      extra: { limit: eventsPerMinute },
    });
  }
}
