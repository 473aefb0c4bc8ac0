/**
 * LiveHub: the Durable Object of a tenant that shows what arrives to those who watch, and keeps what was refused and why.
 *
 * - A refusal is durable when `note` answers, and the edge awaits that before it answers the sender. A flood is bounded:
 *   reports beyond a rate are counted in memory, and the count is written by the next report that is kept, or by the alarm.
 * - The hub looks at the shards while somebody watches, and not at all otherwise: a look serves all watchers. The alarm
 *   looks for some seconds and is set again; after a crash the platform runs it anew.
 * - What was refused for now is kept as a number by code and minute.
 * - The alarm drops what is old. A hub that keeps nothing any more leaves no storage behind.
 */
import { DurableObject } from 'cloudflare:workers';
import { HOUR_MS, LIMITS, MINUTE_MS } from '../src/core/limits.ts';
import type { RefusalReport, RefusalsReply, RefusalsRequest } from '../src/core/live/refusal.ts';
import type { LiveOf, LiveRpc } from '../src/core/live/rpc.ts';
import type { ThrottleCount, ThrottledRequest, ThrottledSpan } from '../src/core/live/throttle.ts';
import { WATCH_HEADER, type WatchSpec } from '../src/core/live/watch.ts';
import { assert } from '../src/core/std/result.ts';
import { fullAllowance, spend } from '../src/core/tenant/quota.ts';
import { logError } from '../src/observe/log.ts';
import { directoryOf } from './directory.ts';
import { LiveFeed } from './live-feed.ts';
import { LiveLook } from './live-look.ts';
import { LiveStore } from './live-store.ts';
import { LiveWatchers } from './live-watchers.ts';
import { shardOf } from './shard-of.ts';
import { ThrottleStore } from './throttle-store.ts';

/** The hub as the route of the stream sees it. */
export interface WatchRpc extends LiveRpc {
  /** Lets a watcher in: a WebSocket for a request that asks for one, else a stream of events. The request carries a WatchSpec. */
  fetch(request: Request): Promise<Response>;
}

export interface LiveEnv {
  readonly SHARD: DurableObjectNamespace;
  readonly DIRECTORY: DurableObjectNamespace;
}

const BROWSER_REPORTS_MAX = LIMITS.refusalReportsPerPeriod / 2;

export class LiveHub extends DurableObject<LiveEnv> implements WatchRpc {
  readonly #store = new LiveStore(this.ctx.storage.sql);
  readonly #throttles = new ThrottleStore(this.ctx.storage.sql);
  readonly #feed = new LiveFeed(this.#store);
  readonly #look: LiveLook;
  readonly #watchers: LiveWatchers;
  readonly #allowance = fullAllowance(LIMITS.refusalReportsPerPeriod, Date.now(), LIMITS.refusalReportsPeriodMs);
  /** Anybody has a browser's key: a flood of its refusals leaves room for those of servers. */
  readonly #browserAllowance = fullAllowance(BROWSER_REPORTS_MAX, Date.now(), LIMITS.refusalReportsPeriodMs);
  /** Refusals that were counted and are not written yet. */
  #unkept = 0;
  /** Set once the storage is erased: this instance keeps nothing until it is evicted. */
  #isWiped = false;
  #isLooking = false;
  #beatAtMs = 0;
  /** The time of the alarm as this instance knows it; null when none is set. */
  #alarmAtMs: number | null = null;

  constructor(ctx: DurableObjectState, env: LiveEnv) {
    super(ctx, env);
    this.#look = new LiveLook(shardOf(env.SHARD), directoryOf(env.DIRECTORY));
    this.#watchers = new LiveWatchers(ctx);
    this.#store.open();
    this.#throttles.open();
    ctx.blockConcurrencyWhile(async () => {
      this.#alarmAtMs = await ctx.storage.getAlarm();
      await this.#arm(Date.now());
    });
  }

  async note(report: RefusalReport, unkept: number): Promise<void> {
    if (this.#isWiped) return;
    const nowMs = Date.now();
    this.#unkept += unkept + report.more;
    if (this.#hasAllowance(report.keyClass, nowMs)) {
      this.#store.addUnkept(this.#takeUnkept(), nowMs);
      this.#store.saveReport(report);
    } else this.#unkept += report.items.length;
    await this.#arm(nowMs);
  }

  async refusals(request: RefusalsRequest): Promise<RefusalsReply> {
    const reply = this.#store.refusals(request, Date.now());
    return { ...reply, notKept: reply.notKept + this.#unkept };
  }

  async countThrottled(counts: readonly ThrottleCount[]): Promise<void> {
    if (this.#isWiped) return;
    this.#throttles.add(counts);
    await this.#arm(Date.now());
  }

  async throttled(request: ThrottledRequest): Promise<readonly ThrottledSpan[]> {
    return this.#isWiped ? [] : this.#throttles.spans(request);
  }

  override async fetch(request: Request): Promise<Response> {
    const spec = parseSpec(request.headers.get(WATCH_HEADER));
    const nowMs = Date.now();
    if (this.#isWiped) return refused(410);
    if (this.#watchers.count >= LIMITS.liveWatchersMax) return refused(429);
    const { uid, after, filter, ticket } = spec;
    if (ticket !== null && !this.#store.spendTicket(ticket.name, ticket.expiresAtMs, nowMs)) return refused(401);
    this.#feed.open(uid, nowMs);
    const welcome = this.#feed.welcome(after, filter, nowMs);
    const isSocket = request.headers.get('upgrade')?.toLowerCase() === 'websocket';
    const response = isSocket
      ? this.#watchers.acceptSocket(spec, welcome, nowMs)
      : this.#watchers.acceptStream(spec, welcome, nowMs);
    await this.#arm(nowMs);
    return response;
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    if (typeof message === 'string') this.#watchers.acknowledge(socket, message);
  }

  override webSocketClose(socket: WebSocket): void {
    this.#watchers.forget(socket);
  }

  override webSocketError(socket: WebSocket): void {
    this.#watchers.forget(socket);
  }

  async endKeys(keyIds: readonly string[]): Promise<void> {
    this.#watchers.closeOfKeys(keyIds);
  }

  async wipe(): Promise<void> {
    this.#isWiped = true;
    this.#watchers.closeAll('ended');
    await this.ctx.storage.deleteAll();
  }

  override async alarm(): Promise<void> {
    this.#alarmAtMs = null;
    if (this.#isWiped) return;
    try {
      await this.#tidy(Date.now());
      await this.#watch();
    } catch (cause) {
      logError('live.alarm', cause, { uid: this.#store.uid });
      await scheduler.wait(LIMITS.livePollMs);
    }
    if (!this.#isWiped) await this.#arm(Date.now());
  }

  /** Writes what was counted and drops what is old. */
  async #tidy(nowMs: number): Promise<void> {
    this.#store.addUnkept(this.#takeUnkept(), nowMs);
    this.#store.dropBefore(nowMs - LIMITS.refusalsKeptMs);
    this.#throttles.dropBefore(nowMs - LIMITS.throttleKeptMs);
    if (!this.#isUnwatched(nowMs)) return;
    if (this.#store.isEmpty && this.#throttles.oldestMs === null) await this.#leave();
    else this.#forgetRounds();
  }

  #forgetRounds(): void {
    this.#store.saveEnd();
    this.#feed.close();
  }

  /** Looks at the shards for some seconds, as long as somebody watches. */
  async #watch(): Promise<void> {
    const { uid } = this.#store;
    if (this.#isLooking || uid === null || this.#watchers.count === 0) return;
    this.#isLooking = true;
    const untilMs = Date.now() + LIMITS.liveSpanMs;
    try {
      this.#feed.open(uid, Date.now());
      while (this.#watchers.count > 0 && !this.#isWiped && Date.now() < untilMs) {
        const startedMs = Date.now();
        await this.#round(uid);
        await scheduler.wait(Math.max(0, startedMs + LIMITS.livePollMs - Date.now()));
      }
      if (!this.#isWiped) this.#store.saveWatchedUntil(Date.now());
    } finally {
      this.#isLooking = false;
    }
  }

  async #round(uid: string): Promise<void> {
    const { shards } = this.#feed.positions;
    const look = await this.#look.look(uid, shards, Date.now() - LIMITS.liveWindowMs);
    if (this.#isWiped) return;
    const nowMs = Date.now();
    const round = this.#feed.add(look, nowMs);
    if (round !== null) this.#watchers.send((filter) => this.#feed.tick(round, filter, nowMs));
    if (nowMs - this.#beatAtMs >= LIMITS.liveBeatMs) {
      this.#beatAtMs = nowMs;
      this.#watchers.send(() => this.#feed.beat(nowMs));
    }
    this.#watchers.closeOpenedBefore(nowMs - LIMITS.liveConnectionMsMax);
  }

  /** Whether the time is over in which a watcher may come back and go on. */
  #isUnwatched(nowMs: number): boolean {
    return this.#watchers.count === 0 && nowMs - this.#store.watchedUntilMs > LIMITS.liveWindowMs;
  }

  #hasAllowance(keyClass: RefusalReport['keyClass'], nowMs: number): boolean {
    const { refusalReportsPerPeriod: quota, refusalReportsPeriodMs: periodMs } = LIMITS;
    const isBeyond =
      keyClass === 'browser' && spend(this.#browserAllowance, BROWSER_REPORTS_MAX, 1, nowMs, periodMs) > 0;
    return !isBeyond && spend(this.#allowance, quota, 1, nowMs, periodMs) === 0;
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
    this.#throttles.open();
    this.#feed.close();
  }

  /** Moves the alarm to an earlier time when it is due earlier; never otherwise, because each move writes a row. */
  async #arm(nowMs: number): Promise<void> {
    const dueMs = this.#dueMs(nowMs);
    if (dueMs === Number.POSITIVE_INFINITY || (this.#alarmAtMs !== null && this.#alarmAtMs <= dueMs)) return;
    this.#alarmAtMs = dueMs;
    await this.ctx.storage.setAlarm(dueMs);
  }

  #dueMs(nowMs: number): number {
    if (this.#watchers.count > 0 && !this.#isLooking) return nowMs;
    const { oldestMs, uid, watchedUntilMs } = this.#store;
    const never = Number.POSITIVE_INFINITY;
    const dropMs = oldestMs === null ? never : oldestMs + LIMITS.refusalsKeptMs + MINUTE_MS;
    const throttledMs = this.#throttles.oldestMs;
    const forgetMs = throttledMs === null ? never : throttledMs + LIMITS.throttleKeptMs + HOUR_MS;
    const countMs = this.#unkept > 0 ? nowMs + LIMITS.refusalReportsPeriodMs : never;
    const leaveMs = uid === null ? never : watchedUntilMs + LIMITS.liveWindowMs + MINUTE_MS;
    return Math.max(nowMs, Math.min(dropMs, forgetMs, countMs, leaveMs));
  }
}

/** The edge alone reaches a hub, and sends a spec with every request. */
function parseSpec(header: string | null): WatchSpec {
  assert(header !== null, 'a request to a hub has no spec');
  return JSON.parse(decodeURIComponent(header)) as WatchSpec;
}

/** An answer of the hub that the edge turns into a problem. */
function refused(status: number): Response {
  return new Response(null, { status });
}

/** Reaches a tenant's hub by its uid. */
export function liveOf(namespace: DurableObjectNamespace): LiveOf<WatchRpc> {
  return (uid, region) => {
    const hint = region === undefined ? {} : { locationHint: region as DurableObjectLocationHint };
    return namespace.get(namespace.idFromName(uid), hint) as unknown as WatchRpc;
  };
}
