/** EventVolumes: how many events of a range have each name, from the cells that every tenant has. */
import { columnName } from '../../core/event/property.ts';
import { LIMITS } from '../../core/limits.ts';
import { executeAll } from '../ask/execute.ts';
import { mustReport } from '../ask/report-problems.ts';
import type { Asking, QueryPorts } from '../view/asking.ts';

export interface EventVolumes {
  readonly startMs: number;
  readonly endMs: number;
  /** null when the range holds too many events to be counted without cells. */
  readonly byName: ReadonlyMap<string, number> | null;
  /** All events of the range; null when they are not counted. */
  readonly total: number | null;
}

/** A page of the ranking holds as many as a question lists. */
const PAGES_MAX = Math.ceil(LIMITS.namesKeptMax / LIMITS.queryTopMax);
const EVENT_NAME = columnName('event');

/** `last`: a span such as "30 days". Throws 400 `last-invalid` or `range-too-wide`. */
export async function countEvents(asking: Asking<QueryPorts>, last: string): Promise<EventVolumes> {
  const body = { measure: 'count', groupBy: [EVENT_NAME], last, top: LIMITS.queryTopMax, bots: 'include' };
  const { query } = mustReport(body, asking.tenant, asking.nowMs).questions[0]!;
  const { startMs, endMs } = query;
  const byName = new Map<string, number>();
  let total = 0;
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    const asked = cursor === undefined ? query : pageOf(asking, { ...body, cursor });
    const answered = await executeAll(asking, [asked]);
    if (!answered.ok) return { startMs, endMs, byName: null, total: null };
    const [answer] = answered.value;
    // The remainder is counted once, with the first page, because later pages list it.
    for (const { key, other, total: count } of answer!.series) {
      const name = key[EVENT_NAME];
      if (!other && name != null) byName.set(name, count ?? 0);
      if (page === 0) total += count ?? 0;
    }
    cursor = answer!.cursor;
    if (cursor === undefined) break;
  }
  return { startMs, endMs, byName, total };
}

function pageOf({ tenant, nowMs }: Asking<QueryPorts>, body: object) {
  return mustReport(body, tenant, nowMs).questions[0]!.query;
}
