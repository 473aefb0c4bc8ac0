/** Sessions: how many, how long, where they begin and end; and the latest ones, each with what was done in it. */

import type { EventListAnswer } from '../../../wire/events.ts';
import type { JourneyAnswer } from '../../../wire/journeys.ts';
import { AddToBoard } from '../../boards/add-to-board.tsx';
import { keptQuestion } from '../../boards/board.ts';
import { marksOf, useAnnotations } from '../../boards/marks.ts';
import { SessionList } from '../../charts/journeys/session-list.tsx';
import { shareText } from '../../charts/journeys/share-text.ts';
import { LineChart } from '../../charts/line-chart.tsx';
import { useAsk } from '../../data/ask.ts';
import { useDrops } from '../../data/drops.ts';
import { duration, full } from '../../data/format.ts';
import { earlier, range } from '../../data/range.ts';
import { hrefOf, params, setParams } from '../../data/router.ts';
import { journeyBase } from '../../journeys/base.ts';
import { Card } from '../../parts/card.tsx';
import { Delta, Num } from '../../parts/figure.tsx';
import { Menu } from '../../parts/menu.tsx';
import { Answered, Empty } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { ValueButton } from '../../parts/value-button.tsx';
import '../../journeys/journeys.css';

type Sessions = JourneyAnswer<'sessions'>;

const GAPS = [300, 900, 1_800, 3_600, 7_200];
const GAP_DEFAULT = 1_800;

export default function SessionsPage() {
  const { interval } = range.value;
  const gapSeconds = GAPS.find((gap) => gap === Number(params.value.get('gap'))) ?? GAP_DEFAULT;
  const body = { ...journeyBase(), gapSeconds, interval: interval === 'minute' ? 'hour' : interval };
  const asked = useAsk<Sessions>({ path: '/v1/query/sessions', body });
  const before = earlier.value;
  const { data: compared } = useAsk<Sessions>(before && { path: '/v1/query/sessions', body: { ...body, ...before } });
  return (
    <>
      <h1 class="sr">Sessions</h1>
      <div class="sentence">
        <span class="muted-word">a session ends after</span>
        <Menu
          label={<b>{duration(gapSeconds).replace(' 0 s', '').replace(' 0 m', '')}</b>}
          title="Longest pause within a session"
          items={GAPS.map((gap) => ({
            label: duration(gap).replace(' 0 s', '').replace(' 0 m', ''),
            isChosen: gap === gapSeconds,
            onChoose: () => setParams({ gap: gap === GAP_DEFAULT ? null : String(gap) }),
          }))}
        />
        <span class="muted-word">without an event</span>
      </div>
      <Card
        title="Sessions"
        actions={
          <AddToBoard
            title="Sessions"
            question={{ chart: 'journey', journey: { kind: 'sessions', question: keptQuestion(body) } }}
          />
        }
      >
        <Answered asked={asked} height={360}>
          {(answer) =>
            answer.sessions === 0 ? (
              <NoSessions />
            ) : (
              <Figures answer={answer} compared={compared} interval={body.interval} />
            )
          }
        </Answered>
      </Card>
      <div class="split">
        <Card title="First page">
          <Answered asked={asked} height={300}>
            {({ entries }) => <Pages caption="Sessions by their first page" pages={entries} />}
          </Answered>
        </Card>
        <Card title="Last page">
          <Answered asked={asked} height={300}>
            {({ exits }) => <Pages caption="Sessions by their last page" pages={exits} />}
          </Answered>
        </Card>
      </div>
      <Latest />
    </>
  );
}

function NoSessions() {
  return <Empty title="No session in this range.">Choose a longer range, or take a filter away.</Empty>;
}

interface FiguresProps {
  readonly answer: Sessions;
  readonly compared: Sessions | undefined;
  readonly interval: 'hour' | 'day' | 'week' | 'month';
}

function Figures({ answer, compared, interval }: FiguresProps) {
  const marks = marksOf(useAnnotations().data);
  const drops = useDrops();
  const { sessions, people, bounceRate, duration: lasts, events, points = [], open, meta } = answer;
  return (
    <>
      <dl class="figures-row">
        <Figure name="Sessions" now={sessions} before={compared?.sessions} />
        <Figure name="People" now={people} before={compared?.people} />
        <Figure name="Bounces" now={bounceRate} before={compared?.bounceRate} format={shareText} isInverse isShare />
        <Figure name="Median duration" now={lasts.p50} before={compared?.duration.p50} format={duration} />
        <Figure name="Events a session" now={events.mean} before={compared?.events.mean} format={oneDigit} />
      </dl>
      <LineChart
        title="Sessions"
        interval={interval}
        startsMs={points.map(({ at }) => Date.parse(at))}
        series={[
          { label: 'Sessions', values: points.map((point) => point.sessions) },
          { label: 'Bounces', values: points.map(({ bounces }) => bounces) },
        ]}
        asOfMs={Date.parse(meta.asOf)}
        marks={marks}
        drops={drops}
      />
      {open > 0 && <p class="muted small">{full(open)} of them may still go on.</p>}
    </>
  );
}

function oneDigit(value: number): string {
  return full(Math.round(value * 10) / 10);
}

interface FigureProps {
  readonly name: string;
  readonly now: number | null;
  readonly before: number | null | undefined;
  readonly format?: (value: number) => string;
  readonly isInverse?: boolean;
  readonly isShare?: boolean;
}

function Figure({ name, now, before, format, isInverse = false, isShare = false }: FigureProps) {
  return (
    <div class="figure-box">
      <dt class="muted">{name}</dt>
      <dd>
        <b>
          <Num value={now} {...(format && { format })} />
        </b>
        <Delta now={now} before={before} isInverse={isInverse} isShare={isShare} />
      </dd>
    </div>
  );
}

interface PagesProps {
  readonly caption: string;
  readonly pages: Sessions['entries'];
}

function Pages({ caption, pages }: PagesProps) {
  const most = Math.max(1, ...pages.map((row) => row.sessions));
  if (pages.length === 0) return <Empty title="No page was seen." />;
  return (
    <Table
      caption={caption}
      rows={pages}
      keyOf={({ page, other }) => `${other} ${page}`}
      columns={[
        {
          title: 'Page',
          share: (row) => row.sessions / most,
          render: ({ page, other }) =>
            other ? <span>all others</span> : <ValueButton property="column.path" value={page} absent="(no page)" />,
        },
        { title: 'Sessions', isNumber: true, render: (row) => full(row.sessions) },
        {
          title: 'Bounces',
          isNumber: true,
          render: (row) => shareText(row.sessions === 0 ? null : row.bounces / row.sessions),
        },
      ]}
    />
  );
}

const LATEST = 100;

/** The newest events, put together into sessions. They know nothing of the filters, and the page says so. */
function Latest() {
  const asked = useAsk<EventListAnswer>({ path: `/v1/events?limit=${LATEST}` });
  return (
    <Card title="Latest sessions">
      <p class="muted small">From the newest {LATEST} events of everybody, whatever the filters.</p>
      <Answered asked={asked} height={300}>
        {({ events }) =>
          events.length === 0 ? (
            <Empty title="No event in the last day." />
          ) : (
            <SessionList events={events} hrefOf={(id) => hrefOf('/person', { id })} />
          )
        }
      </Answered>
    </Card>
  );
}
