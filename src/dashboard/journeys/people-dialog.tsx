/** People dialog: who is counted in a figure, page by page; each opens the person's page, and all can become a cohort. */

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { FunnelPeopleAnswer } from '../../wire/journeys.ts';
import type { AskRequest } from '../data/ask.ts';
import { full } from '../data/format.ts';
import { useListing } from '../data/listing.ts';
import { hrefOf } from '../data/router.ts';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Answered, Empty } from '../parts/states.tsx';
import { Table } from '../parts/table.tsx';
import type { CohortDraft } from './cohort-draft.ts';
import { CohortForm } from './cohort-form.tsx';
import './journeys.css';

export type ListedPerson = FunnelPeopleAnswer['people'][number];

interface PeopleDialogProps {
  readonly title: string;
  /** How many people they are. Default: not said. */
  readonly count?: number | undefined;
  /** A call that lists people, without its page. */
  readonly request: AskRequest;
  /** The cohort that these people could become. Default: none can be made. */
  readonly draft?: CohortDraft | null;
  /** Further things to do with them. */
  readonly actions?: ComponentChildren;
  readonly onClose: () => void;
}

export function PeopleDialog({ title, count, request, draft = null, actions, onClose }: PeopleDialogProps) {
  const [isMaking, setMaking] = useState(false);
  return (
    <Dialog title={title} onClose={onClose}>
      {count !== undefined && (
        <p class="muted">
          {full(count)} {count === 1 ? 'person' : 'people'}
        </p>
      )}
      <PeopleList key={JSON.stringify(request)} request={request} />
      <div class="actions">
        {draft && !isMaking && (
          <Button kind="primary" onClick={() => setMaking(true)}>
            Make a cohort of these
          </Button>
        )}
        {actions}
      </div>
      {draft && isMaking && <CohortForm draft={draft} />}
    </Dialog>
  );
}

const PAGE = 50;

/** The people of a call. Further pages follow below those that are there. */
export function PeopleList({ request }: { readonly request: AskRequest }) {
  const { asked, items: people, more } = useListing(request, PAGE, (page: FunnelPeopleAnswer) => page.people);
  return (
    <Answered asked={asked} height={220}>
      {() =>
        people.length === 0 ? (
          <Empty title="Nobody is in it." />
        ) : (
          <div class="people-list">
            <PeopleTable people={people} />
            {more && <Button onClick={more}>Show {PAGE} more</Button>}
          </div>
        )
      }
    </Answered>
  );
}

export function PeopleTable({ people }: { readonly people: readonly ListedPerson[] }) {
  const person = { title: 'Person', render: (one: ListedPerson) => <PersonLink person={one} /> };
  const device = {
    title: 'Device',
    render: (one: ListedPerson) => (one.userId === null ? '' : (one.anonymousId ?? '')),
  };
  const hasDevices = people.some(({ userId, anonymousId }) => userId !== null && anonymousId !== null);
  return (
    <Table
      caption="People"
      rows={people}
      keyOf={(one) => one.person}
      columns={hasDevices ? [person, device] : [person]}
    />
  );
}

function PersonLink({ person: { person, userId, anonymousId } }: { readonly person: ListedPerson }) {
  const id = userId ?? anonymousId;
  // An encrypted id is not shown; nothing leads from the pseudonym to the person.
  if (id === null) return <span title="The ids of this person are encrypted">{person}</span>;
  return (
    <a href={hrefOf('/person', { id })} data-page>
      {id}
    </a>
  );
}
