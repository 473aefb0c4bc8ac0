/**
 * Report: what one call of `/v1/query` asks: a question, several, or named ones with formulas over them.
 *
 * in: unknown JSON, the tenant's zone, now · out: checked questions · run: all of them in one call, then the formulas
 * A question may say `last: "30 days"` in place of its range, and `compare: {offset: "1 week"}`: then it is asked a second
 * time for the range that much earlier, by the calendar of its zone, and the answer carries both.
 */
import { z } from 'zod';
import { LIMITS } from '../../core/limits.ts';
import type { Series } from '../../core/query/fold/answer.ts';
import {
  FORMULA_NAME,
  type Formula,
  formulaNames,
  isFunctionName,
  parseFormula,
} from '../../core/query/formula/formula.ts';
import {
  alignedTo,
  evaluateFormula,
  FormulaBudget,
  seriesOf,
  type Table,
  tableOf,
} from '../../core/query/formula/table.ts';
import { parseQuery, type Query, type QueryRefusalCode, querySchema } from '../../core/query/question/request.ts';
import { before, lastOf, parseSpan, SPAN_FORM, type Span } from '../../core/query/question/span.ts';
import { isTimezone } from '../../core/query/question/zone.ts';
import type { ShardAddress } from '../../core/shard/shard-map.ts';
import { isObject } from '../../core/std/object.ts';
import { assert, err, ok, type Result } from '../../core/std/result.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';
import { metaSchema } from '../view/meta-schema.ts';
import { executeAll, type QueryAnswer, type QueryPorts } from './execute.ts';

export interface Report {
  readonly shape: 'one' | 'list' | 'named';
  readonly questions: readonly Question[];
  readonly formulas: readonly NamedFormula[];
}
interface Question {
  /** Of a list: its place. */
  readonly name: string;
  readonly query: Query;
  readonly earlier: Query | null;
}
interface NamedFormula {
  readonly name: string;
  readonly formula: Formula;
}

export interface ReportRefusal {
  readonly code: QueryRefusalCode | 'compare-invalid' | 'formula-invalid' | 'last-invalid';
  /** JSON pointer into the body. */
  readonly path: string;
  readonly message: string;
}

const SPAN_LENGTH_MAX = 20;
const questionSchema = querySchema.partial({ from: true, to: true }).extend({
  last: z.string().max(SPAN_LENGTH_MAX).optional().describe('In place of from and to: "30 days", today included.'),
  compare: z
    .strictObject({ offset: z.string().max(SPAN_LENGTH_MAX).describe('"1 week"') })
    .optional()
    .describe('Asks for the range that much earlier too.'),
});
const nameSchema = z.string().regex(FORMULA_NAME);
export const reportSchema = z.union([
  questionSchema,
  z.strictObject({ queries: z.array(questionSchema).min(1).max(LIMITS.queryBatchMax) }),
  z.strictObject({
    queries: z.record(nameSchema, questionSchema).describe(`1 to ${LIMITS.queryBatchMax} questions by name`),
    formulas: z
      .record(nameSchema, z.string().max(LIMITS.formulaLengthMax))
      .optional()
      .describe('By name: + - * / ( ), numbers, names, previous(name), cumulative(x), movingAverage(x, points)'),
  }),
]);

const seriesSchema = z.object({
  key: z.record(z.string(), z.string().nullable()),
  other: z.literal(true).optional().describe('Everything beyond the top together; always the last series.'),
  total: z.number().nullable(),
  points: z.array(z.object({ at: z.iso.datetime(), value: z.number().nullable() })),
});
const seriesListSchema = z.array(seriesSchema);
const answerSchema = z.object({
  series: seriesListSchema,
  meta: metaSchema,
  compared: z
    .object({ from: z.iso.datetime(), to: z.iso.datetime(), series: seriesListSchema, meta: metaSchema })
    .optional()
    .describe('The same question for the earlier range.'),
});
export const reportAnswerSchema = z.union([
  answerSchema,
  z.object({ answers: z.array(answerSchema) }),
  z.object({
    answers: z.record(z.string(), answerSchema),
    formulas: z.record(z.string(), z.object({ series: seriesListSchema })),
  }),
]);

type ExecuteRefusal = Extract<Awaited<ReturnType<typeof executeAll>>, { ok: false }>['error'];

interface ComparedAnswer extends QueryAnswer {
  readonly compared?: QueryAnswer & { readonly from: string; readonly to: string };
}
export type ReportAnswer =
  | ComparedAnswer
  | { readonly answers: readonly ComparedAnswer[] }
  | {
      readonly answers: Readonly<Record<string, ComparedAnswer>>;
      readonly formulas: Readonly<Record<string, { readonly series: readonly Series[] }>>;
    };

/** `defaultTimezone`: the tenant's. */
export function parseReport(body: unknown, defaultTimezone: string, nowMs: number): Result<Report, ReportRefusal> {
  const parse = (question: unknown, name: string, path: string) =>
    parseQuestion(question, name, path, defaultTimezone, nowMs);
  if (!isObject(body) || !('queries' in body)) {
    const question = parse(body, '', '');
    return question.ok ? ok({ shape: 'one', questions: [question.value], formulas: [] }) : question;
  }
  const { queries, formulas, ...beside } = body;
  const isNamed = isObject(queries);
  const known = isNamed ? ['queries', 'formulas'] : ['queries'];
  const [unknown] = [...Object.keys(beside), ...(isNamed || formulas === undefined ? [] : ['formulas'])];
  if (unknown !== undefined) return refuse('query-invalid', '/queries', `beside ${known.join(', ')} stands ${unknown}`);
  const entries = isNamed ? Object.entries(queries) : Array.isArray(queries) ? [...queries.entries()] : [];
  if (entries.length === 0 || entries.length > LIMITS.queryBatchMax) {
    return refuse('query-invalid', '/queries', `queries holds 1 to ${LIMITS.queryBatchMax} questions`);
  }
  const questions: Question[] = [];
  for (const [name, question] of entries) {
    if (isNamed && !isName(String(name))) return badName('/queries', String(name));
    const parsed = parse(question, String(name), `/queries/${name}`);
    if (!parsed.ok) return parsed;
    questions.push(parsed.value);
  }
  const parsedFormulas = parseFormulas(formulas, questions);
  if (!parsedFormulas.ok) return parsedFormulas;
  return ok({ shape: isNamed ? 'named' : 'list', questions, formulas: parsedFormulas.value });
}

/** Every question of the report is answered from one listing of the shards: `shards`. */
export async function runReport(
  ports: QueryPorts,
  tenant: Tenant,
  { shape, questions, formulas }: Report,
  shards: readonly ShardAddress[],
): Promise<Result<ReportAnswer, ExecuteRefusal | ReportRefusal>> {
  const queries = questions.flatMap(({ query, earlier }) => (earlier === null ? [query] : [query, earlier]));
  const answered = await executeAll(ports, tenant, queries, shards);
  if (!answered.ok) return answered;
  const rest = [...answered.value];
  const next = (): QueryAnswer => {
    const answer = rest.shift();
    assert(answer, 'a question without an answer');
    return answer;
  };
  const answers = questions.map(({ name, earlier }): [string, ComparedAnswer] => {
    const answer = next();
    if (earlier === null) return [name, answer];
    return [name, { ...answer, compared: { from: iso(earlier.startMs), to: iso(earlier.endMs), ...next() } }];
  });
  if (shape === 'one') return ok(answers[0]![1]);
  if (shape === 'list') return ok({ answers: answers.map(([, answer]) => answer) });
  const reckoned = reckonAll(questions, new Map(answers), formulas);
  return reckoned.ok ? ok({ answers: Object.fromEntries(answers), formulas: reckoned.value }) : reckoned;
}

/** The whole stretch of time that the report looks at. */
export function rangeOf({ questions }: Report): { startMs: number; endMs: number } {
  const queries = questions.flatMap(({ query, earlier }) => (earlier === null ? [query] : [query, earlier]));
  return {
    startMs: Math.min(...queries.map(({ startMs }) => startMs)),
    endMs: Math.max(...queries.map(({ endMs }) => endMs)),
  };
}

function reckonAll(
  questions: readonly Question[],
  answers: ReadonlyMap<string, ComparedAnswer>,
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
  const reckoned: Record<string, { series: Series[] }> = {};
  const budget = new FormulaBudget();
  for (const { name, formula } of formulas) {
    const table = evaluateFormula(formula, { now, previous }, budget);
    if (!table.ok) return refuse('formula-invalid', `/formulas/${name}`, table.error);
    now.set(name, table.value);
    reckoned[name] = { series: seriesOf(table.value) };
  }
  return ok(reckoned);
}

function parseFormulas(
  formulas: unknown,
  questions: readonly Question[],
): Result<readonly NamedFormula[], ReportRefusal> {
  if (formulas === undefined) return ok([]);
  const entries = isObject(formulas) ? Object.entries(formulas) : [];
  if (entries.length === 0 || entries.length > LIMITS.formulasMax) {
    return refuse('formula-invalid', '/formulas', `formulas holds 1 to ${LIMITS.formulasMax} formulas by name`);
  }
  const names = new Set(questions.map(({ name }) => name));
  const parsed: NamedFormula[] = [];
  for (const [name, text] of entries) {
    const path = `/formulas/${name}`;
    if (!isName(name)) return badName('/formulas', name);
    if (names.has(name)) return refuse('formula-invalid', path, 'The name is taken.');
    if (typeof text !== 'string') return refuse('formula-invalid', path, 'A formula is a text.');
    const formula = parseFormula(text);
    if (!formula.ok) {
      const { at, message } = formula.error;
      return refuse('formula-invalid', path, `At character ${at + 1}: ${message}.`);
    }
    const missing = formulaNames(formula.value).find((each) => !names.has(each));
    if (missing !== undefined) {
      return refuse('formula-invalid', path, `There is no question or earlier formula "${missing}".`);
    }
    names.add(name);
    parsed.push({ name, formula: formula.value });
  }
  return ok(parsed);
}

function parseQuestion(
  body: unknown,
  name: string,
  path: string,
  defaultTimezone: string,
  nowMs: number,
): Result<Question, ReportRefusal> {
  const { compare, last, ...asked } = isObject(body) ? body : {};
  if (last !== undefined) {
    const range = rangeOfLast(last, asked, path, defaultTimezone, nowMs);
    if (!range.ok) return range;
    Object.assign(asked, range.value);
  }
  const parsed = parseQuery(isObject(body) ? asked : body, defaultTimezone);
  if (!parsed.ok) return err({ ...parsed.error, path: path + parsed.error.path });
  const query = parsed.value;
  if (compare === undefined) return ok({ name, query, earlier: null });

  const offset = isObject(compare) && Object.keys(compare).length === 1 ? spanOf(compare.offset) : null;
  if (offset === null) return refuse('compare-invalid', `${path}/compare`, `It is {offset}: ${SPAN_FORM}.`);
  const { startMs, endMs, timezone } = query;
  const range = { from: iso(before(startMs, offset, timezone)), to: iso(before(endMs, offset, timezone)) };
  const earlier = parseQuery({ ...asked, ...range }, defaultTimezone);
  if (!earlier.ok) return refuse('compare-invalid', `${path}/compare/offset`, earlier.error.message);
  return ok({ name, query, earlier: earlier.value });
}

function rangeOfLast(
  last: unknown,
  asked: Record<string, unknown>,
  path: string,
  defaultTimezone: string,
  nowMs: number,
): Result<{ from: string; to: string }, ReportRefusal> {
  const span = spanOf(last);
  if (span === null) return refuse('last-invalid', `${path}/last`, `It takes ${SPAN_FORM}.`);
  if ('from' in asked || 'to' in asked) {
    return refuse('last-invalid', `${path}/last`, 'It stands in place of from and to.');
  }
  const zone = typeof asked.timezone === 'string' ? asked.timezone : defaultTimezone;
  if (!isTimezone(zone)) return refuse('timezone-unknown', `${path}/timezone`, `"${zone}" is not an IANA time zone.`);
  const { startMs, endMs } = lastOf(span, nowMs, zone);
  return ok({ from: iso(startMs), to: iso(endMs) });
}

function spanOf(text: unknown): Span | null {
  return typeof text === 'string' ? parseSpan(text) : null;
}

function isName(name: string): boolean {
  return FORMULA_NAME.test(name) && !isFunctionName(name);
}

function badName(path: string, name: string) {
  const message = `"${name.slice(0, 50)}" is no name: up to 40 letters, digits and _, a letter first, and no function's.`;
  return refuse(path === '/formulas' ? 'formula-invalid' : 'query-invalid', path, message);
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString();
}

function refuse(code: ReportRefusal['code'], path: string, message: string) {
  return err<ReportRefusal>({ code, path, message });
}
