// Fake hubs: the refusals of each tenant in memory. Nobody watches.
import {
  fitsRefusal,
  type KeptRefusal,
  type LiveOf,
  type RefusalReport,
  type RefusalsReply,
  type RefusalsRequest,
  refOf,
} from '../../src/core/live/refusal.ts';

export class FakeHubs {
  readonly reports = new Map<string, RefusalReport[]>();
  unkept = 0;
  /** Called before each call; it may throw, or never return. */
  fault: () => Promise<void> | void = () => {};

  readonly of: LiveOf = (uid) => ({
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
    wipe: async () => {
      await this.fault();
      this.reports.delete(uid);
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
