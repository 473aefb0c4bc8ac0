/**
 * People: everybody who did something in the range, under the filters of the bar; or one person by an id.
 *
 * The list is that of the journey `frequency`: its only bar counts everybody who was active.
 */
import { useState } from 'preact/hooks';
import type { JourneyAnswer } from '../../../wire/journeys.ts';
import { useAsk } from '../../data/ask.ts';
import { full } from '../../data/format.ts';
import { go, hrefOf, params, setParams } from '../../data/router.ts';
import { journeyBase } from '../../journeys/base.ts';
import { all, type CohortDraft, did, type PageFilters, wasActive } from '../../journeys/cohort-draft.ts';
import { CohortForm } from '../../journeys/cohort-form.tsx';
import { PeopleDialog, PeopleList } from '../../journeys/people-dialog.tsx';
import { StepEventPicker } from '../../journeys/pickers.tsx';
import { usePageFilters } from '../../journeys/use-page-filters.ts';
import { Button } from '../../parts/button.tsx';
import { Card } from '../../parts/card.tsx';
import { TextField } from '../../parts/field.tsx';
import { Answered, Empty } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import '../../journeys/journeys.css';

type Frequency = JourneyAnswer<'frequency'>;
const BARS = 10;

export default function People() {
  const event = params.value.get('event') ?? '';
  const body = { ...journeyBase(), ...(event !== '' && { events: [event] }) };
  const asked = useAsk<Frequency>({ path: '/v1/query/frequency', body: { ...body, of: 'days', bars: BARS } });
  const everybody = { path: '/v1/query/frequency/people', body: { ...body, of: 'days', bars: 1, figure: { n: 1 } } };
  return (
    <>
      <h1 class="sr">People</h1>
      <div class="page-head">
        <span class="sentence">
          <span class="muted-word">who did</span>
          <StepEventPicker
            value={event}
            title="Event"
            onChoose={(chosen) => setParams({ event: chosen === '' ? null : chosen, days: null })}
          />
        </span>
        <FindPerson />
      </div>
      <div class="split">
        <Card title={<Count people={asked.data?.people} />} actions={<MakeCohort event={event} span={body} />}>
          <PeopleList key={JSON.stringify(everybody)} request={everybody} />
        </Card>
        <Card title="By the days on which they came">
          <Answered asked={asked} height={300}>
            {(answer) => <Bars answer={answer} />}
          </Answered>
        </Card>
      </div>
      <DayPeople body={{ ...body, of: 'days', bars: BARS }} />
    </>
  );
}

function Count({ people }: { readonly people: number | undefined }) {
  return <>{people === undefined ? 'People' : `${full(people)} ${people === 1 ? 'person' : 'people'}`}</>;
}

/** Opens the page of a person whose id is known. */
function FindPerson() {
  const [id, setId] = useState('');
  const open = (event: Event) => {
    event.preventDefault();
    if (id.trim() !== '') go(hrefOf('/person', { id: id.trim() }));
  };
  return (
    <form class="actions" onSubmit={open}>
      <TextField label="User id or device id" isBare placeholder="User id or device id" value={id} onChange={setId} />
      <Button type="submit">Open</Button>
    </form>
  );
}

function Bars({ answer: { people, bars } }: { readonly answer: Frequency }) {
  if (people === 0) return <Empty title="Nobody in this range.">Choose a longer range, or take a filter away.</Empty>;
  const most = Math.max(1, ...bars.map((bar) => bar.people));
  return (
    <Table
      caption="People by the number of days on which they came"
      rows={bars}
      keyOf={({ n }) => String(n)}
      columns={[
        {
          title: 'Days',
          share: (bar) => bar.people / most,
          render: ({ n, orMore }) => <span>{`${n} ${n === 1 ? 'day' : 'days'}${orMore ? ' or more' : ''}`}</span>,
        },
        {
          title: 'People',
          isNumber: true,
          render: (bar) =>
            bar.people === 0 ? (
              '0'
            ) : (
              <button
                type="button"
                class="link"
                aria-label={`Show the ${full(bar.people)} people of ${bar.n} days`}
                onClick={() => setParams({ days: String(bar.n) })}
              >
                {full(bar.people)}
              </button>
            ),
        },
      ]}
    />
  );
}

function DayPeople({ body }: { readonly body: object }) {
  const n = Number(params.value.get('days'));
  if (!Number.isInteger(n) || n < 1 || n > BARS) return null;
  return (
    <PeopleDialog
      title={`Came on ${n} ${n === 1 ? 'day' : 'days'}${n === BARS ? ' or more' : ''}`}
      request={{ path: '/v1/query/frequency/people', body: { ...body, figure: { n } } }}
      onClose={() => setParams({ days: null }, { replace: true })}
    />
  );
}

interface MakeCohortProps {
  readonly event: string;
  readonly span: { readonly from: string; readonly to: string };
}

function MakeCohort({ event, span: { from, to } }: MakeCohortProps) {
  const [isOpen, setOpen] = useState(false);
  const page = usePageFilters();
  if (page === null) return null;
  if (!isOpen) return <Button onClick={() => setOpen(true)}>Make a cohort</Button>;
  return <CohortForm draft={draftOf(event, { from, to }, page)} />;
}

function draftOf(event: string, span: { readonly from: string; readonly to: string }, page: PageFilters): CohortDraft {
  const part = event === '' ? wasActive(span, page) : did({ event, filters: [] }, span, page);
  return { name: event === '' ? 'Active people' : `Did ${event}`, who: all([part], page), isExact: true };
}
