/**
 * Report: everything one call of `/v1/query` asks, checked: a question, several, or named ones with formulas over them.
 *
 * Every question is answered from one listing of the shards. A question with `compare` is asked a second time for its earlier
 * range, and the answer carries both.
 */
import type { Series } from '../../core/query/fold/answer.ts';
import type { Formula } from '../../core/query/formula/formula.ts';
import {
  alignedTo,
  evaluateFormula,
  FormulaBudget,
  seriesOf,
  type Table,
  tableOf,
} from '../../core/query/formula/table.ts';
import type { Query, QueryRefusalCode } from '../../core/query/question/request.ts';
import { isoTime } from '../../core/std/instant.ts';
import { assert, err, ok, type Result } from '../../core/std/result.ts';
import type { Answer, ReportAnswer } from '../../wire/query.ts';
import type { Asking, QueryPorts } from '../view/asking.ts';
import type { LakeRefusal } from '../view/refusal.ts';
import { executeAll, type QueryAnswer } from './execute.ts';

export interface Report {
  readonly shape: 'one' | 'list' | 'named';
  readonly questions: readonly Question[];
  readonly formulas: readonly NamedFormula[];
}

export interface Question {
  /** The key of a named question, else its index. */
  readonly name: string;
  readonly query: Query;
  /** The same query for the earlier range; null without `compare`. */
  readonly earlier: Query | null;
}

export interface NamedFormula {
  readonly name: string;
  readonly formula: Formula;
}

export interface ReportRefusal {
  readonly code: QueryRefusalCode | 'compare-invalid' | 'formula-invalid' | 'last-invalid';
  /** JSON pointer into the body. */
  readonly path: string;
  readonly message: string;
}

export async function runReport(
  asking: Asking<QueryPorts>,
  { shape, questions, formulas }: Report,
): Promise<Result<ReportAnswer, LakeRefusal | ReportRefusal>> {
  const answered = await executeAll(asking, questions.flatMap(queriesOf));
  if (!answered.ok) return answered;
  const answers = withComparisons(questions, answered.value);
  if (shape === 'one') return ok(answers[0]![1]);
  if (shape === 'list') return ok({ answers: answers.map(([, answer]) => answer) });
  const series = formulaSeries(questions, new Map(answers), formulas);
  return series.ok ? ok({ answers: Object.fromEntries(answers), formulas: series.value }) : series;
}

/** The range from the start of the earliest query to the end of the last. */
export function rangeOf({ questions }: Report): { startMs: number; endMs: number } {
  const queries = questions.flatMap(queriesOf);
  return {
    startMs: Math.min(...queries.map(({ startMs }) => startMs)),
    endMs: Math.max(...queries.map(({ endMs }) => endMs)),
  };
}

/** The queries that answer a question, in the order in which they are asked. */
export function queriesOf({ query, earlier }: Question): Query[] {
  return earlier === null ? [query] : [query, earlier];
}

/** The answer of each question by its name. `answers`: one for each query, in their order. */
function withComparisons(questions: readonly Question[], answers: readonly QueryAnswer[]): [string, Answer][] {
  const rest = [...answers];
  const next = (): QueryAnswer => {
    const answer = rest.shift();
    assert(answer, 'a question without an answer');
    return answer;
  };
  return questions.map(({ name, earlier }): [string, Answer] => {
    const answer = next();
    if (earlier === null) return [name, answer];
    // The earlier range has a ranking of its own, so a compared question has no further pages.
    const range = { from: isoTime(earlier.startMs), to: isoTime(earlier.endMs) };
    return [name, { ...withoutCursor(answer), compared: { ...range, ...withoutCursor(next()) } }];
  });
}

function withoutCursor({ series, meta }: QueryAnswer): QueryAnswer {
  return { series, meta };
}

/** The series of each formula by its name. A formula may use those before it. */
function formulaSeries(
  questions: readonly Question[],
  answers: ReadonlyMap<string, Answer>,
  formulas: readonly NamedFormula[],
): Result<Record<string, { series: Series[] }>, ReportRefusal> {
  const now = new Map<string, Table>();
  const previous = new Map<string, Table>();
  for (const { name, query } of questions) {
    const { series, compared } = answers.get(name)!;
    const table = tableOf(query, series);
    now.set(name, table);
    if (compared) previous.set(name, alignedTo(table.ats, tableOf(query, compared.series)));
  }
  const series: Record<string, { series: Series[] }> = {};
  const budget = new FormulaBudget();
  for (const { name, formula } of formulas) {
    const table = evaluateFormula(formula, { now, previous }, budget);
    if (!table.ok) return err({ code: 'formula-invalid', path: `/formulas/${name}`, message: table.error });
    now.set(name, table.value);
    series[name] = { series: seriesOf(table.value) };
  }
  return ok(series);
}
