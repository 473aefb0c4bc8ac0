/** Catalogue: the events, properties and traits that there are, how many, since when, and with which values. */
import { useState } from 'preact/hooks';
import type { Catalog, CatalogEntry, CatalogKind } from '../../../wire/catalog.ts';
import { Spark } from '../../charts/spark.tsx';
import { useAsk } from '../../data/ask.ts';
import { joinParts } from '../../data/filters.ts';
import { at } from '../../data/format.ts';
import { useSettled } from '../../data/names.ts';
import type { Answer } from '../../data/questions.ts';
import { hrefOf, params, setParams } from '../../data/router.ts';
import { Card } from '../../parts/card.tsx';
import { TextField } from '../../parts/field.tsx';
import { Num } from '../../parts/figure.tsx';
import { Answered, Empty } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { TabRow } from '../../parts/tabs.tsx';

const KINDS: readonly { readonly id: CatalogKind; readonly name: string }[] = [
  { id: 'event', name: 'Events' },
  { id: 'property', name: 'Properties' },
  { id: 'trait', name: 'Traits' },
  { id: 'column', name: 'Columns' },
];
const PAUSE_MS = 150;
const HEIGHT = 420;

export function CatalogList() {
  const kind = KINDS.find(({ id }) => id === params.value.get('kind'))?.id ?? 'event';
  const [prefix, setPrefix] = useState('');
  const settled = useSettled(prefix, PAUSE_MS);
  const query = new URLSearchParams({ kind, limit: '500', ...(settled !== '' && { prefix: settled }) });
  const asked = useAsk<Catalog>({ path: `/v1/catalog?${query}` });
  return (
    <Card
      title="Catalogue"
      actions={<TabRow tabs={KINDS} shown={kind} onShow={(id) => setParams({ kind: id === 'event' ? null : id })} />}
    >
      <TextField label="Begins with" value={prefix} onChange={setPrefix} type="search" />
      <Answered asked={asked} height={HEIGHT}>
        {({ entries, complete }) => (
          <>
            {kind !== 'column' && !complete[kind] && <p class="muted">There are more names than are listed here.</p>}
            {entries.length === 0 ? (
              <Empty title="No such names.">Names appear with the first event that has them.</Empty>
            ) : (
              <Entries kind={kind} entries={entries.filter((entry) => entry.kind === kind)} />
            )}
          </>
        )}
      </Answered>
    </Card>
  );
}

function Entries({ kind, entries }: { readonly kind: CatalogKind; readonly entries: readonly CatalogEntry[] }) {
  const volumes = useVolumes(kind === 'event');
  const day = (text: string | null) => (text === null ? '–' : at(Date.parse(text), 'date'));
  const isSampled = kind !== 'event';
  return (
    <Table
      caption={`${kind} names`}
      rows={entries}
      keyOf={({ name }) => name}
      columns={[
        { title: 'Name', render: ({ name }) => <NameLink kind={kind} name={name} /> },
        ...(kind === 'event'
          ? [
              {
                title: 'Last 14 days',
                render: ({ name }: CatalogEntry) => <Spark values={volumes.get(name) ?? []} />,
              },
            ]
          : [
              { title: 'Type', render: ({ types }: CatalogEntry) => types.join(', ') || '–' },
              {
                title: 'Values',
                render: ({ examples }: CatalogEntry) => <span class="examples muted">{examples.join(', ')}</span>,
              },
            ]),
        {
          title: 'Events, 30 days',
          isNumber: true,
          render: ({ events }) => <Num value={events} isEstimate={isSampled && events !== null} />,
        },
        { title: 'First seen', isNumber: true, render: ({ firstSeen }) => day(firstSeen) },
        { title: 'Last seen', isNumber: true, render: ({ lastSeen }) => day(lastSeen) },
      ]}
    />
  );
}

/** A name opens the question about it. */
function NameLink({ kind, name }: { readonly kind: CatalogKind; readonly name: string }) {
  const q = joinParts(['count', kind === 'event' ? name : '']);
  return (
    <a href={hrefOf('/explore', { q, ...(kind !== 'event' && { by: name }) })} data-page>
      {name}
    </a>
  );
}

/** The events of each name by day, in one question. */
function useVolumes(isWanted: boolean): ReadonlyMap<string, readonly (number | null)[]> {
  const volumes = { measure: 'count', groupBy: ['column.event'], interval: 'day', last: '14 days', top: 200 };
  const body = { ...volumes, allowUnknown: true, bots: 'include' };
  const { data } = useAsk<Answer>(isWanted ? { path: '/v1/query', body } : null);
  const series = data?.series ?? [];
  return new Map(series.map(({ key, points }) => [key['column.event'] ?? '', points.map(({ value }) => value)]));
}
