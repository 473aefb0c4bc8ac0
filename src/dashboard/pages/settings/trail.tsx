/** Trail: who made, revoked and deleted what. */
import type { WireAudit } from '../../../wire/audit.ts';
import { useAsk } from '../../data/ask.ts';
import { at } from '../../data/format.ts';
import { NeedsAdmin } from '../../frame/needs-admin.tsx';
import { Card } from '../../parts/card.tsx';
import { Num } from '../../parts/figure.tsx';
import { Answered, Empty } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';

const HEIGHT = 240;

export function Trail() {
  return (
    <NeedsAdmin purpose="to see the trail">
      <List />
    </NeedsAdmin>
  );
}

function List() {
  const asked = useAsk<WireAudit>({ path: '/v1/audit' });
  return (
    <Card title="Who did what">
      <Answered asked={asked} height={HEIGHT}>
        {({ entries }) =>
          entries.length === 0 ? (
            <Empty title="Nothing was made or revoked yet." />
          ) : (
            <Table
              caption="Who did what"
              rows={entries}
              keyOf={({ at: time, action, subject }, index) => `${time} ${action} ${subject} ${index}`}
              columns={[
                { title: 'When', render: (entry) => at(Date.parse(entry.at), 'moment') },
                { title: 'What', render: ({ action }) => action },
                { title: 'By', render: ({ actor }) => <code>{actor}</code> },
                { title: 'Subject', render: ({ subject }) => (subject === null ? '–' : <code>{subject}</code>) },
                { title: 'Times', isNumber: true, render: ({ count }) => <Num value={count} /> },
              ]}
            />
          )
        }
      </Answered>
    </Card>
  );
}
