/** Overview: the figures of the range, over time and by what they are made of, and what happens now. */

import { useEffect } from 'preact/hooks';
import type { Catalog } from '../../../wire/catalog.ts';
import { marksOf, useAnnotations } from '../../boards/marks.ts';
import { LineChart } from '../../charts/line-chart.tsx';
import { type Asked, useAsk } from '../../data/ask.ts';
import { useDrops } from '../../data/drops.ts';
import { pageWhere, withPageBots } from '../../data/filters.ts';
import { isFirstShown, noteFirstShown } from '../../data/first.ts';
import { live, liveVersion } from '../../data/live.ts';
import { compare, earlier, range } from '../../data/range.ts';
import { params, setParams } from '../../data/router.ts';
import { Lazy } from '../../parts/lazy.tsx';
import { Answered, ErrorBox, Skeleton } from '../../parts/states.tsx';
import { Breakdowns } from './breakdowns.tsx';
import { Figures } from './figures.tsx';
import {
  type CountAnswers,
  countQuestions,
  type Line,
  lineOf,
  METRICS,
  type MetricId,
  type SessionsAnswer,
} from './metrics.ts';
import './overview.css';

const CHART_HEIGHT = 250;
/** The chart with its legend and the line that opens its table. */
const CHART_BLOCK_HEIGHT = CHART_HEIGHT + 42;
/** The card of the last half hour, with its newest events. */
const NOW_HEIGHT = 480;

export default function Overview() {
  const isFirst = useFirstRun();
  return (
    <>
      <h1 class="sr">Overview</h1>
      {isFirst ? <Lazy key="first-run" load={() => import('./first-run.tsx')} /> : <Report />}
      <Lazy key="now" load={() => import('./now.tsx')} wait={<Skeleton height={NOW_HEIGHT} />} />
    </>
  );
}

/** Whether no event has ever arrived. */
function useFirstRun(): boolean {
  const isQuiet = live.value.state !== 'starting' && live.value.latest.length === 0;
  const { data } = useAsk<Catalog>(isQuiet ? { path: '/v1/catalog?kind=event&limit=1' } : null);
  return isQuiet && data?.entries.length === 0;
}

function Report() {
  const { from, to, interval, isOpen } = range.value;
  const options = { isMoving: isOpen, version: isOpen ? liveVersion.value : 0 };
  const where = pageWhere.value;
  const counts = useAsk<CountAnswers>(
    {
      path: '/v1/query',
      body: { queries: countQuestions(range.value, where, compare.value).queries.map(withPageBots) },
    },
    options,
  );
  const byTime = withPageBots({ interval: interval === 'minute' ? 'hour' : interval, ...(where && { where }) });
  const shown = METRICS.find(({ id }) => id === params.value.get('m'))?.id ?? 'people';
  const isOfSessions = shown === 'sessions' || shown === 'bounce';
  // What the chart needs comes first, alone.
  const isWanted = isFirstShown.value || isOfSessions;
  const sessions = useAsk<SessionsAnswer>(
    isWanted ? { path: '/v1/query/sessions', body: { from, to, ...byTime } } : null,
    options,
  );
  const before = useAsk<SessionsAnswer>(
    isWanted && earlier.value ? { path: '/v1/query/sessions', body: { ...earlier.value, ...byTime } } : null,
    { isMoving: isOpen, version: 0 },
  );
  const sources = { counts: counts.data, sessions: sessions.data, earlier: earlier.value ? before.data : undefined };
  const asked: Asked<unknown> = isOfSessions ? sessions : counts;
  const isAnswered = asked.data !== undefined || asked.error !== null;
  useEffect(() => {
    if (isAnswered) noteFirstShown();
  }, [isAnswered]);
  return (
    <>
      <section class="card report" aria-label="Figures">
        {sessions.error && asked !== sessions && <ErrorBox error={sessions.error} onRetry={sessions.retry} />}
        <Figures
          sources={sources}
          hasFailed={Boolean(counts.error || sessions.error)}
          shown={shown}
          onShow={(id) => setParams({ m: id === 'people' ? null : id })}
        />
        <Answered asked={asked} height={CHART_BLOCK_HEIGHT}>
          {() => <Chart id={shown} line={lineOf(shown, sources)} />}
        </Answered>
      </section>
      <Breakdowns sessions={sessions} />
    </>
  );
}

function Chart({ id, line }: { readonly id: MetricId; readonly line: Line | null }) {
  const { data } = useAnnotations();
  const drops = useDrops();
  if (line === null) return null;
  const metric = METRICS.find((one) => one.id === id)!;
  return (
    <LineChart
      title={`${metric.name} over time`}
      interval={range.value.interval === 'minute' && id === 'sessions' ? 'hour' : range.value.interval}
      startsMs={line.startsMs}
      series={[{ label: metric.name, values: line.values, compared: line.compared }]}
      asOfMs={range.value.isOpen ? line.asOfMs : null}
      marks={marksOf(data)}
      drops={drops}
      height={CHART_HEIGHT}
      {...(metric.isShare && { format: metric.format })}
    />
  );
}
