/**
 * Throttle counter: counts in memory what an isolate refuses for now, and tells the hub of each tenant now and then.
 *
 * - A refusal costs an addition. The first one of a tenant starts a wait, after which one call tells all that came meanwhile: a
 *   flood costs an isolate one call in that time, however large it is, and no sender waits for it.
 * - The wait outlives the answer, because the platform keeps an isolate for it. One that is killed within it loses its counts.
 * - Counts that reached no hub are told with the next ones.
 */
import { LIMITS, MINUTE_MS } from '../core/limits.ts';
import type { LiveOf } from '../core/live/rpc.ts';
import { mergedCounts, type ThrottleCount, type Throttles } from '../core/live/throttle.ts';
import type { Tenant } from '../core/tenant/tenant.ts';
import { logWarn } from '../observe/log.ts';

export interface ThrottlePorts {
  readonly liveOf: LiveOf;
  readonly tenants: { byUid(uid: string): Promise<{ readonly tenant: Tenant } | null> };
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<unknown>;
  /** Lets work go on after the answer. */
  readonly background: (work: Promise<unknown>) => void;
}

/** Tenants whose counts wait. Those of another one are dropped. */
const TENANTS_MAX = 4_096;

interface Account {
  readonly counts: Map<string, ThrottleCount>;
  isWaiting: boolean;
}

export class ThrottleCounter implements Throttles {
  readonly #ports: ThrottlePorts;
  readonly #accounts = new Map<string, Account>();

  constructor(ports: ThrottlePorts) {
    this.#ports = ports;
  }

  count(uid: string, code: string): void {
    const account = this.#accountOf(uid);
    if (account === null) return;
    const minute = Math.floor(this.#ports.now() / MINUTE_MS);
    const name = `${minute} ${code}`;
    account.counts.set(name, { code, minute, requests: (account.counts.get(name)?.requests ?? 0) + 1 });
    if (account.isWaiting) return;
    account.isWaiting = true;
    this.#ports.background(this.#tellLater(uid, account));
  }

  async #tellLater(uid: string, account: Account): Promise<void> {
    await this.#ports.wait(LIMITS.throttleTellMs);
    const counts = mergedCounts([...account.counts.values()]);
    account.counts.clear();
    account.isWaiting = false;
    try {
      await this.#tell(uid, counts);
      if (account.counts.size === 0) this.#accounts.delete(uid);
    } catch (cause) {
      const left = mergedCounts([...counts, ...account.counts.values()]);
      account.counts.clear();
      for (const count of left) account.counts.set(`${count.minute} ${count.code}`, count);
      logWarn('live.throttles', cause, { uid });
    }
  }

  async #tell(uid: string, counts: readonly ThrottleCount[]): Promise<void> {
    const known = await this.#ports.tenants.byUid(uid);
    if (known !== null) await this.#ports.liveOf(uid, known.tenant.regions[0]).countThrottled(counts);
  }

  #accountOf(uid: string): Account | null {
    const known = this.#accounts.get(uid);
    if (known !== undefined) return known;
    if (this.#accounts.size >= TENANTS_MAX) return null;
    const account = { counts: new Map(), isWaiting: false };
    this.#accounts.set(uid, account);
    return account;
  }
}
