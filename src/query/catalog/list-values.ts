/**
 * ListValues: the most frequent values of a property, for somebody who is typing one.
 *
 * The values are counted as a question with a breakdown counts them. The range is the widest of a few that a rollup
 * answers, or that holds at most `LIMITS.catalogRowsMax` events.
 */
import type { Condition } from '../../core/event/condition.ts';
import { LIMITS } from '../../core/limits.ts';
import { rollupPlans } from '../../core/query/question/plan.ts';
import type { Query } from '../../core/query/question/request.ts';
import { isoTime } from '../../core/std/instant.ts';
import { RowBudget } from '../../lake/scan/row-budget.ts';
import type { CatalogValues, CatalogValuesPage } from '../../wire/catalog.ts';
import { executeAll } from '../ask/execute.ts';
import { mustReport } from '../ask/report-problems.ts';
import type { Asking, QueryPorts } from '../view/asking.ts';

/** The widest first. */
const SPANS = ['30 days', '7 days', '24 hours', '1 hour'] as const;

/** `rowsMax`: stored rows that one count reads. */
export async function listValues(
  asking: Asking<QueryPorts>,
  page: CatalogValuesPage,
  rowsMax: number = LIMITS.catalogRowsMax,
): Promise<CatalogValues> {
  const { property, limit } = page;
  const queries = SPANS.map((last) => queryOf(asking, { ...questionOf(page), last }));
  for (const query of await fitting(asking, queries, rowsMax)) {
    // Each range has rows of its own: a wider one may have spent them in vain.
    const answered = await executeAll({ ...asking, budget: new RowBudget(rowsMax) }, [query]);
    if (!answered.ok) continue;
    const { series, meta } = answered.value[0]!;
    const valued = series.filter(({ key, other }) => !other && key[property] !== null);
    return {
      property,
      values: valued.slice(0, limit).map(({ key, total }) => ({ value: key[property]!, events: total ?? 0 })),
      more: valued.length > limit || series.some(({ other }) => other === true),
      range: { from: isoTime(query.startMs), to: isoTime(query.endMs) },
      exact: meta.estimated !== true && meta.sources.live.answered === meta.sources.live.shards,
    };
  }
  return { property, values: [], more: true, range: null, exact: false };
}

/** One group more than are listed, for the events without a value, and one that tells whether there are others. */
function questionOf({ property, event, prefix = '', limit }: CatalogValuesPage): object {
  return {
    measure: 'count',
    groupBy: [property],
    top: limit + 1,
    allowUnknown: true,
    bots: 'include',
    ...(event !== undefined && { events: [event] }),
    ...(prefix !== '' && { where: beginsWith(property, prefix) }),
  };
}

/** A number begins with no text: the one that is written whole is found. */
function beginsWith(property: string, prefix: string): Condition {
  return {
    or: [
      { property, op: 'startsWith', value: prefix, caseInsensitive: true },
      { property, op: 'eq', value: prefix },
    ],
  };
}

/** The queries worth asking: the widest of which a rollup has the answer or whose range is small, and the last resort. */
async function fitting(
  asking: Asking<QueryPorts>,
  queries: readonly Query[],
  rowsMax: number,
): Promise<readonly Query[]> {
  const [widest] = queries;
  const narrowest = queries.at(-1)!;
  if (rollupPlans(widest!, asking.tenant.rollups, asking.nowMs).length > 0) return queries;
  const counts = await countHours(asking, rowsMax);
  if (counts === null) return [narrowest];
  const fits = ({ startMs }: Query) =>
    counts.reduce((sum, { at, value }) => (Date.parse(at) >= startMs ? sum + (value ?? 0) : sum), 0) <= rowsMax;
  const fitting = queries.find(fits);
  return fitting === undefined || fitting === narrowest ? [narrowest] : [fitting, narrowest];
}

/** The number of events of each hour of the widest span; null when cells do not tell. */
async function countHours(asking: Asking<QueryPorts>, rowsMax: number) {
  const query = queryOf(asking, { measure: 'count', interval: 'hour', last: SPANS[0], bots: 'include' });
  const answered = await executeAll({ ...asking, budget: new RowBudget(rowsMax) }, [query]);
  return answered.ok ? answered.value[0]!.series[0]!.points : null;
}

function queryOf({ tenant, nowMs }: Asking<QueryPorts>, body: object): Query {
  return mustReport(body, tenant, nowMs).questions[0]!.query;
}
