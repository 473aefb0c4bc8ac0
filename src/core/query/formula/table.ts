/**
 * Table: an answer as the operand of a formula: lines by key, each with its total and its points.
 *
 * - A formula is worked out point by point and key by key, and once more for the totals: the total of `a / b` is the
 *   ratio of the totals, not the mean of ratios.
 * - Dividing by zero gives null, and so does anything with null in it.
 * - A key that one of two tables does not list is 0 there when its question counts or sums and has listed all keys;
 *   else it is null, because it may be among the rest. The series of the rest is left out.
 * - An answer without groups is combined with each line of the other; two with groups must have the same ones.
 * - `cumulative` and `movingAverage` go along the points; their total is their last point. A moving average takes the
 *   mean of the last n points, or of fewer at the beginning; null is skipped.
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
  /** Starts of the buckets that the range of some question cuts. */
  readonly cutAts: ReadonlySet<string>;
  readonly lines: ReadonlyMap<string, Line>;
  /** The value of a key that is not listed. */
  readonly absent: Value;
}
/** A formula of numbers alone is a number. */
type Evaluated = { readonly number: number | null } | Table;

export interface NamedTables {
  readonly now: ReadonlyMap<string, Table>;
  /** Answers of the earlier period, under the names of the questions that are compared with it. */
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
    cutAts: new Set(listed[0]?.points.flatMap(({ at, partial }) => (partial ? [at] : []))),
    lines: new Map(lines),
    absent: isAdditive && listed.length === series.length ? 0 : null,
  };
}

/** Returns the table with its points put under another's buckets, in order; null where it has none. */
export function alignedTo(ats: readonly string[], table: Table): Table {
  const lines = [...table.lines].map(([text, line]): [string, Line] => [
    text,
    { ...line, points: ats.map((_, index) => line.points[index] ?? null) },
  ]);
  const cutAts = new Set(ats.filter((_, index) => table.cutAts.has(table.ats[index]!)));
  return { ...table, ats, cutAts, lines: new Map(lines) };
}

/** Values that all formulas of a call may still compute, and points that their answers may still have. */
export class FormulaBudget {
  #left: number = LIMITS.formulaValuesMax;
  #kept: number = LIMITS.formulaPointsMax;

  /** Spends values before they are computed. */
  spend(lineCount: number, pointCount: number): void {
    this.#left -= lineCount * (1 + pointCount);
    if (this.#left >= 0) return;
    throw new FormulaMismatch(
      `All formulas together make at most ${LIMITS.formulaValuesMax} values: ask for fewer points.`,
    );
  }

  /** Spends the points of an answer, which is held to the end of the call. */
  keep({ lines, ats }: Table): void {
    this.#kept -= lines.size * (1 + ats.length);
    if (this.#kept >= 0) return;
    throw new FormulaMismatch(`All formulas together have at most ${LIMITS.formulaPointsMax} points: ask for fewer.`);
  }
}

/**
 * Evaluates a formula over tables of all its names. The error says which parts do not fit together, or which bound is
 * exceeded.
 */
export function evaluateFormula(
  formula: Formula,
  tables: NamedTables,
  budget = new FormulaBudget(),
): Result<Table, string> {
  try {
    const evaluated = evaluatePart(formula, tables, budget);
    if (!('number' in evaluated)) {
      budget.keep(evaluated);
      return ok(evaluated);
    }
    const line: Line = { key: {}, total: evaluated.number, points: [] };
    return ok({ groupBy: [], ats: [], cutAts: new Set(), lines: new Map([['[]', line]]), absent: null });
  } catch (error) {
    if (error instanceof FormulaMismatch) return err(error.message);
    throw error;
  }
}

/** Returns the lines as series by total, descending, then by key; null last. */
export function seriesOf({ groupBy, ats, cutAts, lines }: Table): Series[] {
  const ranked = [...lines.values()].sort(
    (left, right) => compareTotals(left.total, right.total) || compareKeys(groupBy, left.key, right.key),
  );
  return ranked.map(({ key, total, points }) => ({
    key,
    total,
    points: ats.map((at, index) => ({
      at,
      ...(cutAts.has(at) && { partial: true as const }),
      value: points[index] ?? null,
    })),
  }));
}

class FormulaMismatch extends Error {}

function evaluatePart(formula: Formula, tables: NamedTables, budget: FormulaBudget): Evaluated {
  const part = (operand: Formula) => evaluatePart(operand, tables, budget);
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
      return combined(formula.operator, part(formula.left), part(formula.right), budget);
    case 'cumulative':
      return alongPoints(part(formula.operand), cumulative, budget);
    case 'movingAverage':
      return alongPoints(part(formula.operand), (points) => movingAverage(points, formula.window), budget);
  }
}

function found(tables: ReadonlyMap<string, Table>, name: string, otherwise: string): Table {
  const table = tables.get(name);
  if (table === undefined) throw new FormulaMismatch(otherwise);
  return table;
}

function combined(operator: Operator, left: Evaluated, right: Evaluated, budget: FormulaBudget): Evaluated {
  if ('number' in left && 'number' in right) return { number: calculate(operator, left.number, right.number) };
  if ('number' in left) return mapped(right as Table, (value) => calculate(operator, left.number, value), budget);
  if ('number' in right) return mapped(left, (value) => calculate(operator, value, right.number), budget);
  if (left.ats.length !== right.ats.length || left.ats.some((at, index) => at !== right.ats[index])) {
    // A grouped answer without any event has no points at all.
    if (left.lines.size > 0 && right.lines.size > 0)
      throw new FormulaMismatch('The questions of a formula must have the same range and interval.');
  }
  if (left.groupBy.length > 0 && right.groupBy.length > 0 && left.groupBy.join('\0') !== right.groupBy.join('\0')) {
    throw new FormulaMismatch(
      'The questions of a formula must be grouped by the same properties, or one of them by none.',
    );
  }
  return joined(operator, left, right, budget);
}

function joined(operator: Operator, left: Table, right: Table, budget: FormulaBudget): Table {
  const groupBy = left.groupBy.length > 0 ? left.groupBy : right.groupBy;
  const ats = left.ats.length > 0 ? left.ats : right.ats;
  // The lines of the answer are those of the tables with groups.
  const leading = [left, right].filter((table) => table.groupBy.length === groupBy.length);
  const keys = new Map(leading.flatMap(({ lines }) => [...lines].map(([text, { key }]) => [text, key] as const)));
  budget.spend(keys.size, ats.length);
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
  const cutAts = new Set([...left.cutAts, ...right.cutAts]);
  return { groupBy, ats, cutAts, lines: new Map(lines), absent: calculate(operator, left.absent, right.absent) };
}

function mapped(table: Table, convert: (value: Value) => Value, budget: FormulaBudget): Table {
  budget.spend(table.lines.size, table.ats.length);
  const lines = [...table.lines].map(([text, { key, total, points }]): [string, Line] => [
    text,
    { key, total: convert(total), points: points.map(convert) },
  ]);
  return { ...table, lines: new Map(lines), absent: convert(table.absent) };
}

function alongPoints(
  evaluated: Evaluated,
  transform: (points: readonly Value[]) => Value[],
  budget: FormulaBudget,
): Table {
  if ('number' in evaluated) throw new FormulaMismatch('cumulative and movingAverage take an answer, not a number.');
  if (evaluated.lines.size > 0 && evaluated.ats.length === 0) {
    throw new FormulaMismatch('cumulative and movingAverage go along points: the question needs an interval.');
  }
  budget.spend(evaluated.lines.size, evaluated.ats.length);
  const lines = [...evaluated.lines].map(([text, { key, points }]): [string, Line] => {
    const moved = transform(points);
    return [text, { key, total: moved.at(-1) ?? null, points: moved }];
  });
  return { ...evaluated, lines: new Map(lines) };
}

function cumulative(points: readonly Value[]): Value[] {
  let sum = 0;
  return points.map((value) => {
    sum += value ?? 0;
    return sum;
  });
}

/**
 * Computes a moving average from prefix sums within blocks of one window each. A window is the end of one block and the
 * beginning of the next, and the sums of both are known: so a point costs two additions, and nothing is ever
 * subtracted, which would leave rounding errors behind.
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

/** Returns for each point the sum of itself and the `window - 1` before it. */
function windowSums(values: readonly number[], window: number): Float64Array {
  const sums = new Float64Array(values.length);
  /** Sum from a point to the end of its block. */
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
