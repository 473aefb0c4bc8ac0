/** Query tile: the answer of a question about amounts as a line, bars, a number or a table. */
import { DAY_MS, HOUR_MS } from '../../core/limits.ts';
import type { ReportAnswer } from '../../wire/query.ts';
import type { ChartMark } from '../charts/chart-data.ts';
import { LineChart } from '../charts/line-chart.tsx';
import { full } from '../data/format.ts';
import type { Interval } from '../data/range.ts';
import { Num } from '../parts/figure.tsx';
import { Empty } from '../parts/states.tsx';
import { Table } from '../parts/table.tsx';
import type { TileQuestion } from './board.ts';

interface QueryTileProps {
  readonly answer: ReportAnswer;
  readonly chart: TileQuestion['chart'];
  readonly title: string;
  readonly marks: readonly ChartMark[];
}

interface NamedSeries {
  readonly label: string;
  readonly total: number | null;
  readonly points: readonly { readonly at: string; readonly value: number | null }[];
}

/** Series of one chart: more cannot be told apart. */
const SERIES_MAX = 8;

export function QueryTile({ answer, chart, title, marks }: QueryTileProps) {
  const series = seriesOf(answer, title);
  const asOfMs = asOfOf(answer);
  const [first] = series;
  if (first === undefined) return <Empty title="Nothing in this range." />;
  if (chart === 'number') return <Numbers series={series} isEstimate={isEstimated(answer)} />;
  if (chart === 'table' || first.points.length === 0) return <Totals title={title} series={series} />;
  const startsMs = first.points.map(({ at }) => Date.parse(at));
  return (
    <LineChart
      title={title}
      interval={intervalOf(startsMs)}
      startsMs={startsMs}
      series={series
        .slice(0, SERIES_MAX)
        .map(({ label, points }) => ({ label, values: points.map(({ value }) => value) }))}
      kind={chart === 'bar' ? 'bar' : 'line'}
      marks={marks}
      onSelect={() => {}}
      {...(asOfMs !== null && { asOfMs })}
    />
  );
}

function Numbers({ series, isEstimate }: { readonly series: readonly NamedSeries[]; readonly isEstimate: boolean }) {
  return (
    <div class="tile-numbers">
      {series.slice(0, SERIES_MAX).map(({ label, total }) => (
        <p key={label}>
          <b class="tile-number">
            <Num value={total} isEstimate={isEstimate} />
          </b>
          {series.length > 1 && <span class="muted">{label}</span>}
        </p>
      ))}
    </div>
  );
}

function Totals({ title, series }: { readonly title: string; readonly series: readonly NamedSeries[] }) {
  const most = Math.max(1, ...series.map(({ total }) => total ?? 0));
  return (
    <Table
      caption={title}
      rows={series}
      keyOf={({ label }) => label}
      columns={[
        { title: 'Group', share: ({ total }) => (total ?? 0) / most, render: ({ label }) => <span>{label}</span> },
        { title: 'Total', isNumber: true, render: ({ total }) => (total === null ? '–' : full(total)) },
      ]}
    />
  );
}

/** The series of all questions of a call, or those of its formulas where it has some. */
function seriesOf(answer: ReportAnswer, title: string): NamedSeries[] {
  if ('series' in answer) return answer.series.map((one) => named(one, title));
  if ('formulas' in answer && Object.keys(answer.formulas).length > 0)
    return Object.entries(answer.formulas).flatMap(([name, { series }]) => series.map((one) => named(one, name)));
  return Object.entries(answer.answers).flatMap(([name, { series }]) => series.map((one) => named(one, name)));
}

interface WireSeries {
  readonly key: Readonly<Record<string, string | null>>;
  readonly other?: true | undefined;
  readonly total: number | null;
  readonly points: NamedSeries['points'];
}

function named({ key, other, total, points }: WireSeries, name: string): NamedSeries {
  const values = Object.values(key).map((value) => value ?? '(none)');
  return { label: other ? 'all others' : values.length === 0 ? name : values.join(', '), total, points };
}

function answersOf(answer: ReportAnswer) {
  return 'series' in answer ? [answer] : Object.values(answer.answers);
}

function asOfOf(answer: ReportAnswer): number | null {
  const [first] = answersOf(answer);
  return first === undefined ? null : Date.parse(first.meta.asOf);
}

function isEstimated(answer: ReportAnswer): boolean {
  return answersOf(answer).some(({ meta }) => meta.estimated === true);
}

const LENGTHS: readonly (readonly [ms: number, interval: Interval])[] = [
  [HOUR_MS, 'minute'],
  [23 * HOUR_MS, 'hour'],
  [6 * DAY_MS, 'day'],
  [27 * DAY_MS, 'week'],
];

/** The interval of points by the distance of the first two: an answer does not name it. */
function intervalOf([first = 0, second = first + DAY_MS]: readonly number[]): Interval {
  return LENGTHS.find(([ms]) => second - first < ms)?.[1] ?? 'month';
}
