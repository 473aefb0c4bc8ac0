/** Pipeline: the way of events from their receipt to the files that are kept, for the operator. */
import type { WireShardStatus, WireStatus } from '../../../wire/operate.ts';
import { useAsk } from '../../data/ask.ts';
import { ago, at, bytes, duration, full, short } from '../../data/format.ts';
import { Card } from '../../parts/card.tsx';
import { Num } from '../../parts/figure.tsx';
import { Answered, Empty } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { CostCard } from './cost-card.tsx';
import { Facts } from './facts.tsx';
import './pipeline.css';

const EVERY_MS = 5_000;
const HEIGHT = 640;

export default function Pipeline() {
  const asked = useAsk<WireStatus>({ path: '/v1/status' }, { everyMs: EVERY_MS });
  return (
    <>
      <div class="page-head">
        <h1>Pipeline</h1>
        <p class="muted">Receipt → shards → outbox → stores → seals</p>
      </div>
      <Answered asked={asked} height={HEIGHT}>
        {(status) => (
          <div class="pipeline">
            <Now status={status} />
            <Shards shards={status.shards} />
            <Receipts status={status} />
            <Stores status={status} />
            <CostCard status={status} />
            <Failing failing={status.stored.failing} />
          </div>
        )}
      </Answered>
    </>
  );
}

function Now({ status: { asOf, tailEvents, pending, complete, shards, stored } }: { readonly status: WireStatus }) {
  const waiting = shards.reduce((sum, { waitingFlushes }) => sum + (waitingFlushes ?? 0), 0);
  const reachable = shards.filter(({ reachable: isReachable }) => isReachable).length;
  return (
    <Card title="Now">
      <Facts
        facts={[
          { name: 'Complete up to', value: asOf ? at(Date.parse(asOf), 'moment') : 'no event yet' },
          { name: 'Watermark moved', value: asOf ? ago(Date.parse(asOf)) : '–' },
          { name: 'Shards that answer', value: `${reachable} of ${shards.length}`, isBad: !complete },
          { name: 'Not stored yet', value: `${full(tailEvents)} events` },
          { name: 'Counted with the next seal', value: full(pending) },
          { name: 'Flushes in the outbox', value: full(waiting) },
          { name: 'Gaps', value: full(stored.gaps), isBad: stored.gaps > 0 },
        ]}
      />
    </Card>
  );
}

function Shards({ shards }: { readonly shards: readonly WireShardStatus[] }) {
  const sorted = [...shards].sort((a, b) => a.region.localeCompare(b.region) || a.index - b.index);
  const time = (text: string | null) => (text === null ? '–' : at(Date.parse(text), 'second'));
  return (
    <Card title="Shards by region">
      {shards.length === 0 ? (
        <Empty title="No shard has been used yet.">A shard begins with the first event.</Empty>
      ) : (
        <Table
          caption="Shards by region"
          rows={sorted}
          keyOf={({ region, index }) => `${region} ${index}`}
          columns={[
            { title: 'Shard', render: ({ region, index }) => `${region} ${index}` },
            {
              title: 'State',
              render: ({ reachable }) => (
                <span class={`badge ${reachable ? 'good' : 'bad'}`}>{reachable ? 'answers' : 'does not answer'}</span>
              ),
            },
            { title: 'Watermark', isNumber: true, render: ({ watermark }) => time(watermark) },
            { title: 'Events not stored', isNumber: true, render: ({ tailEvents }) => <Num value={tailEvents} /> },
            { title: 'Outbox', isNumber: true, render: ({ waitingFlushes }) => <Num value={waitingFlushes} /> },
            {
              title: 'Oldest in it',
              isNumber: true,
              render: ({ oldestFlushAgeMs }) =>
                oldestFlushAgeMs === null || oldestFlushAgeMs === 0 ? '–' : duration(oldestFlushAgeMs / 1_000),
            },
            {
              title: 'Stored of',
              isNumber: true,
              render: ({ storedSeq, headSeq }) => `${short(storedSeq ?? 0)} / ${short(headSeq ?? 0)}`,
            },
            { title: 'Ids remembered', isNumber: true, render: ({ rememberedIds }) => <Num value={rememberedIds} /> },
            {
              title: 'Log',
              isNumber: true,
              render: ({ logSizeBytes }) => (logSizeBytes === null ? '–' : bytes(logSizeBytes)),
            },
          ]}
        />
      )}
    </Card>
  );
}

function Receipts({ status: { stored } }: { readonly status: WireStatus }) {
  const { received, accepted, duplicate, quarantined, rejected, clamped } = stored.tally;
  return (
    <Card title="Receipts">
      <Facts
        facts={[
          { name: 'Received', value: full(received) },
          { name: 'Accepted', value: full(accepted) },
          { name: 'Duplicates', value: full(duplicate) },
          { name: 'Quarantined', value: full(quarantined) },
          { name: 'Rejected', value: full(rejected) },
          { name: 'Clocks ahead', value: full(clamped) },
        ]}
      />
    </Card>
  );
}

function Stores({ status: { stored, sealed, drift, quota } }: { readonly status: WireStatus }) {
  const { storedBytes, limits } = quota;
  return (
    <Card title="Stores and seals">
      <Facts
        facts={[
          { name: 'Events stored', value: full(stored.events) },
          { name: 'Flushes stored', value: full(stored.flushes) },
          { name: 'Latest flush', value: stored.latestAt ? ago(Date.parse(stored.latestAt)) : '–' },
          { name: 'Days sealed', value: full(sealed.days) },
          { name: 'Days to be sealed', value: full(sealed.dirtyDays) },
          { name: 'Latest seal', value: sealed.latestAt ? ago(Date.parse(sealed.latestAt)) : '–' },
          { name: 'Drift that nothing explains', value: full(drift.rest ?? 0), isBad: (drift.rest ?? 0) !== 0 },
          {
            name: 'Database',
            value: storedBytes === null ? '–' : `${bytes(storedBytes)} of ${bytes(limits.storedBytes)}`,
          },
        ]}
      />
    </Card>
  );
}

function Failing({ failing }: { readonly failing: WireStatus['stored']['failing'] }) {
  if (failing.length === 0) return null;
  return (
    <Card title="Flushes that could not be stored so far">
      <Table
        caption="Failing flushes"
        rows={failing}
        keyOf={({ incarnation, seqFrom }) => `${incarnation} ${seqFrom}`}
        columns={[
          { title: 'Shard', render: ({ region, index }) => `${region} ${index}` },
          { title: 'Error', render: ({ error }) => error },
          { title: 'Attempts', isNumber: true, render: ({ attempts }) => <Num value={attempts} /> },
          { title: 'Since', isNumber: true, render: ({ since }) => at(Date.parse(since), 'moment') },
        ]}
      />
    </Card>
  );
}
