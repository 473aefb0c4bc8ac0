/** Person timeline: the events of a person, the newest first; older ones are fetched a page at a time. */
import { useState } from 'preact/hooks';
import type { EventListAnswer, ListedEvent } from '../../../wire/events.ts';
import { Timeline } from '../../charts/journeys/timeline.tsx';
import { useAsk } from '../../data/ask.ts';
import { Button } from '../../parts/button.tsx';
import { Card } from '../../parts/card.tsx';
import { Answered, Empty } from '../../parts/states.tsx';

const PAGE = 50;

export function PersonTimeline({ id }: { readonly id: string }) {
  const [before, setBefore] = useState<readonly ListedEvent[]>([]);
  const [cursor, setCursor] = useState<string | null>(null);
  const body = { id, limit: PAGE, ...(cursor !== null && { cursor }) };
  const asked = useAsk<EventListAnswer>({ path: '/v1/people/events', body });
  return (
    <Card title="What they did">
      <Answered asked={asked} height={420}>
        {(page) => {
          const events = asked.isLoading ? before : [...before, ...page.events];
          if (events.length === 0) return <Empty title="No event of this person is left." />;
          const more = () => {
            setBefore(events);
            setCursor(page.cursor);
          };
          return (
            <>
              <Timeline events={events} />
              {page.cursor !== null && !asked.isLoading && <Button onClick={more}>Show older events</Button>}
            </>
          );
        }}
      </Answered>
    </Card>
  );
}
