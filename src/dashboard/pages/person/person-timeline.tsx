/** Person timeline: the events of a person, the newest first; older ones are fetched a page at a time. */
import type { EventListAnswer } from '../../../wire/events.ts';
import { Timeline } from '../../charts/journeys/timeline.tsx';
import { useListing } from '../../data/listing.ts';
import { Button } from '../../parts/button.tsx';
import { Card } from '../../parts/card.tsx';
import { Answered, Empty } from '../../parts/states.tsx';

const PAGE = 50;

export function PersonTimeline({ id }: { readonly id: string }) {
  const request = { path: '/v1/people/events', body: { id } };
  const { asked, items: events, more } = useListing(request, PAGE, (page: EventListAnswer) => page.events);
  return (
    <Card title="What they did">
      <Answered asked={asked} height={420}>
        {() =>
          events.length === 0 ? (
            <Empty title="No event of this person is left." />
          ) : (
            <>
              <Timeline events={events} />
              {more && <Button onClick={more}>Show older events</Button>}
            </>
          )
        }
      </Answered>
    </Card>
  );
}
