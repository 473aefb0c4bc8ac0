/**
 * LiveHub: the Durable Object of a tenant that keeps what was refused and why.
 *
 * - A refusal is durable when `note` answers, and the edge awaits that before it answers the sender.
 * - A flood is bounded: reports beyond a rate are counted in memory, and the count is written by the next report that is
 *   kept, or by the alarm.
 * - The alarm drops what is a day old. A hub that keeps nothing any more leaves no storage behind.
 */
import { DurableObject } from 'cloudflare:workers';
import { LIMITS, MINUTE_MS } from '../src/core/limits.ts';
import type { LiveOf, LiveRpc, RefusalReport, RefusalsReply, RefusalsRequest } from '../src/core/live/refusal.ts';
import { fullAllowance, spend } from '../src/core/tenant/quota.ts';
import { LiveStore } from './live-store.ts';

export interface LiveEnv {
  readonly SHARD: DurableObjectNamespace;
  readonly DIRECTORY: DurableObjectNamespace;
}

export class LiveHub extends DurableObject<LiveEnv> implements LiveRpc {
  readonly #store = new LiveStore(this.ctx.storage.sql);
  readonly #allowance = fullAllowance(LIMITS.refusalReportsPerPeriod, Date.now(), LIMITS.refusalReportsPeriodMs);
  /** Refusals that were counted and are not written yet. */
  #unkept = 0;
  /** Set once the storage is erased: this instance keeps nothing until it is evicted. */
  #isWiped = false;
  /** The time of the alarm as this instance knows it; null when none is set. */
  #alarmAtMs: number | null = null;

  constructor(ctx: DurableObjectState, env: LiveEnv) {
    super(ctx, env);
    this.#store.open();
    ctx.blockConcurrencyWhile(async () => {
      this.#alarmAtMs = await ctx.storage.getAlarm();
    });
  }

  async note(report: RefusalReport, unkept: number): Promise<void> {
    if (this.#isWiped) return;
    const nowMs = Date.now();
    this.#unkept += unkept + report.more;
    if (this.#hasAllowance(nowMs)) {
      this.#store.addUnkept(this.#takeUnkept(), nowMs);
      this.#store.saveReport(report);
    } else this.#unkept += report.items.length;
    await this.#arm(nowMs);
  }

  async refusals(request: RefusalsRequest): Promise<RefusalsReply> {
    const reply = this.#store.refusals(request, Date.now());
    return { ...reply, notKept: reply.notKept + this.#unkept };
  }

  async wipe(): Promise<void> {
    this.#isWiped = true;
    await this.ctx.storage.deleteAll();
  }

  override async alarm(): Promise<void> {
    this.#alarmAtMs = null;
    if (this.#isWiped) return;
    const nowMs = Date.now();
    this.#store.addUnkept(this.#takeUnkept(), nowMs);
    this.#store.dropBefore(nowMs - LIMITS.refusalsKeptMs);
    if (this.#store.isEmpty) await this.#leave();
    else await this.#arm(nowMs);
  }

  #hasAllowance(nowMs: number): boolean {
    const { refusalReportsPerPeriod: quota, refusalReportsPeriodMs: periodMs } = LIMITS;
    return spend(this.#allowance, quota, 1, nowMs, periodMs) === 0;
  }

  #takeUnkept(): number {
    const count = this.#unkept;
    this.#unkept = 0;
    return count;
  }

  /** Erases the storage and makes it anew for what comes next. */
  async #leave(): Promise<void> {
    await this.ctx.storage.deleteAll();
    this.#store.open();
  }

  /** Moves the alarm to an earlier time when it is due earlier; never otherwise, because each move writes a row. */
  async #arm(nowMs: number): Promise<void> {
    const oldestMs = this.#store.oldestMs();
    const dropMs = oldestMs === null ? Number.POSITIVE_INFINITY : oldestMs + LIMITS.refusalsKeptMs + MINUTE_MS;
    const countMs = this.#unkept > 0 ? nowMs + LIMITS.refusalReportsPeriodMs : Number.POSITIVE_INFINITY;
    const dueMs = Math.min(dropMs, countMs);
    if (dueMs === Number.POSITIVE_INFINITY || (this.#alarmAtMs !== null && this.#alarmAtMs <= dueMs)) return;
    this.#alarmAtMs = dueMs;
    await this.ctx.storage.setAlarm(dueMs);
  }
}

/** Reaches a tenant's hub by its uid. */
export function liveOf(namespace: DurableObjectNamespace): LiveOf {
  return (uid, region) => {
    const hint = region === undefined ? {} : { locationHint: region as DurableObjectLocationHint };
    return namespace.get(namespace.idFromName(uid), hint) as unknown as LiveRpc;
  };
}
