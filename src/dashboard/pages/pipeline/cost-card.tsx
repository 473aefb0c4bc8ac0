/** Cost card: what the events of the month cost so far, by list prices. */
import type { WireStatus } from '../../../wire/operate.ts';
import { useAsk } from '../../data/ask.ts';
import { full, short } from '../../data/format.ts';
import type { Answer } from '../../data/questions.ts';
import { Card } from '../../parts/card.tsx';
import { Answered } from '../../parts/states.tsx';
import { costsOf, dollars, monthOf } from './costs.ts';
import { Facts } from './facts.tsx';

const HEIGHT = 96;
const HOUR_MS = 3_600_000;

export function CostCard({ status }: { readonly status: WireStatus }) {
  const nowMs = Date.now();
  const { startMs, share, name } = monthOf(nowMs);
  // Up to the whole hour: a question that moves with the seconds would be another one at each look.
  const endMs = Math.ceil(nowMs / HOUR_MS) * HOUR_MS;
  const [from, to] = [startMs, endMs].map((ms) => new Date(ms).toISOString());
  const asked = useAsk<Answer>({ path: '/v1/query', body: { measure: 'count', from, to, bots: 'include' } });
  return (
    <Card title={`Costs of ${name} so far`}>
      <Answered asked={asked} height={HEIGHT}>
        {({ series }) => {
          const events = series[0]?.total ?? 0;
          const eventsPerRequest = eventsPerRow(status);
          const { requests, receipt, storing, storage, total } = costsOf({
            events,
            eventsPerRequest,
            storedBytes: status.quota.storedBytes,
            monthShare: share,
          });
          return (
            <>
              <Facts
                facts={[
                  { name: 'Together', value: `≈ ${dollars(total)}` },
                  {
                    name: `Receipt of ${short(Math.round(requests))} ${Math.round(requests) === 1 ? 'request' : 'requests'}`,
                    value: dollars(receipt),
                  },
                  { name: `Storing ${short(events)} events`, value: dollars(storing) },
                  { name: 'Database', value: dollars(storage) },
                ]}
              />
              <p class="muted small">
                An estimate by list prices, beyond what a plan includes: {full(events)} events that happened this month,{' '}
                {eventsPerRequest.toFixed(1)} to a request as in all that the shards have taken. Questions, logs and
                files come on top.
              </p>
            </>
          );
        }}
      </Answered>
    </Card>
  );
}

/** Events to a row of the shards' logs: a request writes one row. */
function eventsPerRow({ stored, tailEvents, shards }: WireStatus): number {
  const rows = shards.reduce((sum, { headSeq }) => sum + (headSeq ?? 0), 0);
  return rows === 0 ? 1 : Math.max(1, (stored.events + tailEvents) / rows);
}
