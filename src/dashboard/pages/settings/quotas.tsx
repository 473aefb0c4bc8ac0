/** Quotas: what the tenant may use. The operator changes them with the root key, which this page does not take. */
import type { WireStatus } from '../../../wire/operate.ts';
import { useAsk } from '../../data/ask.ts';
import { bytes, full } from '../../data/format.ts';
import { session } from '../../data/session.ts';
import { Card } from '../../parts/card.tsx';
import { Snippet } from '../../parts/copy.tsx';
import { Answered } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';

const HEIGHT = 260;

export function Quotas() {
  const asked = useAsk<WireStatus>({ path: '/v1/status' });
  return (
    <>
      <Card title="What the tenant may use">
        <Answered asked={asked} height={HEIGHT}>
          {({ quota: { limits, storedBytes } }) => (
            <Table
              caption="Quotas"
              rows={[
                { name: 'Events a minute', limit: full(limits.eventsPerMinute), used: '' },
                { name: 'Questions a minute', limit: full(limits.questionsPerMinute), used: '' },
                { name: 'Days of imports a minute', limit: full(limits.daysPerMinute), used: '' },
                { name: 'Events a day that link ids', limit: full(limits.linksPerDay), used: '' },
                {
                  name: 'Bytes of the database',
                  limit: bytes(limits.storedBytes),
                  used: storedBytes === null ? '' : bytes(storedBytes),
                },
              ]}
              keyOf={({ name }) => name}
              columns={[
                { title: 'Quota', render: ({ name }) => name },
                { title: 'Limit', isNumber: true, render: ({ limit }) => limit },
                { title: 'Used', isNumber: true, render: ({ used }) => used || '–' },
              ]}
            />
          )}
        </Answered>
      </Card>
      <Card title="Change a quota">
        <p>With the root key, from a terminal. A null gives back the default.</p>
        <Snippet
          text={`curl -X PUT ${location.origin}/v1/tenants/${session.value?.tenant}/quota \\
  -H "authorization: Bearer $TIDEMARK_ROOT_KEY" -H 'content-type: application/json' \\
  -d '{"eventsPerMinute": 600000}'`}
        />
      </Card>
    </>
  );
}
