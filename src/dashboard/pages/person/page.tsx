/** Person: one person by any of their ids: who they are on the left, what they did on the right, by session. */
import type { z } from 'zod';
import type { profileSchema } from '../../../wire/people.ts';
import { valueText } from '../../charts/journeys/timeline.tsx';
import { useAsk } from '../../data/ask.ts';
import { ago, at, full } from '../../data/format.ts';
import { hrefOf, params } from '../../data/router.ts';
import { Card } from '../../parts/card.tsx';
import { Answered, Empty } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { PersonTimeline } from './person-timeline.tsx';
import './person.css';

type Profile = z.output<typeof profileSchema>;

export default function Person() {
  const id = params.value.get('id');
  // The id is asked for in the body: a path ends up in logs.
  const asked = useAsk<Profile>(id === null ? null : { path: '/v1/people/profile', body: { id } });
  if (id === null) return <Nobody />;
  if (asked.error?.status === 404) return <Unknown id={id} />;
  return (
    <>
      <div class="page-head">
        <h1>{id}</h1>
        <a href={hrefOf('/people')} data-page>
          All people
        </a>
      </div>
      <div class="person">
        <Answered asked={asked} height={420}>
          {(profile) => <Facts profile={profile} />}
        </Answered>
        {asked.error === null && <PersonTimeline key={id} id={id} />}
      </div>
    </>
  );
}

function Nobody() {
  return (
    <>
      <h1 class="sr">Person</h1>
      <Empty title="Whose page?">
        Open a person from{' '}
        <a href={hrefOf('/people')} data-page>
          the list of people
        </a>
        .
      </Empty>
    </>
  );
}

function Unknown({ id }: { readonly id: string }) {
  return (
    <>
      <h1 class="sr">Person</h1>
      <Empty title={`No event has the id ${id}.`}>
        It may be new, deleted, or written in another way.{' '}
        <a href={hrefOf('/people')} data-page>
          All people
        </a>
      </Empty>
    </>
  );
}

function Facts({ profile }: { readonly profile: Profile }) {
  const { traits, firstSeen, lastSeen, events, userIds, anonymousIds, previousIds, groups } = profile;
  return (
    <div class="person-facts">
      <Card title="Seen">
        <Values
          values={{
            First: `${at(Date.parse(firstSeen), 'moment')} (${ago(Date.parse(firstSeen))})`,
            Last: `${at(Date.parse(lastSeen), 'moment')} (${ago(Date.parse(lastSeen))})`,
            Events: full(events.total),
          }}
        />
      </Card>
      <Card title="Traits">
        {Object.keys(traits).length === 0 ? (
          <p class="muted">Nothing was said about this person yet: `identify` events bring traits.</p>
        ) : (
          <Values values={traits} />
        )}
      </Card>
      <Touches profile={profile} />
      <Card title="Events">
        <Table
          caption="Events by name"
          rows={events.byName}
          keyOf={({ event }) => event}
          columns={[
            {
              title: 'Event',
              render: ({ event }) => <span>{event}</span>,
              share: ({ count }) => count / events.byName[0]!.count,
            },
            { title: 'Times', isNumber: true, render: ({ count }) => full(count) },
          ]}
        />
      </Card>
      <Card title="Ids">
        <Values values={{ User: userIds, Device: anonymousIds, Before: previousIds, Group: groups }} />
      </Card>
    </div>
  );
}

const TOUCH_WORDS: Readonly<Record<string, string>> = {
  referrer_domain: 'from',
  path: 'page',
  utm_source: 'source',
  utm_medium: 'medium',
  utm_campaign: 'campaign',
  utm_term: 'term',
  utm_content: 'content',
};

function Touches({ profile: { firstTouch, lastTouch } }: { readonly profile: Profile }) {
  if (firstTouch === null && lastTouch === null) return null;
  return (
    <Card title="Came by">
      <Values values={{ First: touchText(firstTouch), Last: touchText(lastTouch) }} />
    </Card>
  );
}

function touchText(touch: Profile['firstTouch']): string {
  return Object.entries(touch ?? {})
    .map(([name, value]) => `${TOUCH_WORDS[name] ?? name} ${value}`)
    .join(', ');
}

/** Names and values; lists are shown a value a line, and empty ones are left out. */
function Values({ values }: { readonly values: Readonly<Record<string, unknown>> }) {
  const entries = Object.entries(values).filter(
    ([, value]) => value !== '' && !(Array.isArray(value) && value.length === 0),
  );
  return (
    <dl class="values">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {Array.isArray(value)
              ? value.map((one) => <div key={String(one)}>{valueText(one)}</div>)
              : valueText(value)}
          </dd>
        </div>
      ))}
    </dl>
  );
}
