/** Tile view: the answer of a tile, drawn as the tile says. */
import type { ComponentChildren } from 'preact';
import { DAY_MS } from '../../core/limits.ts';
import type { JourneyAnswer, JourneyName } from '../../wire/journeys.ts';
import type { ChartMark } from '../charts/chart-data.ts';
import { Funnel } from '../charts/journeys/funnel.tsx';
import { Lifecycle } from '../charts/journeys/lifecycle.tsx';
import { Paths } from '../charts/journeys/paths.tsx';
import { Retention } from '../charts/journeys/retention.tsx';
import { shareText } from '../charts/journeys/share-text.ts';
import { LineChart } from '../charts/line-chart.tsx';
import { at, duration, full } from '../data/format.ts';
import { Empty } from '../parts/states.tsx';
import { Table } from '../parts/table.tsx';
import type { TileAnswer } from './board.ts';
import { QueryTile } from './query-tile.tsx';

interface TileViewProps {
  readonly answer: TileAnswer;
  readonly marks: readonly ChartMark[];
}

export function TileView({ answer: { tile, kind, answer }, marks }: TileViewProps) {
  if (kind === 'query') return <QueryTile answer={answer} chart={tile.chart} title={tile.title} marks={marks} />;
  const draw = DRAWINGS[kind] as (answer: unknown, marks: readonly ChartMark[]) => ComponentChildren;
  return <>{draw(answer, marks)}</>;
}

const nameOf = (start: string) => at(Date.parse(start), 'date');

const DRAWINGS: {
  readonly [Name in JourneyName]: (answer: JourneyAnswer<Name>, marks: readonly ChartMark[]) => ComponentChildren;
} = {
  funnel: (answer) => <Funnel answer={answer} />,
  retention: (answer) => (
    <Retention answer={answer} unit={unitOf(answer.cohorts.map(({ start }) => start))} nameOf={nameOf} />
  ),
  paths: (answer) => <Paths answer={answer} />,
  lifecycle: ({ points }) => <Lifecycle points={points} nameOf={nameOf} />,
  sessions: (answer) => <Sessions answer={answer} />,
  active: (answer, marks) => <Active answer={answer} marks={marks} />,
  frequency: (answer) => <Frequency answer={answer} />,
};

/** The interval of cohorts, by the least distance between two of them. */
function unitOf(starts: readonly string[]): 'day' | 'week' | 'month' {
  const gaps = starts.slice(1).map((start, index) => Date.parse(start) - Date.parse(starts[index]!));
  const days = Math.min(...gaps) / DAY_MS;
  return days > 20 ? 'month' : days > 3 ? 'week' : 'day';
}

function Sessions({ answer }: { readonly answer: JourneyAnswer<'sessions'> }) {
  const { sessions, people, bounceRate, duration: lasts } = answer;
  const figures: readonly (readonly [string, string])[] = [
    ['Sessions', full(sessions)],
    ['People', full(people)],
    ['Bounces', shareText(bounceRate)],
    ['Median duration', lasts.p50 === null ? '–' : duration(lasts.p50)],
  ];
  return (
    <dl class="tile-figures">
      {figures.map(([name, text]) => (
        <div key={name}>
          <dt class="muted">{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

function Active({
  answer: { days, meta },
  marks,
}: {
  readonly answer: JourneyAnswer<'active'>;
  readonly marks: readonly ChartMark[];
}) {
  if (days.length === 0) return <Empty title="Nobody was active." />;
  return (
    <LineChart
      title="Active people"
      interval="day"
      startsMs={days.map((day) => Date.parse(day.at))}
      series={[
        { label: 'on the day', values: days.map(({ dau }) => dau) },
        { label: 'in 7 days', values: days.map(({ wau }) => wau) },
        { label: 'in 30 days', values: days.map(({ mau }) => mau) },
      ]}
      asOfMs={Date.parse(meta.asOf)}
      marks={marks}
      onSelect={nothing}
    />
  );
}

/** A board has no range that a drag could set. */
export function nothing(): void {}

function Frequency({ answer: { bars } }: { readonly answer: JourneyAnswer<'frequency'> }) {
  const most = Math.max(1, ...bars.map(({ people }) => people));
  return (
    <Table
      caption="People by how often"
      rows={bars}
      keyOf={({ n }) => String(n)}
      columns={[
        {
          title: 'Times',
          share: ({ people }) => people / most,
          render: ({ n, orMore }) => <span>{`${full(n)}${orMore ? ' or more' : ''}`}</span>,
        },
        { title: 'People', isNumber: true, render: ({ people }) => full(people) },
      ]}
    />
  );
}
