/** Retention: how long events and counts are kept, and what has been dropped. */
import { useState } from 'preact/hooks';
import type { WireRetention } from '../../../wire/operate.ts';
import { change, useAsk } from '../../data/ask.ts';
import { useAttempt } from '../../data/attempt.ts';
import { NeedsAdmin } from '../../frame/needs-admin.tsx';
import { Button } from '../../parts/button.tsx';
import { Card } from '../../parts/card.tsx';
import { TextField } from '../../parts/field.tsx';
import { Answered, Empty, ErrorBox } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';

type Policy = NonNullable<WireRetention['policy']>;
type Age = 'lakeMonths' | 'hourDays' | 'dayYears';

const AGES: readonly { readonly id: Age; readonly name: string; readonly unit: string; readonly fallback: number }[] = [
  { id: 'lakeMonths', name: 'Events themselves', unit: 'months', fallback: 25 },
  { id: 'hourDays', name: 'Counts by the hour', unit: 'days', fallback: 90 },
  { id: 'dayYears', name: 'Counts by the day', unit: 'years', fallback: 5 },
];
const HEIGHT = 200;

export function Retention() {
  const asked = useAsk<WireRetention>({ path: '/v1/retention' });
  return (
    <>
      <Card title="How long data is kept">
        <Answered asked={asked} height={HEIGHT}>
          {({ policy }) => <PolicyTable policy={policy} />}
        </Answered>
      </Card>
      <Card title="Change it">
        <NeedsAdmin purpose="to change how long data is kept">
          {asked.data && <PolicyForm policy={asked.data.policy} onSaved={asked.retry} />}
        </NeedsAdmin>
      </Card>
      {asked.data && asked.data.dropped.length > 0 && (
        <Card title="Dropped so far">
          <Table
            caption="Dropped so far"
            rows={asked.data.dropped}
            keyOf={({ tier, event }) => `${tier} ${event}`}
            columns={[
              { title: 'What', render: ({ tier, event }) => event ?? tier },
              { title: 'From', render: ({ from }) => from },
              { title: 'Before', render: ({ before }) => before },
            ]}
          />
        </Card>
      )}
    </>
  );
}

function PolicyTable({ policy }: { readonly policy: Policy | null }) {
  if (policy === null) return <Empty title="Everything is kept.">No policy was set, so nothing is dropped.</Empty>;
  const events = Object.entries(policy.events);
  const ages = AGES.map(({ id, name, unit }) => ({
    name,
    age: policy[id] === null ? 'for ever' : `${policy[id]} ${unit}`,
  }));
  return (
    <Table
      caption="How long data is kept"
      rows={[...ages, ...events.map(([name, { lakeDays }]) => ({ name, age: `${lakeDays} days` }))]}
      keyOf={({ name }) => name}
      columns={[
        { title: 'Data', render: ({ name }) => name },
        { title: 'Kept', isNumber: true, render: ({ age }) => age },
      ]}
    />
  );
}

function PolicyForm({ policy, onSaved }: { readonly policy: Policy | null; readonly onSaved: () => void }) {
  const [ages, setAges] = useState<Record<Age, string>>(() => ({
    lakeMonths: textOf(policy, 'lakeMonths'),
    hourDays: textOf(policy, 'hourDays'),
    dayYears: textOf(policy, 'dayYears'),
  }));
  const [isSaved, setSaved] = useState(false);
  const { error, attempt } = useAttempt();
  const save = async (event: Event) => {
    event.preventDefault();
    const numbers = Object.fromEntries(AGES.map(({ id }) => [id, ages[id].trim() === '' ? null : Number(ages[id])]));
    const next = { ...numbers, events: policy?.events ?? {} };
    const isDone = await attempt(() => change('/v1/retention', next, 'PUT'));
    setSaved(isDone);
    if (isDone) onSaved();
  };
  return (
    <form class="policy" onSubmit={save}>
      {AGES.map(({ id, name, unit, fallback }) => (
        <TextField
          key={id}
          label={`${name}, ${unit}`}
          type="number"
          min="1"
          value={ages[id]}
          placeholder={`for ever (usual: ${fallback})`}
          onChange={(text) => setAges((before) => ({ ...before, [id]: text }))}
        />
      ))}
      <p class="muted">An empty field keeps for ever. What is dropped does not come back.</p>
      <Button kind="danger" type="submit">
        Set
      </Button>
      <p role="status">{isSaved && 'Saved. What is older is dropped with the next sweep.'}</p>
      {error && <ErrorBox error={error} />}
    </form>
  );
}

function textOf(policy: Policy | null, id: Age): string {
  const age = policy?.[id];
  return age === null || age === undefined ? '' : String(age);
}
