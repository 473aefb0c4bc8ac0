/** Views: the answer as lines, bars, one number, or a table; the table stands below the others too. */

import { marksOf, useAnnotations } from '../../boards/marks.ts';
import { seriesToken } from '../../charts/color.ts';
import { LineChart } from '../../charts/line-chart.tsx';
import { Spark } from '../../charts/spark.tsx';
import { useDrops } from '../../data/drops.ts';
import { short } from '../../data/format.ts';
import type { Interval } from '../../data/range.ts';
import { Delta, Num } from '../../parts/figure.tsx';
import { Empty } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { ValueButton } from '../../parts/value-button.tsx';
import type { ShownSeries } from './series.ts';
import type { ExploreState } from './state.ts';

export interface ViewProps {
  readonly state: ExploreState;
  readonly series: readonly ShownSeries[];
  readonly interval: Interval;
  /** Null when the range is closed. */
  readonly asOfMs: number | null;
  readonly isEstimate: boolean;
}

const LINES_MAX = 8;

export function Views(props: ViewProps) {
  const { series, state } = props;
  if (series.length === 0)
    return <Empty title="Nothing matches in this range.">Choose a longer range or fewer filters.</Empty>;
  return (
    <>
      {state.view === 'line' && <Lines {...props} />}
      {state.view === 'bar' && <Bars {...props} />}
      {state.view === 'number' && <Numbers {...props} />}
      {series.every(({ total }) => !total) && (
        <p class="muted">Nothing happened in this range. Choose a longer range, or take a filter away.</p>
      )}
      <SeriesTable {...props} />
    </>
  );
}

function Lines({ series, interval, asOfMs, state }: ViewProps) {
  const { data } = useAnnotations();
  const drops = useDrops();
  const drawn = series.slice(0, LINES_MAX);
  const longest = drawn.reduce((most, one) => (one.startsMs.length > most.startsMs.length ? one : most));
  return (
    <LineChart
      title="The answer over time"
      interval={interval}
      startsMs={longest.startsMs}
      series={drawn.map(({ name, values, compared }) => ({
        label: name,
        values,
        // The earlier range of many lines would be a thicket.
        compared: drawn.length === 1 ? compared : undefined,
      }))}
      asOfMs={asOfMs}
      marks={marksOf(data)}
      drops={drops}
      height={300}
      {...(state.formula !== '' && { format: formatRatio })}
    />
  );
}

function formatRatio(value: number): string {
  return Math.abs(value) < 10 ? String(Math.round(value * 1_000) / 1_000) : short(value);
}

/** One series is shown by its intervals, several by their totals. */
function Bars({ series, interval }: ViewProps) {
  const marks = marksOf(useAnnotations().data);
  const drops = useDrops();
  const [only] = series;
  if (series.length === 1 && only)
    return (
      <LineChart
        title="The answer over time"
        kind="bar"
        interval={interval}
        startsMs={only.startsMs}
        series={[{ label: only.name, values: only.values }]}
        marks={marks}
        drops={drops}
        height={300}
      />
    );
  const most = Math.max(...series.map(({ total }) => total ?? 0), 0);
  return (
    <div class="bars" aria-hidden="true">
      {series.map(({ name, total }, index) => (
        <div key={name} class="bar-row">
          <span class="bar-name">{name}</span>
          <span class="bar-track">
            <span
              class="bar-fill"
              style={{
                width: `${most > 0 ? ((total ?? 0) / most) * 100 : 0}%`,
                background: `var(${seriesToken(index)})`,
              }}
            />
          </span>
          <Num value={total} />
        </div>
      ))}
    </div>
  );
}

function Numbers({ series, isEstimate, state }: ViewProps) {
  return (
    <div class="numbers">
      {series.slice(0, LINES_MAX).map(({ name, total, before, compared }) => (
        <div key={name}>
          <p class="muted">{name}</p>
          <p class="number-big">
            <Num value={total} isEstimate={isEstimate} {...(state.formula !== '' && { format: formatRatio })} />
          </p>
          {compared && <Delta now={total} before={before} />}
        </div>
      ))}
    </div>
  );
}

function SeriesTable({ series, state, isEstimate }: ViewProps) {
  const isFormula = state.formula !== '';
  const hasBefore = series.some(({ compared }) => compared !== undefined);
  return (
    <Table
      caption="The series of the answer"
      rows={series}
      keyOf={({ name }, index) => `${index} ${name}`}
      columns={[
        {
          title: state.by.length > 0 && !isFormula ? state.by.join(' · ') : 'Series',
          render: (row) => <SeriesName row={row} by={state.by} isPlain={state.parts.length > 1 || isFormula} />,
        },
        {
          title: 'Total',
          isNumber: true,
          render: ({ total }) => (
            <Num value={total} isEstimate={isEstimate} {...(isFormula && { format: formatRatio })} />
          ),
        },
        ...(hasBefore
          ? [
              {
                title: 'Change',
                isNumber: true,
                render: ({ total, before }: ShownSeries) => <Delta now={total} before={before} />,
              },
            ]
          : []),
        { title: <span class="sr">Over time</span>, render: ({ values }) => <Spark values={values} /> },
      ]}
    />
  );
}

/** A value of a breakdown filters the page; the name of a question does not. */
function SeriesName({ row, by, isPlain }: { row: ShownSeries; by: readonly string[]; isPlain: boolean }) {
  if (isPlain || row.isOther || by.length === 0) return <span>{row.name}</span>;
  return (
    <span class="series-name">
      {by.map((property) => (
        <ValueButton key={property} property={property} value={row.key[property] ?? null} />
      ))}
    </span>
  );
}
