/** Bots: whether questions count events of bots, unless they say it themselves. */
import { change, useAsk } from '../../data/ask.ts';
import { useAttempt } from '../../data/attempt.ts';
import type { Bots as Choice } from '../../data/questions.ts';
import { noteBots, session } from '../../data/session.ts';
import { NeedsAdmin } from '../../frame/needs-admin.tsx';
import { Button } from '../../parts/button.tsx';
import { Card } from '../../parts/card.tsx';
import { Answered, ErrorBox } from '../../parts/states.tsx';

const HEIGHT = 90;
const WORDS: Readonly<Record<Choice, { readonly state: string; readonly change: string }>> = {
  exclude: { state: 'Questions leave bots out, and say how many events that is.', change: 'Leave bots out' },
  include: { state: 'Questions count bots like everybody else.', change: 'Count bots' },
};

export function Bots() {
  const asked = useAsk<{ readonly bots: Choice }>({ path: '/v1/bots' });
  const { error, attempt } = useAttempt();
  const set = async (bots: Choice) => {
    if (!(await attempt(() => change('/v1/bots', { bots }, 'PUT')))) return;
    noteBots(bots);
    asked.retry();
  };
  return (
    <Card title="Bots">
      <Answered asked={asked} height={HEIGHT}>
        {({ bots }) => (
          <div class="choice">
            <p>{WORDS[bots].state}</p>
            <p class="muted">
              All events are kept either way, each with the reason why it is taken for one of a bot. A question may say
              otherwise; one that names the device counts them.
            </p>
            {session.value?.bots === null && <NotChosen />}
            <NeedsAdmin purpose="to change it">
              <Change bots={bots} hasChosen={session.value?.bots !== null} onSet={set} />
            </NeedsAdmin>
          </div>
        )}
      </Answered>
      {error && <ErrorBox error={error} />}
    </Card>
  );
}

function NotChosen() {
  return (
    <p class="muted">
      Nothing was chosen yet. Counts tell bots apart from the choice on: questions without bots about earlier days read
      events, which takes longer, until these days are sealed again.
    </p>
  );
}

function Change({
  bots,
  hasChosen,
  onSet,
}: {
  readonly bots: Choice;
  readonly hasChosen: boolean;
  readonly onSet: (bots: Choice) => void;
}) {
  const others: readonly Choice[] = hasChosen ? [bots === 'exclude' ? 'include' : 'exclude'] : ['exclude', 'include'];
  return (
    <p>
      {others.map((other) => (
        <Button key={other} kind={other === 'exclude' ? 'primary' : 'plain'} onClick={() => onSet(other)}>
          {WORDS[other].change}
        </Button>
      ))}
    </p>
  );
}
