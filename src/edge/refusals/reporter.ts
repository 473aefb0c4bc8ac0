/**
 * Reporter: hands the refusals of a request to the hub of its tenant, before the sender is answered.
 *
 * - An answer says what became of each event with or without the hub: a hub that fails, or is slow, costs the report alone.
 *   The refusals that reached no hub are counted, and the next report of the tenant from this isolate carries the count.
 * - A flood has a bounded number of reports under way; beyond it refusals are counted in the same way.
 * - A request without refusals never comes here.
 */
import { LIMITS } from '../../core/limits.ts';
import type { RefusalReport } from '../../core/live/refusal.ts';
import type { LiveOf } from '../../core/live/rpc.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';
import { logWarn } from '../../observe/log.ts';

export interface RefusalReporter {
  /** Never rejects. */
  report(tenant: Tenant, report: RefusalReport): Promise<void>;
}

/** Tenants whose counts are remembered. The oldest is forgotten. */
const TENANTS_MAX = 4_096;

interface Account {
  inFlight: number;
  unkept: number;
}

export class HubReporter implements RefusalReporter {
  readonly #liveOf: LiveOf;
  readonly #accounts = new Map<string, Account>();
  /** Refusals that reached no hub since the isolate started. */
  unkept = 0;

  constructor(liveOf: LiveOf) {
    this.#liveOf = liveOf;
  }

  async report(tenant: Tenant, report: RefusalReport): Promise<void> {
    const account = this.#accountOf(tenant.uid);
    if (account.inFlight >= LIMITS.refusalReportsInFlightMax) {
      this.#count(account, report);
      return;
    }
    const { unkept } = account;
    account.unkept = 0;
    account.inFlight++;
    try {
      await within(this.#liveOf(tenant.uid, tenant.regions[0]).note(report, unkept), LIMITS.refusalReportMsMax);
    } catch (cause) {
      account.unkept += unkept;
      this.#count(account, report);
      logWarn('edge.refusals', cause, { uid: tenant.uid });
    } finally {
      account.inFlight--;
    }
  }

  #count(account: Account, { items, more }: RefusalReport): void {
    account.unkept += items.length + more;
    this.unkept += items.length + more;
  }

  #accountOf(uid: string): Account {
    const known = this.#accounts.get(uid);
    if (known !== undefined) return known;
    if (this.#accounts.size >= TENANTS_MAX) this.#accounts.delete(this.#accounts.keys().next().value!);
    const account = { inFlight: 0, unkept: 0 };
    this.#accounts.set(uid, account);
    return account;
  }
}

async function within<T>(work: Promise<T>, timeMs: number): Promise<T> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`the hub did not answer within ${timeMs} ms`)), timeMs);
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
