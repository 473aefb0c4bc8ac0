/**
 * Table: an answer as a formula reckons with it: lines by key, each with its total and its points.
 *
 * - A formula is worked out point by point and key by key, and once more for the totals: `a / b` has the ratio of the
 *   totals as its total, not the mean of ratios.
 * - Dividing by zero gives null, and so does anything with null in it.
 * - A key that one of two tables does not list: 0 where its question counts or sums and has listed all keys; else it is
 *   not known (it may be among the rest), so null. The series of the rest is left out.
 * - An answer without groups meets each line of the other; two with groups must have the same ones.
 * - `cumulative` and `movingAverage` go along the points; their total is their last point. A moving average takes the
 *   mean of the last n points as far as there are so many; null is passed over.
 */
import { LIMITS } from '../../limits.ts';
import { err, ok, type Result } from '../../std/result.ts';
import { compareCodePoints } from '../../std/text.ts';
import type { Series } from '../fold/answer.ts';
import type { Query } from '../question/request.ts';
import type { Formula, Operator } from './formula.ts';

type Value = number | null;

interface Line {
  readonly key: Series['key'];
  readonly total: Value;
  readonly points: readonly Value[];
}
export interface Table {
  readonly groupBy: readonly string[];
  /** Starts of the buckets; empty without an interval. */
  readonly ats: readonly string[];
  readonly lines: ReadonlyMap<string, Line>;
  /** The value of a key that is not listed. */
  readonly absent: Value;
}
/** A formula of numbers alone is a number. */
type Reckoned = { readonly number: number | null } | Table;

export interface NamedTables {
  readonly now: ReadonlyMap<string, Table>;
  /** Of questions that are compared with an earlier period, its points under the names of the later one's. */
  readonly previous: ReadonlyMap<string, Table>;
}

export function tableOf(query: Pick<Query, 'groupBy' | 'number'>, series: readonly Series[]): Table {
  const listed = series.filter(({ other }) => !other);
  const isAdditive = query.number === null || query.number.statistic === 'sum';
  const lines = listed.map(({ key, total, points }): [string, Line] => [
    keyText(query.groupBy, key),
    { key, total, points: points.map(({ value }) => value) },
  ]);
  return {
    groupBy: query.groupBy,
    ats: listed[0]?.points.map(({ at }) => at) ?? [],
    lines: new Map(lines),
    absent: isAdditive && listed.length === series.length ? 0 : null,
  };
}

/** The table with the points of another's buckets, one after the other; where it has none, null. */
export function alignedTo(ats: readonly string[], table: Table): Table {
  const lines = [...table.lines].map(([text, line]): [string, Line] => [
    text,
    { ...line, points: ats.map((_, index) => line.points[index] ?? null) },
  ]);
  return { ...table, ats, lines: new Map(lines) };
}

/** Values that all formulas of a call may still make, and points that their answers may still have. */
export class Reckoning {
  #left: number = LIMITS.formulaValuesMax;
  #kept: number = LIMITS.formulaPointsMax;

  /** Before they are made. */
  spend(lineCount: number, pointCount: number): void {
    this.#left -= lineCount * (1 + pointCount);
    if (this.#left >= 0) return;
    throw new Misfit(`All formulas together make at most ${LIMITS.formulaValuesMax} values: ask for fewer points.`);
  }

  /** An answer is held to the end of the call. */
  keep({ lines, ats }: Table): void {
    this.#kept -= lines.size * (1 + ats.length);
    if (this.#kept >= 0) return;
    throw new Misfit(`All formulas together have at most ${LIMITS.formulaPointsMax} points: ask for fewer.`);
  }
}

/** Every name must be known; what does not fit together is told, and what is too much. */
export function reckon(formula: Formula, tables: NamedTables, reckoning = new Reckoning()): Result<Table, string> {
  try {
    const reckoned = reckonPart(formula, tables, reckoning);
    if (!('number' in reckoned)) {
      reckoning.keep(reckoned);
      return ok(reckoned);
    }
    const line: Line = { key: {}, total: reckoned.number, points: [] };
    return ok({ groupBy: [], ats: [], lines: new Map([['[]', line]]), absent: null });
  } catch (error) {
    if (error instanceof Misfit) return err(error.message);
    throw error;
  }
}

/** By total, descending, then by key; null last. */
export function seriesOf({ groupBy, ats, lines }: Table): Series[] {
  const ranked = [...lines.values()].sort(
    (left, right) => compareTotals(left.total, right.total) || compareKeys(groupBy, left.key, right.key),
  );
  return ranked.map(({ key, total, points }) => ({
    key,
    total,
    points: ats.map((at, index) => ({ at, value: points[index] ?? null })),
  }));
}

class Misfit extends Error {}

function reckonPart(formula: Formula, tables: NamedTables, reckoning: Reckoning): Reckoned {
  const part = (of: Formula) => reckonPart(of, tables, reckoning);
  switch (formula.kind) {
    case 'number':
      return { number: formula.value };
    case 'name':
      return found(tables.now, formula.name, `There is no question "${formula.name}" before this formula.`);
    case 'previous':
      return found(
        tables.previous,
        formula.name,
        `The question "${formula.name}" is not compared with an earlier period.`,
      );
    case 'operation':
      return combined(formula.operator, part(formula.left), part(formula.right), reckoning);
    case 'cumulative':
      return alongPoints(part(formula.of), cumulative, reckoning);
    case 'movingAverage':
      return alongPoints(part(formula.of), (points) => movingAverage(points, formula.window), reckoning);
  }
}

function found(tables: ReadonlyMap<string, Table>, name: string, otherwise: string): Table {
  const table = tables.get(name);
  if (table === undefined) throw new Misfit(otherwise);
  return table;
}

function combined(operator: Operator, left: Reckoned, right: Reckoned, reckoning: Reckoning): Reckoned {
  if ('number' in left && 'number' in right) return { number: calculate(operator, left.number, right.number) };
  if ('number' in left) return mapped(right as Table, (value) => calculate(operator, left.number, value), reckoning);
  if ('number' in right) return mapped(left, (value) => calculate(operator, value, right.number), reckoning);
  if (left.ats.length !== right.ats.length || left.ats.some((at, index) => at !== right.ats[index])) {
    // A grouped answer in which nothing was counted has no points at all.
    if (left.lines.size > 0 && right.lines.size > 0)
      throw new Misfit('The questions of a formula must have the same range and interval.');
  }
  if (left.groupBy.length > 0 && right.groupBy.length > 0 && left.groupBy.join('\0') !== right.groupBy.join('\0')) {
    throw new Misfit('The questions of a formula must be grouped by the same properties, or one of them by none.');
  }
  return joined(operator, left, right, reckoning);
}

function joined(operator: Operator, left: Table, right: Table, reckoning: Reckoning): Table {
  const groupBy = left.groupBy.length > 0 ? left.groupBy : right.groupBy;
  const ats = left.ats.length > 0 ? left.ats : right.ats;
  // Only the lines of the table with groups, or of both.
  const leading = [left, right].filter((table) => table.groupBy.length === groupBy.length);
  const keys = new Map(leading.flatMap(({ lines }) => [...lines].map(([text, { key }]) => [text, key] as const)));
  reckoning.spend(keys.size, ats.length);
  const lineOf = (table: Table, text: string): Line => {
    const line = table.lines.get(table.groupBy.length < groupBy.length ? keyText([], {}) : text);
    return line ?? { key: {}, total: table.absent, points: ats.map(() => table.absent) };
  };
  const lines = [...keys].map(([text, key]): [string, Line] => {
    const a = lineOf(left, text);
    const b = lineOf(right, text);
    const points = ats.map((_, index) => calculate(operator, a.points[index] ?? null, b.points[index] ?? null));
    return [text, { key, total: calculate(operator, a.total, b.total), points }];
  });
  return { groupBy, ats, lines: new Map(lines), absent: calculate(operator, left.absent, right.absent) };
}

function mapped(table: Table, of: (value: Value) => Value, reckoning: Reckoning): Table {
  reckoning.spend(table.lines.size, table.ats.length);
  const lines = [...table.lines].map(([text, { key, total, points }]): [string, Line] => [
    text,
    { key, total: of(total), points: points.map(of) },
  ]);
  return { ...table, lines: new Map(lines), absent: of(table.absent) };
}

function alongPoints(reckoned: Reckoned, of: (points: readonly Value[]) => Value[], reckoning: Reckoning): Table {
  if ('number' in reckoned) throw new Misfit('cumulative and movingAverage take an answer, not a number.');
  if (reckoned.lines.size > 0 && reckoned.ats.length === 0) {
    throw new Misfit('cumulative and movingAverage go along points: the question needs an interval.');
  }
  reckoning.spend(reckoned.lines.size, reckoned.ats.length);
  const lines = [...reckoned.lines].map(([text, { key, points }]): [string, Line] => {
    const moved = of(points);
    return [text, { key, total: moved.at(-1) ?? null, points: moved }];
  });
  return { ...reckoned, lines: new Map(lines) };
}

function cumulative(points: readonly Value[]): Value[] {
  let sum = 0;
  return points.map((value) => {
    sum += value ?? 0;
    return sum;
  });
}

/**
 * The points in blocks of a window each: what lies in a window is the end of one block and the beginning of the next, and the
 * sums of both are known. So a point costs two additions, and nothing is ever subtracted, which would leave what rounding lost.
 */
function movingAverage(points: readonly Value[], window: number): Value[] {
  const sums = windowSums(
    points.map((value) => value ?? 0),
    window,
  );
  const counts = windowSums(
    points.map((value) => Number(value !== null)),
    window,
  );
  return points.map((_, index) => finite(sums[index]! / counts[index]!));
}

/** Of each point and the `window - 1` before it. */
function windowSums(values: readonly number[], window: number): Float64Array {
  const sums = new Float64Array(values.length);
  /** From a point to the end of its block. */
  const rest = new Float64Array(values.length);
  for (let start = 0; start < values.length; start += window) {
    const end = Math.min(start + window, values.length);
    for (let index = end - 1, sum = 0; index >= start; index--) {
      sum += values[index]!;
      rest[index] = sum;
    }
    for (let index = start, sum = 0; index < end; index++) {
      sum += values[index]!;
      const first = index - window + 1;
      sums[index] = first >= 0 && first < start ? rest[first]! + sum : sum;
    }
  }
  return sums;
}

function calculate(operator: Operator, left: Value, right: Value): Value {
  if (left === null || right === null) return null;
  switch (operator) {
    case '+':
      return finite(left + right);
    case '-':
      return finite(left - right);
    case '*':
      return finite(left * right);
    case '/':
      return finite(left / right);
  }
}

function finite(value: number): Value {
  return Number.isFinite(value) ? value : null;
}

function keyText(groupBy: readonly string[], key: Series['key']): string {
  return JSON.stringify(groupBy.map((name) => key[name] ?? null));
}

function compareTotals(left: Value, right: Value): number {
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  return right - left;
}

function compareKeys(groupBy: readonly string[], left: Series['key'], right: Series['key']): number {
  for (const name of groupBy) {
    const [a, b] = [left[name] ?? null, right[name] ?? null];
    const order = a === null || b === null ? Number(b === null) - Number(a === null) : compareCodePoints(a, b);
    if (order !== 0) return order;
  }
  return 0;
}
