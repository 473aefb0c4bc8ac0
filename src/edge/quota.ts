/**
 * Quotas at the edge: refuses what a tenant does beyond its quotas, before it costs anything: 429 with Retry-After and a code
 * for each quota. Other tenants are not affected.
 *
 * Each isolate counts only what it has seen itself, so a tenant that n isolates serve may use up to n times its quota.
 * Shards that are offered too much refuse by themselves (docs/decisions/ingest/0028-quotas-per-isolate.md). Every tenant has
 * quotas: the defaults are above what an honest one reaches (docs/decisions/operate/0057-default-quotas.md).
 *
 * Each class of senders has allowances of its own, as large as the others', so that an import at its limit, or a flood with the
 * public key of a page, leaves the events of servers their room.
 */
import type { EventRecord, Sender } from '../core/event/event.ts';
import { LIMITS, SECOND_MS } from '../core/limits.ts';
import {
  type Allowance,
  DEFAULT_QUOTAS,
  fullAllowance,
  QUOTA_PERIOD_MS,
  spend,
  type TimedQuota,
} from '../core/tenant/quota.ts';
import type { Tenant } from '../core/tenant/tenant.ts';
import type { ShareKey } from '../http/authenticate.ts';
import { Problem } from '../http/problem.ts';
import type { ProblemCode } from '../wire/problem-codes.ts';

/**
 * The most allowances that are kept, some 100 bytes each. The oldest is forgotten, and begins anew with a full allowance.
 */
const REMEMBERED_MAX = 40_000;

/** The parts of a tenant that its quotas go by. */
export type QuotaTenant = Pick<Tenant, 'uid' | 'quotas' | 'storedBytes'>;

interface Use {
  readonly links?: number;
  readonly days?: number;
  readonly sender: Sender;
}

interface Told {
  readonly code: ProblemCode;
  readonly unit: string;
}

const TOLD: Readonly<Record<TimedQuota, Told>> = {
  eventsPerMinute: { code: 'quota-exceeded', unit: 'events a minute' },
  daysPerMinute: { code: 'days-quota-exceeded', unit: 'days of import chunks a minute' },
  questionsPerMinute: { code: 'questions-quota-exceeded', unit: 'questions a minute' },
  linksPerDay: { code: 'links-quota-exceeded', unit: 'events that link ids a day' },
};

export type LiveSender = Exclude<Sender, 'import'>;

export class Quotas {
  readonly #allowances = new Map<string, Allowance>();
  readonly #onRefused: (uid: string, code: ProblemCode) => void;
  /** Number of requests refused since the isolate started. */
  refused = 0;

  constructor(onRefused: (uid: string, code: ProblemCode) => void) {
    this.#onRefused = onRefused;
  }

  /**
   * Spends the events of a request, which is taken whole or not at all. Throws `quota-exceeded`, `storage-quota-exceeded`,
   * `days-quota-exceeded`, `request-over-quota`.
   */
  charge(tenant: QuotaTenant, events: number, nowMs: number, sender: Sender): void {
    this.#checkStored(tenant);
    // Days that are still owed refuse the next chunk before it is read.
    if (sender === 'import') this.#spend(tenant, 'daysPerMinute', 0, nowMs, sender);
    this.#spend(tenant, 'eventsPerMinute', events, nowMs, sender);
  }

  /** Spends events that may link two ids, and the days of an import's chunk. Throws `links-quota-exceeded`, `days-quota-exceeded`. */
  chargeFurther(tenant: QuotaTenant, { links = 0, days = 0, sender }: Use, nowMs: number): void {
    if (links > 0) this.#spend(tenant, 'linksPerDay', links, nowMs, sender);
    if (days > 0) this.#spend(tenant, 'daysPerMinute', days, nowMs, sender);
  }

  /** Spends a call that asks. Throws `questions-quota-exceeded`. */
  chargeQuestion(tenant: QuotaTenant, nowMs: number): void {
    this.#spend(tenant, 'questionsPerMinute', 1, nowMs, 'server');
  }

  /** Spends a call with a share link. Throws `share-quota-exceeded`. */
  chargeShare({ uid, hash }: ShareKey, nowMs: number): void {
    const limit = LIMITS.shareCallsPerMinute;
    const allowance = this.#allowanceOf(`share ${hash}`, () => fullAllowance(limit, nowMs));
    const waitMs = spend(allowance, limit, 1, nowMs);
    if (waitMs === 0) return;
    const detail = `A share link may be read ${limit} times a minute; wait, then read it again.`;
    throw this.#refusal(uid, 'share-quota-exceeded', detail, { limit, waitMs });
  }

  #checkStored({ uid, quotas, storedBytes = 0 }: QuotaTenant): void {
    const limit = quotas?.storedBytes ?? DEFAULT_QUOTAS.storedBytes;
    if (storedBytes < limit) return;
    const detail = `The tenant takes ${storedBytes} bytes of the database and may take ${limit}.`;
    throw this.#refusal(uid, 'storage-quota-exceeded', detail, { limit, waitMs: LIMITS.retryAfterMsMax });
  }

  #spend(tenant: QuotaTenant, name: TimedQuota, amount: number, nowMs: number, sender: Sender): void {
    const { uid, quotas } = tenant;
    const limit = quotas?.[name] ?? DEFAULT_QUOTAS[name];
    const { code, unit } = TOLD[name];
    if (amount > limit * LIMITS.quotaRequestFactorMax) throw this.#tooBig(uid, amount, { limit, unit });
    // A changed quota begins with a full allowance: one that was raised holds at once.
    const allowance = this.#allowanceOf(`${name} ${limit} ${sender} ${uid}`, () =>
      fullAllowance(limit, nowMs, QUOTA_PERIOD_MS[name]),
    );
    const waitMs = spend(allowance, limit, amount, nowMs, QUOTA_PERIOD_MS[name]);
    if (waitMs === 0) return;
    const detail = `The tenant may use ${limit} ${unit}; wait, then send the request again.`;
    throw this.#refusal(uid, code, detail, { limit, waitMs });
  }

  #allowanceOf(name: string, begin: () => Allowance): Allowance {
    const known = this.#allowances.get(name);
    if (known !== undefined) return known;
    if (this.#allowances.size >= REMEMBERED_MAX) {
      const { value: oldest } = this.#allowances.keys().next();
      if (oldest !== undefined) this.#allowances.delete(oldest);
    }
    const allowance = begin();
    this.#allowances.set(name, allowance);
    return allowance;
  }

  #tooBig(uid: string, amount: number, { limit, unit }: { readonly limit: number; readonly unit: string }): Problem {
    this.refused++;
    this.#onRefused(uid, 'request-over-quota');
    const factor = LIMITS.quotaRequestFactorMax;
    const detail = `The request has ${amount}; the tenant may use ${limit} ${unit}, and a request ${factor} times as many.`;
    return new Problem(413, 'request-over-quota', detail, { extra: { limit: limit * factor, met: amount } });
  }

  #refusal(
    uid: string,
    code: ProblemCode,
    detail: string,
    { limit, waitMs }: { readonly limit: number; readonly waitMs: number },
  ): Problem {
    this.refused++;
    this.#onRefused(uid, code);
    const seconds = Math.ceil(Math.min(waitMs, LIMITS.retryAfterMsMax) / SECOND_MS);
    return new Problem(429, code, detail, { headers: { 'retry-after': String(seconds) }, extra: { limit } });
  }
}

const LINKING: ReadonlySet<string | null> = new Set(['identify', 'alias']);

/** The number of events that may link two ids. */
export function countLinking(records: readonly Pick<EventRecord, 'strings'>[]): number {
  let count = 0;
  for (const { strings } of records) if (LINKING.has(strings.type)) count++;
  return count;
}
