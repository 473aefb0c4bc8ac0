// Fake hubs: the refusals of each tenant in memory. Nobody watches.
import type { WatchRpc } from '../../durable-objects/live.ts';
import {
  fitsRefusal,
  type KeptRefusal,
  type RefusalReport,
  type RefusalsReply,
  type RefusalsRequest,
  refOf,
} from '../../src/core/live/refusal.ts';
import type { LiveOf } from '../../src/core/live/rpc.ts';
import {
  mergedCounts,
  type ThrottleCount,
  type ThrottledRequest,
  type ThrottleHour,
  throttledSpans,
  withThrottle,
} from '../../src/core/live/throttle.ts';
import { WATCH_HEADER, type WatchSpec } from '../../src/core/live/watch.ts';

export class FakeHubs {
  readonly reports = new Map<string, RefusalReport[]>();
  readonly throttled = new Map<string, readonly ThrottleCount[]>();
  readonly watched: WatchSpec[] = [];
  readonly ended: string[] = [];
  unkept = 0;
  /** The answer to a watcher. */
  answer: () => Response = () => new Response('', { headers: { 'content-type': 'text/event-stream' } });
  /** Called before each call; it may throw, or never return. */
  fault: () => Promise<void> | void = () => {};

  readonly of: LiveOf<WatchRpc> = (uid) => ({
    note: async (report: RefusalReport, unkept: number) => {
      await this.fault();
      this.unkept += unkept;
      this.reports.set(uid, [...(this.reports.get(uid) ?? []), structuredClone(report)]);
    },
    refusals: async (request: RefusalsRequest): Promise<RefusalsReply> => {
      await this.fault();
      const { limit, before } = request;
      const all = this.#kept(uid);
      const start = all.findIndex(({ ref }) => ref === before) + 1;
      const fitting = all.slice(start).filter((kept) => fitsRefusal(request, kept));
      const refusals = fitting.slice(0, limit);
      const next = fitting.length > limit ? (refusals.at(-1)?.ref ?? null) : null;
      const sinceMs = this.reports.get(uid)?.[0]?.receivedAtMs ?? null;
      return { refusals, next, kept: all.length, sinceMs, notKept: this.unkept };
    },
    countThrottled: async (counts: readonly ThrottleCount[]) => {
      await this.fault();
      this.throttled.set(uid, mergedCounts([...(this.throttled.get(uid) ?? []), ...structuredClone(counts)]));
    },
    throttled: async (request: ThrottledRequest) => {
      await this.fault();
      const hours: ThrottleHour[] = (this.throttled.get(uid) ?? []).map((count) => withThrottle(undefined, count));
      return throttledSpans(hours, request);
    },
    fetch: async (request: Request) => {
      await this.fault();
      this.watched.push(JSON.parse(decodeURIComponent(request.headers.get(WATCH_HEADER) ?? '')));
      return this.answer();
    },
    endKeys: async (keyIds: readonly string[]) => {
      await this.fault();
      this.ended.push(...keyIds);
    },
    wipe: async () => {
      await this.fault();
      this.reports.delete(uid);
      this.throttled.delete(uid);
    },
  });

  #kept(uid: string): KeptRefusal[] {
    const reports = this.reports.get(uid) ?? [];
    const kept = reports.flatMap(({ items, more: _more, ...common }, report) =>
      items.map((item, i) => ({ ...common, ...item, ref: refOf({ report, item: i }) })),
    );
    return kept.reverse();
  }
}
