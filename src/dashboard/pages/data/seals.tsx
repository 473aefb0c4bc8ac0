/** Seals: which days are closed, what came after, and by which causes the counts of the day differ from the live ones. */
import type { WireSeals } from '../../../wire/operate.ts';
import { useAsk } from '../../data/ask.ts';
import { at, full } from '../../data/format.ts';
import { nowMs } from '../../data/range.ts';
import { addDays, dateIn } from '../../data/zone.ts';
import { Card } from '../../parts/card.tsx';
import { Num } from '../../parts/figure.tsx';
import { Answered, Empty } from '../../parts/states.tsx';
import { type Column, Table } from '../../parts/table.tsx';

const DAYS = 60;
const HEIGHT = 420;
type Day = WireSeals['days'][number];

/** The causes by which a closed day differs from what was counted live, in the words of the page. */
const CAUSES: Readonly<Record<string, string>> = {
  duplicates: 'Duplicates',
  beyond: 'Too late to be counted live',
  expired: 'Expired',
  imported: 'Imported',
  rest: 'Unexplained',
};

export function Seals() {
  const today = dateIn('UTC', nowMs.value);
  const asked = useAsk<WireSeals>({ path: `/v1/seals?from=${addDays(today, 1 - DAYS)}&to=${today}` });
  return (
    <Card title={`Days of the last ${DAYS} days, in UTC`}>
      <p class="muted">
        A day is closed once its late events are in. Its events are then counted again, each once; what differs from the
        live count is listed by its cause.
      </p>
      <Answered asked={asked} height={HEIGHT}>
        {({ days }) => (days.length === 0 ? <Empty title="No day has events yet." /> : <Days days={days} />)}
      </Answered>
    </Card>
  );
}

function Days({ days }: { readonly days: readonly Day[] }) {
  const causes = Object.keys(CAUSES).filter((cause) => days.some(({ drift }) => (drift[cause] ?? 0) !== 0));
  const columns: readonly Column<Day>[] = [
    { title: 'Day', render: ({ day }) => day },
    { title: 'State', render: (day) => <State day={day} /> },
    { title: 'Events', isNumber: true, render: ({ events, sealedAt }) => <Num value={sealedAt ? events : null} /> },
    { title: 'People', isNumber: true, render: ({ people, sealedAt }) => <Num value={sealedAt ? people : null} /> },
    {
      title: 'Counted live',
      isNumber: true,
      render: ({ drift, sealedAt }) => <Num value={sealedAt ? (drift.live ?? null) : null} />,
    },
    ...causes.map((cause) => ({
      title: CAUSES[cause]!,
      isNumber: true,
      render: ({ drift, sealedAt }: Day) => <Num value={sealedAt ? (drift[cause] ?? 0) : null} />,
    })),
  ];
  return (
    <Table caption="Days with their drift" rows={[...days].reverse()} keyOf={({ day }) => day} columns={columns} />
  );
}

function State({ day: { sealedAt, dirty, revision } }: { readonly day: Day }) {
  if (sealedAt === null) return <span class="badge">open</span>;
  const title = `Closed ${full(revision)} ${revision === 1 ? 'time' : 'times'}, last ${at(Date.parse(sealedAt), 'moment')}`;
  return (
    <span class={`badge ${dirty ? 'warn' : 'good'}`} title={title}>
      {dirty ? 'late events wait' : 'closed'}
    </span>
  );
}
