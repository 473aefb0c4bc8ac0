/** Session list: the sessions of many people, the newest first, each with its length, its pages and its person. */
import type { ListedEvent } from '../../../wire/events.ts';
import { at, duration, full } from '../../data/format.ts';
import { Table } from '../../parts/table.tsx';
import { sessionsByPerson } from './sessions-layout.ts';

interface SessionListProps {
  readonly events: readonly ListedEvent[];
  /** The address of a person's page. */
  readonly hrefOf: (id: string) => string;
}

export function SessionList({ events, hrefOf }: SessionListProps) {
  return (
    <Table
      caption="Latest sessions"
      rows={sessionsByPerson(events)}
      keyOf={({ id, session }) => `${id} ${session.startMs}`}
      height={420}
      columns={[
        {
          title: 'Person',
          render: ({ id }) => (
            <a href={hrefOf(id)} data-page>
              {id}
            </a>
          ),
        },
        { title: 'Began', isNumber: true, render: ({ session }) => at(session.startMs, 'moment') },
        {
          title: 'Lasted',
          isNumber: true,
          render: ({ session: { startMs, endMs } }) => (endMs > startMs ? duration((endMs - startMs) / 1_000) : '–'),
        },
        { title: 'Events', isNumber: true, render: ({ session }) => full(session.count) },
        { title: 'First page', render: ({ session }) => session.entry ?? '–' },
        { title: 'Last page', render: ({ session }) => session.exit ?? '–' },
      ]}
    />
  );
}
