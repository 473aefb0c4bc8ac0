/** Limits: the requests that were refused for now, over time and by their reason, and what to do about each. */
import type { ThrottledAnswer } from '../../../wire/live/throttled.ts';
import { LineChart } from '../../charts/line-chart.tsx';
import { useAsk } from '../../data/ask.ts';
import { at } from '../../data/format.ts';
import { nowMs } from '../../data/range.ts';
import { params, setParams } from '../../data/router.ts';
import { timezone } from '../../data/session.ts';
import { addDays, dateIn, startOfDate } from '../../data/zone.ts';
import { Card } from '../../parts/card.tsx';
import { Num } from '../../parts/figure.tsx';
import { Answered, Empty } from '../../parts/states.tsx';
import { TabRow } from '../../parts/tabs.tsx';
import { bucketsOf } from './limit-buckets.ts';

const SPANS = [
  { id: '2d', name: '2 days', days: 2, interval: 'hour' },
  { id: '7d', name: '7 days', days: 7, interval: 'hour' },
  { id: '31d', name: '31 days', days: 31, interval: 'day' },
  { id: '90d', name: '90 days', days: 90, interval: 'day' },
] as const;
const DEFAULT_SPAN = SPANS[1];
const HEIGHT = 420;
const CHART_HEIGHT = 200;

type Span = (typeof SPANS)[number];
type Code = ThrottledAnswer['codes'][number];

export function Limits() {
  const span = SPANS.find(({ id }) => id === params.value.get('span')) ?? DEFAULT_SPAN;
  const zone = timezone.value;
  const from = addDays(dateIn(zone, nowMs.value), 1 - span.days);
  const asked = useAsk<ThrottledAnswer>({ path: `/v1/throttled?from=${from}` }, { everyMs: 10_000 });
  return (
    <Card
      title="Requests refused for now"
      actions={
        <TabRow tabs={SPANS} shown={span.id} onShow={(id) => setParams({ span: id === DEFAULT_SPAN.id ? null : id })} />
      }
    >
      <p class="muted">
        Requests over a quota of the tenant, or that came while there was no room. SDKs send their events again until
        they are taken, so a request that waits counts each time it is refused.
      </p>
      <Answered asked={asked} height={HEIGHT}>
        {(answer) => <Shown answer={answer} span={span} startMs={startOfDate(zone, from)} />}
      </Answered>
    </Card>
  );
}

interface ShownProps {
  readonly answer: ThrottledAnswer;
  readonly span: Span;
  readonly startMs: number;
}

function Shown({ answer, span, startMs }: ShownProps) {
  const { codes, complete } = answer;
  if (!complete) return <p class="error">The counts could not be read just now. They are asked for again.</p>;
  if (codes.length === 0)
    return (
      <Empty title="Nothing was refused in this time.">
        The tenant stayed within its quotas, and there was room for every request.
      </Empty>
    );
  const { interval } = span;
  const { startsMs, series } = bucketsOf(answer, { interval, zone: timezone.value, startMs, endMs: nowMs.value });
  return (
    <>
      <LineChart
        title="Requests refused for now"
        kind="bar"
        interval={interval}
        startsMs={startsMs}
        series={series}
        height={CHART_HEIGHT}
        onSelect={() => {}}
      />
      <ul class="limit-list" aria-label="Reasons for which requests were refused">
        {codes.map((code) => (
          <Reason key={code.code} code={code} />
        ))}
      </ul>
    </>
  );
}

function Reason({ code: { code, kind, requests, firstAt, lastAt, meaning, advice } }: { readonly code: Code }) {
  const first = at(Date.parse(firstAt), 'moment');
  const last = at(Date.parse(lastAt), 'moment');
  return (
    <li>
      <p class="limit-head">
        <a href={`/docs/errors#${code}`}>{code}</a>
        <span class={`badge ${kind === 'events' ? 'bad' : ''}`}>{kind === 'events' ? 'sending' : 'asking'}</span>
        <span class="num">
          <Num value={requests} /> {requests === 1 ? 'request' : 'requests'}
        </span>
        <span class="muted small">{first === last ? first : `${first} – ${last}`}</span>
      </p>
      <p>{withCode(meaning)}</p>
      <p class="muted">{advice}</p>
    </li>
  );
}

/** The text with its parts between backticks as code. */
function withCode(text: string) {
  return text.split('`').map((part, i) => (i % 2 === 0 ? part : <code key={part}>{part}</code>));
}
