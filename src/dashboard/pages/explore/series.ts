/** Series: the lines of an answer, each with its name, its total and its values over time, and the same as CSV. */
import type { Answer, Series } from '../../data/questions.ts';
import { FORMULA, nameOfPart } from './body.ts';
import type { ExploreState } from './state.ts';

export interface ExploreAnswer {
  readonly answers: Readonly<Record<string, Answer>>;
  readonly formulas?: Readonly<Record<string, { readonly series: readonly Series[] }>>;
}

export interface ShownSeries {
  readonly name: string;
  /** The values of the breakdown, by property; empty without one. */
  readonly key: Readonly<Record<string, string | null>>;
  readonly isOther: boolean;
  readonly total: number | null;
  readonly before: number | null;
  readonly startsMs: readonly number[];
  readonly values: readonly (number | null)[];
  readonly compared: readonly (number | null)[] | undefined;
}

/** The lines of the answer: those of the formula if there is one, else those of every question. */
export function seriesOf({ answers, formulas }: ExploreAnswer, { parts, by }: ExploreState): readonly ShownSeries[] {
  const computed = formulas?.[FORMULA];
  if (computed) return computed.series.map((series) => shownOf(series, undefined, nameOfKey(series, by) || 'Formula'));
  return parts.flatMap((part, index) => {
    const answer = answers[nameOfPart(index)];
    if (!answer) return [];
    const own = parts.length > 1 ? `${nameOfPart(index).toUpperCase()} ${nameOf(part)}` : '';
    return answer.series.map((series) => {
      const name = [own, nameOfKey(series, by)].filter((text) => text !== '').join(' · ') || nameOf(part);
      return shownOf(series, answer.compared && (earlierOf(answer, series) ?? null), name);
    });
  });
}

/** `earlier` is undefined without a comparison, and null when the earlier range has no such group. */
function shownOf(series: Series, earlier: Series | null | undefined, name: string): ShownSeries {
  return {
    name,
    key: series.key,
    isOther: series.other === true,
    total: series.total,
    before: earlier?.total ?? null,
    startsMs: series.points.map(({ at }) => Date.parse(at)),
    values: series.points.map(({ value }) => value),
    compared: earlier === undefined ? undefined : (earlier?.points ?? []).map(({ value }) => value),
  };
}

function earlierOf({ compared }: Answer, { key, other }: Series): Series | undefined {
  const wanted = JSON.stringify([key, other]);
  return compared?.series.find((series) => JSON.stringify([series.key, series.other]) === wanted);
}

function nameOfKey({ key, other }: Series, by: readonly string[]): string {
  if (by.length === 0) return '';
  return other ? 'all others' : by.map((property) => key[property] ?? '(none)').join(' · ');
}

function nameOf({ measure, property, event }: ExploreState['parts'][number]): string {
  const measured =
    { count: 'events', users: 'people', groups: 'groups' }[measure as string] ?? `${measure} of ${property}`;
  return event === null ? measured : `${event}, ${measured}`;
}

/** The lines as CSV: one row for each line and point, with the figures as the API gives them. */
export function csvOf(series: readonly ShownSeries[]): string {
  const rows = series.flatMap(({ name, startsMs, values }) =>
    startsMs.map((startMs, i) => [new Date(startMs).toISOString(), name, values[i] ?? '']),
  );
  const totals = series.map(({ name, total }) => ['total', name, total ?? '']);
  return [['at', 'series', 'value'], ...rows, ...totals].map((row) => row.map(csvField).join(',')).join('\r\n');
}

/** First characters of a formula of a spreadsheet, by the rule of the export of events (src/core/export/csv.ts). */
const SPREADSHEET_FORMULA = /^[=+\-@\t\r\n'＝＋－＠]/;
const NEEDS_QUOTES = /[",;\r\n]/;

/** A text that begins like a formula is given an apostrophe, so that no program computes it. */
function csvField(value: string | number): string {
  const text = typeof value === 'string' && SPREADSHEET_FORMULA.test(value) ? `'${value}` : String(value);
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
