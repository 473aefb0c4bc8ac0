/**
 * ParseReport: from the body of a call of `/v1/query` to a Report, or the first fault with its code and path.
 *
 * in: unknown JSON, the tenant's zone, now · out: questions whose ranges are instants, and parsed formulas
 * `last: "30 days"` stands in place of a range. `compare: {offset: "1 week"}` makes a second query for the range that much
 * earlier, by the calendar of the question's zone.
 */
import { settleBots } from '../../core/bots/asked-bots.ts';
import type { Bots } from '../../core/bots/bots.ts';
import { LIMITS } from '../../core/limits.ts';
import { FORMULA_NAME, formulaNames, isFunctionName, parseFormula } from '../../core/query/formula/formula.ts';
import { parseQuery, type Query } from '../../core/query/question/request.ts';
import { before, lastOf, parseSpan, SPAN_FORM, type Span } from '../../core/query/question/span.ts';
import { isTimezone } from '../../core/query/question/zone.ts';
import { isoTime } from '../../core/std/instant.ts';
import { isObject } from '../../core/std/object.ts';
import { err, ok, type Result } from '../../core/std/result.ts';
import type { NamedFormula, Question, Report, ReportRefusal } from './report.ts';

/** The values of the request that a question falls back on. */
export interface ReportContext {
  /** The zone of the tenant, for questions that name none. */
  readonly timezone: string;
  readonly nowMs: number;
  /** The tenant's choice, for questions that leave it open. Default: bots are included. */
  readonly bots?: Bots | undefined;
}

/** A question as it stands in the body. */
interface Place {
  readonly name: string;
  /** JSON pointer into the body. */
  readonly path: string;
}

export function parseReport(body: unknown, context: ReportContext): Result<Report, ReportRefusal> {
  if (isObject(body) && 'queries' in body) return parseSeveral(body, context);
  const question = parseQuestion(body, { name: '', path: '' }, context);
  return question.ok ? ok({ shape: 'one', questions: [question.value], formulas: [] }) : question;
}

function parseSeveral(body: Record<string, unknown>, context: ReportContext): Result<Report, ReportRefusal> {
  const { queries, formulas, ...beside } = body;
  const isNamed = isObject(queries);
  const [unknown] = [...Object.keys(beside), ...(isNamed || formulas === undefined ? [] : ['formulas'])];
  if (unknown !== undefined) {
    const known = isNamed ? 'queries and formulas' : 'queries';
    return refuse('query-invalid', '/queries', `The member "${unknown}" is unknown. The body may have ${known}.`);
  }
  const entries = isNamed ? Object.entries(queries) : Array.isArray(queries) ? [...queries.entries()] : [];
  if (entries.length === 0 || entries.length > LIMITS.queryBatchMax) {
    return refuse('query-invalid', '/queries', `\`queries\` must hold 1 to ${LIMITS.queryBatchMax} questions.`);
  }
  const questions: Question[] = [];
  for (const [key, question] of entries) {
    const name = String(key);
    if (isNamed && !isName(name)) return refuse('query-invalid', '/queries', badName(name));
    const parsed = parseQuestion(question, { name, path: `/queries/${name}` }, context);
    if (!parsed.ok) return parsed;
    questions.push(parsed.value);
  }
  const parsedFormulas = parseFormulas(formulas, questions);
  if (!parsedFormulas.ok) return parsedFormulas;
  return ok({ shape: isNamed ? 'named' : 'list', questions, formulas: parsedFormulas.value });
}

function parseQuestion(body: unknown, { name, path }: Place, context: ReportContext): Result<Question, ReportRefusal> {
  const { compare, last, ...fields } = isObject(body) ? body : {};
  if (last !== undefined) {
    const range = rangeOfLast(last, fields, path, context);
    if (!range.ok) return range;
    Object.assign(fields, range.value);
  }
  const parsed = parseQuery(isObject(body) ? fields : body, context.timezone);
  if (!parsed.ok) return err({ ...parsed.error, path: path + parsed.error.path });
  const query = settleBots(parsed.value, context.bots);
  if (compare === undefined) return ok({ name, query, earlier: null });
  if (query.after !== null) {
    const message = 'A page of series cannot be compared: the earlier range has a ranking of its own.';
    return refuse('cursor-invalid', `${path}/cursor`, message);
  }
  const offset = isObject(compare) && Object.keys(compare).length === 1 ? spanOf(compare.offset) : null;
  if (offset === null) {
    return refuse(
      'compare-invalid',
      `${path}/compare`,
      `\`compare\` must be {offset}, where \`offset\` is ${SPAN_FORM}.`,
    );
  }
  const earlier = parseQuery({ ...fields, ...earlierRange(query, offset) }, context.timezone);
  if (!earlier.ok) return refuse('compare-invalid', `${path}/compare/offset`, earlier.error.message);
  return ok({ name, query, earlier: settleBots(earlier.value, context.bots) });
}

function earlierRange({ startMs, endMs, timezone }: Query, offset: Span): { from: string; to: string } {
  return { from: isoTime(before(startMs, offset, timezone)), to: isoTime(before(endMs, offset, timezone)) };
}

/** The range of `last`, which stands in the place of `from` and `to` in `fields`. */
export function rangeOfLast(
  last: unknown,
  fields: Record<string, unknown>,
  path: string,
  context: ReportContext,
): Result<{ from: string; to: string }, ReportRefusal> {
  const span = spanOf(last);
  if (span === null) return refuse('last-invalid', `${path}/last`, `\`last\` must be ${SPAN_FORM}.`);
  if ('from' in fields || 'to' in fields) {
    return refuse('last-invalid', `${path}/last`, '`last` replaces `from` and `to`. Send one or the other.');
  }
  const zone = typeof fields.timezone === 'string' ? fields.timezone : context.timezone;
  if (!isTimezone(zone)) return refuse('timezone-unknown', `${path}/timezone`, `"${zone}" is not an IANA time zone.`);
  const { startMs, endMs } = lastOf(span, context.nowMs, zone);
  return ok({ from: isoTime(startMs), to: isoTime(endMs) });
}

function parseFormulas(
  formulas: unknown,
  questions: readonly Question[],
): Result<readonly NamedFormula[], ReportRefusal> {
  if (formulas === undefined) return ok([]);
  const entries = isObject(formulas) ? Object.entries(formulas) : [];
  if (entries.length === 0 || entries.length > LIMITS.formulasMax) {
    const message = `\`formulas\` must hold 1 to ${LIMITS.formulasMax} formulas by name.`;
    return refuse('formula-invalid', '/formulas', message);
  }
  const names = new Set(questions.map(({ name }) => name));
  const parsed: NamedFormula[] = [];
  for (const [name, text] of entries) {
    if (!isName(name)) return refuse('formula-invalid', '/formulas', badName(name));
    const formula = parseOneFormula(name, text, names);
    if (!formula.ok) return formula;
    names.add(name);
    parsed.push(formula.value);
  }
  return ok(parsed);
}

/** `names`: questions and earlier formulas, which the formula may use. */
function parseOneFormula(name: string, text: unknown, names: ReadonlySet<string>): Result<NamedFormula, ReportRefusal> {
  const path = `/formulas/${name}`;
  if (names.has(name)) return refuse('formula-invalid', path, `A question or formula is named "${name}" already.`);
  if (typeof text !== 'string') return refuse('formula-invalid', path, 'A formula must be a text.');
  const formula = parseFormula(text);
  if (!formula.ok) {
    const { at, message } = formula.error;
    return refuse('formula-invalid', path, `At character ${at + 1}: ${message}.`);
  }
  const missing = formulaNames(formula.value).find((each) => !names.has(each));
  if (missing === undefined) return ok({ name, formula: formula.value });
  return refuse('formula-invalid', path, `No question or earlier formula is named "${missing}".`);
}

function spanOf(text: unknown): Span | null {
  return typeof text === 'string' ? parseSpan(text) : null;
}

function isName(name: string): boolean {
  return FORMULA_NAME.test(name) && !isFunctionName(name);
}

function badName(name: string): string {
  return (
    `"${name.slice(0, 50)}" cannot be a name. A name has up to 40 letters, digits and _, begins with a letter, and is not ` +
    'the name of a function.'
  );
}

function refuse(code: ReportRefusal['code'], path: string, message: string) {
  return err<ReportRefusal>({ code, path, message });
}
