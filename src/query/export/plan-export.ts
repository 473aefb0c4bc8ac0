/**
 * PlanExport: looks up all that an export needs before its first byte, or refuses it.
 *
 * steps: are the filter's names known → the people it asks for → read the shards' tails → count the days
 */
import type { StringColumn } from '../../core/event/event.ts';
import { DAY_MS, LIMITS } from '../../core/limits.ts';
import { dayOf, dayRange } from '../../core/std/day.ts';
import { ok, type Result } from '../../core/std/result.ts';
import type { Dropped } from '../../lake/manifest/dropped.ts';
import { readRange } from '../../lake/manifest/range.ts';
import type { ScanTail } from '../../lake/scan/scan.ts';
import { selectRows } from '../../lake/segment/columns.ts';
import { isNumberColumn } from '../../lake/segment/segment-schema.ts';
import { atHandFrom, checkNames } from '../open/known-names.ts';
import type { Asking } from '../view/asking.ts';
import { type Coverage, coverageOf, isFromAllShards } from '../view/coverage.ts';
import type { KnownPeople } from '../view/known-people.ts';
import { COPY_TEXTS } from '../view/lake-view.ts';
import { readLinkEvents } from '../view/link-events.ts';
import { asksPeople, knowPeople } from '../view/people-lookup.ts';
import { dayTooMixed, type ExportRefusal, exportTailTooLong, shardUnavailable, tooLarge } from '../view/refusal.ts';
import { visitTails } from '../view/tails.ts';
import { columnsRead, type ExportRequest, filterReads } from './export-request.ts';

export interface ExportPlan extends Pick<DayCounts, 'days' | 'dropped' | 'rowsMax' | 'importsVersion'> {
  readonly request: ExportRequest;
  readonly coverage: Coverage;
  /** The facts about people that the filter needs; null when it needs none. */
  readonly people: KnownPeople | null;
  readonly tails: readonly ScanTail[];
}

export async function planExport(asking: Asking, request: ExportRequest): Promise<Result<ExportPlan, ExportRefusal>> {
  const checked = await checkFilter(asking, request);
  if (!checked.ok) return checked;
  const people = await filterPeople(asking, request);
  if (!people.ok) return people;
  const tails = new Tails(request.range);
  const texts = [...columnsRead(request)].filter((column): column is StringColumn => !isNumberColumn(column));
  const states = await visitTails(asking, new Set([...texts, ...COPY_TEXTS]), (tail) => tails.add(tail));
  if (states.includes(null)) return shardUnavailable();
  if (tails.isTooLong) return exportTailTooLong();
  const { mixedRows, ...counts } = await countDays(asking, request, tails);
  if (mixedRows > LIMITS.mixedRowsMax) return dayTooMixed(mixedRows);
  const coverage = coverageOf(states, request.range, asking.nowMs);
  return ok({ request, coverage, people: people.value, tails: tails.list, ...counts });
}

async function checkFilter(asking: Asking, request: ExportRequest): Promise<Result<null, ExportRefusal>> {
  if (request.range.allowUnknown) return ok(null);
  const { names, events } = filterReads(request);
  return checkNames(asking, { event: events, property: names }, atHandFrom(asking));
}

/**
 * null when the filter needs no facts about people. A shard that does not reply may hold links, so the filter would
 * differ.
 */
async function filterPeople(
  asking: Asking,
  request: ExportRequest,
): Promise<Result<KnownPeople | null, ExportRefusal>> {
  const { asks } = filterReads(request);
  if (!asksPeople(asks)) return ok(null);
  const { links, states } = await readLinkEvents(asking);
  if (states.includes(null)) return shardUnavailable();
  const people = await knowPeople(asking, links, asks);
  if (!people.ok) return people;
  // An export gives days in their order, each with all of its people.
  if (people.value.next !== null) return tooLarge('An export can look up traits or cohorts of fewer people.');
  return people.value.coverages.every(isFromAllShards) ? people : shardUnavailable();
}

/** The rows of the tails on the days of the range, bounded: a copy of an event in the range may lie outside of it. */
class Tails {
  readonly list: ScanTail[] = [];
  readonly #startMs: number;
  readonly #endMs: number;
  #rowCount = 0;

  constructor(range: { readonly startMs: number; readonly endMs: number }) {
    const { dayFrom, dayTo } = dayRange(range);
    this.#startMs = dayFrom * DAY_MS;
    this.#endMs = (dayTo + 1) * DAY_MS;
  }

  get isTooLong(): boolean {
    return this.#rowCount > LIMITS.exportTailEventsMax;
  }

  /** A block that a second reading shows again is held twice; the scan drops the copies by their ids. */
  add(tail: ScanTail): void {
    const { at } = tail.columns;
    const rows: number[] = [];
    for (let row = 0; row < at.length; row++) {
      if (at[row]! >= this.#startMs && at[row]! < this.#endMs) rows.push(row);
    }
    if (rows.length === 0) return;
    this.#rowCount += rows.length;
    if (!this.isTooLong) this.list.push({ ...tail, columns: selectRows(tail.columns, Uint32Array.from(rows)) });
  }
}

interface DayCounts {
  /** Days with events, ascending. */
  readonly days: readonly number[];
  readonly dropped: Dropped;
  /** Bound of the rows of the file: copies and events that the filter leaves out are still counted. */
  readonly rowsMax: number;
  /** Rows that no seal covers, of the day with most of them. */
  readonly mixedRows: number;
  /** Tells the state of the imports of the range. */
  readonly importsVersion: string | null;
}

async function countDays({ ports, tenant }: Asking, { range }: ExportRequest, tails: Tails): Promise<DayCounts> {
  const wanted = { uid: tenant.uid, rollupId: null, ...dayRange(range), grain: 'day', wantsImports: true } as const;
  const { days: sealedDays, uncovered, dropped, importsVersion } = await readRange(ports.db, wanted);
  const sealedRows = new Map(sealedDays.map(({ day, events }) => [day, events]));
  const mixedRows = new Map<number, number>();
  const add = (day: number, rowCount: number) => mixedRows.set(day, (mixedRows.get(day) ?? 0) + rowCount);
  for (const { day, rowCount } of uncovered) add(day, rowCount);
  for (const { columns } of tails.list) for (const atMs of columns.at) add(dayOf(atMs), 1);
  const days = [...new Set([...sealedRows.keys(), ...mixedRows.keys()])]
    .filter((day) => day >= dropped.lake.dayBefore)
    .sort((left, right) => left - right);
  const rowsOf = (day: number) => (sealedRows.get(day) ?? 0) + (mixedRows.get(day) ?? 0);
  return {
    days,
    dropped,
    importsVersion,
    rowsMax: days.reduce((sum, day) => sum + rowsOf(day), 0),
    mixedRows: days.reduce((most, day) => Math.max(most, mixedRows.get(day) ?? 0), 0),
  };
}
