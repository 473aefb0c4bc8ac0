/** Arrivals: events as they come, with their verdicts. A refused one says why, and where the code is explained. */
import type { ArrivalsAnswer, Verdict, WireArrival, WireRefusal } from '../../../wire/live.ts';
import { useAsk } from '../../data/ask.ts';
import { ago, at, full } from '../../data/format.ts';
import { params, setParams } from '../../data/router.ts';
import { Card } from '../../parts/card.tsx';
import { Answered, Empty } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { TabRow } from '../../parts/tabs.tsx';

const EVERY_MS = 2_000;
const LIMIT = 100;
const HEIGHT = 420;

const VERDICTS: readonly { readonly id: Verdict; readonly name: string; readonly look: string }[] = [
  { id: 'accepted', name: 'Accepted', look: 'good' },
  { id: 'duplicate', name: 'Duplicate', look: '' },
  { id: 'refused', name: 'Refused', look: 'bad' },
];
const ALL = { id: 'all', name: 'All' } as const;

export function Arrivals() {
  const verdict = VERDICTS.find(({ id }) => id === params.value.get('verdict'))?.id;
  const query = new URLSearchParams({ limit: String(LIMIT), ...(verdict && { verdict }) });
  const asked = useAsk<ArrivalsAnswer>({ path: `/v1/arrivals?${query}` }, { everyMs: EVERY_MS });
  const counts = asked.data?.counts;
  return (
    <Card
      title="Newest arrivals"
      actions={
        <TabRow
          tabs={[ALL, ...VERDICTS.map(({ id, name }) => ({ id, name: counts ? `${name} ${full(counts[id])}` : name }))]}
          shown={verdict ?? ALL.id}
          onShow={(id) => setParams({ verdict: id === ALL.id ? null : id })}
        />
      }
    >
      <Answered asked={asked} height={HEIGHT}>
        {(answer) => <List answer={answer} />}
      </Answered>
    </Card>
  );
}

function List({ answer: { arrivals, complete, kept } }: { readonly answer: ArrivalsAnswer }) {
  return (
    <>
      {!complete && <p class="error">A part of the platform did not answer, so some arrivals are missing here.</p>}
      {kept.notKept > 0 && (
        <p class="muted">
          {full(kept.notKept)} refusals of the last day were counted and not kept, because they were many.
        </p>
      )}
      {arrivals.length === 0 ? (
        <Empty title="Nothing arrived in the last minutes.">
          Accepted events show here until they are stored, refused ones for a day.
        </Empty>
      ) : (
        <Table
          caption="Newest arrivals"
          rows={arrivals}
          keyOf={keyOf}
          columns={[
            { title: 'Verdict', render: (arrival) => <VerdictBadge verdict={arrival.verdict} /> },
            { title: 'Event', render: (arrival) => <EventWords arrival={arrival} /> },
            { title: 'Source', render: ({ source, keyClass }) => [source, keyClass].filter(Boolean).join(', ') || '–' },
            { title: 'Received', isNumber: true, render: ({ receivedAt }) => <Received at={receivedAt} /> },
          ]}
        />
      )}
    </>
  );
}

function keyOf(arrival: WireArrival, index: number): string {
  return arrival.verdict === 'refused' ? arrival.ref : `${arrival.id} ${arrival.receivedAt} ${index}`;
}

function VerdictBadge({ verdict }: { readonly verdict: Verdict }) {
  return <span class={`badge ${VERDICTS.find(({ id }) => id === verdict)?.look ?? ''}`}>{verdict}</span>;
}

function Received({ at: text }: { readonly at: string }) {
  const atMs = Date.parse(text);
  return <span title={ago(atMs)}>{at(atMs, 'second')}</span>;
}

function EventWords({ arrival }: { readonly arrival: WireArrival }) {
  if (arrival.verdict === 'refused') return <RefusalWords refusal={arrival} />;
  const { event, type, path, person, country } = arrival;
  const facts = [path, country, person && `person ${person}`].filter(Boolean).join(' · ');
  return (
    <span>
      {event || type} <span class="muted small">{facts}</span>
    </span>
  );
}

/** Why it was refused, in whose words, and how to mend it. */
function RefusalWords({ refusal }: { readonly refusal: WireRefusal }) {
  const { code, reason, pointer, body, bodyTruncated, whole, event, userAgent, keyHint, path } = refusal;
  return (
    <details class="refusal">
      <summary>
        {event ?? (whole ? 'the whole request' : 'an event')} <code>{code}</code>
      </summary>
      <p>{reason}</p>
      <dl>
        {pointer !== null && pointer !== '' && <Fact name="At">{pointer}</Fact>}
        <Fact name="Call">{path}</Fact>
        <Fact name="Key">{keyHint}…</Fact>
        {userAgent && <Fact name="Sent by">{userAgent}</Fact>}
      </dl>
      {body !== null && (
        <pre>
          <code>
            {body}
            {bodyTruncated ? '…' : ''}
          </code>
        </pre>
      )}
      <p>
        <a href={`/docs/errors#${code}`}>How to mend it</a>
      </p>
    </details>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: string | readonly string[] }) {
  return (
    <div>
      <dt class="muted">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
