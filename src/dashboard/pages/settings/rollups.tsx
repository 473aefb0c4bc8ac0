/** Rollups: what is counted ahead, so that questions about it answer at once. */
import { useState } from 'preact/hooks';
import type { WireRollup } from '../../../wire/rollups.ts';
import { change, useAsk } from '../../data/ask.ts';
import { useAttempt } from '../../data/attempt.ts';
import { isAdmin } from '../../data/session.ts';
import { NeedsAdmin } from '../../frame/needs-admin.tsx';
import { Button } from '../../parts/button.tsx';
import { Card } from '../../parts/card.tsx';
import { TextField } from '../../parts/field.tsx';
import { Answered, ErrorBox } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';

const HEIGHT = 240;

export function Rollups() {
  const asked = useAsk<{ rollups: readonly WireRollup[] }>({ path: '/v1/rollups' });
  const { error, attempt } = useAttempt();
  const remove = async (id: string) => {
    if (await attempt(() => change(`/v1/rollups/${id}`, undefined, 'DELETE'))) asked.retry();
  };
  return (
    <>
      <Card title="What is counted ahead">
        {error && <ErrorBox error={error} />}
        <Answered asked={asked} height={HEIGHT}>
          {({ rollups }) => <List rollups={rollups} onRemove={remove} />}
        </Answered>
      </Card>
      <Card title="Count something ahead">
        <NeedsAdmin purpose="to add a rollup">
          <NewRollup onMade={asked.retry} />
        </NeedsAdmin>
      </Card>
    </>
  );
}

function List({
  rollups,
  onRemove,
}: {
  readonly rollups: readonly WireRollup[];
  readonly onRemove: (id: string) => void;
}) {
  return (
    <Table
      caption="Rollups"
      rows={rollups}
      keyOf={({ id }) => id}
      columns={[
        { title: 'Rollup', render: ({ name }) => name },
        { title: 'By', render: ({ dimensions }) => dimensions.join(', ') || 'the whole' },
        { title: 'Statistics of', render: ({ numbers }) => numbers.join(', ') || '–' },
        {
          title: 'Only',
          render: ({ where }) => (where === undefined ? 'all events' : <code>{JSON.stringify(where)}</code>),
        },
        {
          title: <span class="sr">Remove</span>,
          isNumber: true,
          render: ({ id, builtIn }) =>
            builtIn ? (
              <span class="badge">built in</span>
            ) : (
              isAdmin.value && (
                <Button kind="quiet" onClick={() => onRemove(id)}>
                  Remove
                </Button>
              )
            ),
        },
      ]}
    />
  );
}

function NewRollup({ onMade }: { readonly onMade: () => void }) {
  const [name, setName] = useState('');
  const [dimensions, setDimensions] = useState('');
  const [numbers, setNumbers] = useState('');
  const { error, attempt } = useAttempt();
  const save = async (event: Event) => {
    event.preventDefault();
    const rollup = { name, dimensions: listOf(dimensions), numbers: listOf(numbers) };
    if (!(await attempt(() => change('/v1/rollups', rollup)))) return;
    setName('');
    onMade();
  };
  return (
    <form class="policy" onSubmit={save}>
      <TextField label="Name" value={name} onChange={setName} required />
      <TextField
        label="By (properties, with commas)"
        value={dimensions}
        onChange={setDimensions}
        placeholder="plan, country"
      />
      <TextField label="Statistics of (properties)" value={numbers} onChange={setNumbers} placeholder="value" />
      <Button kind="primary" type="submit" disabled={name.trim() === ''}>
        Add
      </Button>
      {error && <ErrorBox error={error} />}
    </form>
  );
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
