/** Now: the last 30 minutes by the minute and the newest events, as they come. */
import { LineChart } from '../../charts/line-chart.tsx';
import { at, full } from '../../data/format.ts';
import { live } from '../../data/live.ts';
import { demoKeys, session } from '../../data/session.ts';
import { Card } from '../../parts/card.tsx';
import { Lazy } from '../../parts/lazy.tsx';
import { Empty, ErrorBox, Skeleton } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import './now.css';

const ROWS = 10;

const VIA_WORDS = {
  socket: 'Events show as they arrive.',
  events: 'Events show as they arrive.',
  questions: 'The live stream does not come through: events are asked for every two seconds.',
} as const;

/** One decimal of a number that is small. */
function rate(perSecond: number): string {
  return perSecond >= 100 ? full(Math.round(perSecond)) : perSecond.toFixed(1);
}

export default function Now() {
  const { state, error, via, startsMs, events, eventsTotal, people, perSecond, latest, gap } = live.value;
  const demo = demoKeys.value;
  const isDemo = demo !== null && demo.tenant === session.value?.tenant;
  return (
    <Card
      title="Last 30 minutes"
      actions={
        <output
          id="state"
          class="badge"
          data-state={state}
          data-via={via ?? 'questions'}
          title={VIA_WORDS[via ?? 'questions']}
        >
          {state}
        </output>
      }
      class="now"
    >
      {error && state === 'failing' && <ErrorBox error={error} />}
      {gap !== '' && <p class="error">{gap}</p>}
      <div class="now-columns">
        <div>
          <dl class="now-totals">
            <div>
              <dt>Events</dt>
              <dd id="events-total">{full(eventsTotal)}</dd>
            </div>
            <div>
              <dt>People</dt>
              <dd id="people-total">{full(people)}</dd>
            </div>
            <div>
              <dt>Events a second</dt>
              <dd id="events-rate">{perSecond === null ? '–' : rate(perSecond)}</dd>
            </div>
          </dl>
          {startsMs.length === 0 ? (
            state !== 'failing' && <Skeleton height={170} />
          ) : (
            <LineChart
              title="Events by the minute"
              kind="bar"
              interval="minute"
              startsMs={startsMs}
              series={[{ label: 'Events', values: events }]}
              height={150}
              onSelect={() => {}}
            />
          )}
          {isDemo && <Lazy load={() => import('./send-form.tsx')} keys={demo} />}
        </div>
        <div id="latest">
          {latest.length === 0 ? (
            <Empty title="No events in the last 24 hours.">The newest events show here as they arrive.</Empty>
          ) : (
            <Table
              caption="Newest events"
              rows={latest.slice(0, ROWS)}
              keyOf={({ id, timestamp }) => `${timestamp} ${id}`}
              columns={[
                { title: 'Event', render: ({ event, type }) => <span class="now-event">{event || type}</span> },
                {
                  title: 'Person',
                  render: ({ userId, anonymousId }) => <span class="now-person">{userId ?? anonymousId ?? '–'}</span>,
                },
                { title: 'Properties', render: ({ properties }) => <Properties value={properties} /> },
                { title: 'Time', isNumber: true, render: ({ timestamp }) => at(Date.parse(timestamp), 'second') },
              ]}
            />
          )}
        </div>
      </div>
    </Card>
  );
}

function Properties({ value }: { readonly value: object }) {
  const text = Object.keys(value).length === 0 ? '' : JSON.stringify(value);
  return (
    <span class="now-properties muted" title={text}>
      {text}
    </span>
  );
}
