/**
 * Dropped: the expired data of a tenant: for each tier the day before which nothing counts any more.
 *
 *   hour, day   sealed cells of that grain
 *   lake        events: segments, and everything that is stored or sent for such a day later
 *   event       events of one name
 *
 * It only ever grows. Every reader applies it, so that rows which are still there or come back do not count (CORRECTNESS A5).
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { dayText } from '../../core/std/day.ts';
import type { DROP_TIERS } from '../../core/tenant/expiry.ts';

/** A day before and a day after every day of an event. */
export const DAY_MIN = -1_000_000;
export const DAY_MAX = 1_000_000;

export type Tier = (typeof DROP_TIERS)[number];

/** Something was dropped from the days [dayFrom, dayBefore). Nothing before dayBefore counts. */
export interface DroppedDays {
  readonly dayFrom: number;
  readonly dayBefore: number;
}
export interface Dropped {
  readonly hour: DroppedDays;
  readonly day: DroppedDays;
  readonly lake: DroppedDays;
  /** The dropped days of each expired event name. */
  readonly events: ReadonlyMap<string, DroppedDays>;
}

/** A part of the range that an answer lacks, because retention has dropped it. */
export interface DroppedRange {
  /** Days are written like 2026-07-01; `before` is exclusive. */
  readonly from: string;
  readonly before: string;
  /** Only events of these names are lacking; absent when all events are. */
  readonly events?: readonly string[];
}

/** An expression: the day before which no event of the tenant counts. Parameter 1 is the uid. */
export const LAKE_DROPPED = `COALESCE((SELECT r.day_before FROM dropped r WHERE r.uid = ?1 AND r.tier = 'lake' AND r.name = ''), ${DAY_MIN})`;

const NOTHING: DroppedDays = { dayFrom: DAY_MIN, dayBefore: DAY_MIN };

export interface DroppedRow extends DroppedDays {
  readonly tier: Tier;
  readonly name: string;
}

export function selectDropped(db: D1Database, uid: string): D1PreparedStatement {
  return db
    .prepare(
      'SELECT tier, name, day_from AS dayFrom, day_before AS dayBefore FROM dropped WHERE uid = ?1 ORDER BY tier, name',
    )
    .bind(uid);
}

export function droppedOf({ results }: Pick<D1Result<unknown>, 'results'>): Dropped {
  const rows = results as DroppedRow[];
  const tier = (wanted: Tier) => rows.find((row) => row.tier === wanted) ?? NOTHING;
  const events = rows.filter((row) => row.tier === 'event').map((row): [string, DroppedDays] => [row.name, row]);
  return { hour: tier('hour'), day: tier('day'), lake: tier('lake'), events: new Map(events) };
}

/** Names of events that have expired by the day, in order. */
export function expiredNames({ events }: Pick<Dropped, 'events'>, day: number): string[] {
  return [...events].filter(([, { dayBefore }]) => day < dayBefore).map(([name]) => name);
}

/** The dropped part of the days [from, to]; null when nothing was dropped. */
export function droppedRange({ dayFrom, dayBefore }: DroppedDays, from: number, to: number): DroppedRange | null {
  if (from >= dayBefore || to < dayFrom) return null;
  return { from: dayText(Math.max(from, dayFrom)), before: dayText(Math.min(to + 1, dayBefore)) };
}

/** The same for events by name: one range that spans the days of all of them. */
export function eventsDropped(events: Dropped['events'], from: number, to: number): DroppedRange | null {
  const ranges = [...events].flatMap(([name, days]) => {
    const range = droppedRange(days, from, to);
    return range === null ? [] : [{ name, ...range }];
  });
  if (ranges.length === 0) return null;
  return {
    from: ranges.map((range) => range.from).sort()[0]!,
    before: ranges
      .map((range) => range.before)
      .sort()
      .at(-1)!,
    events: ranges.map(({ name }) => name),
  };
}

/** The rows of one day whose event still counts. The batch must have the column `event` when any name has expired. */
export function withoutExpired(
  { strings }: Pick<EventColumns, 'strings'>,
  rows: Uint32Array,
  events: Dropped['events'],
  day: number,
): Uint32Array {
  if (events.size === 0) return rows;
  const names = new Set<string | null>(expiredNames({ events }, day));
  return names.size === 0 ? rows : rows.filter((row) => !names.has(strings.event?.[row] ?? null));
}
