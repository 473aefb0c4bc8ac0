/** Lifecycle: the people of each interval who are new, came back, woke up again or went dormant, and who they are. */
import { DAY_MS } from '../../../core/limits.ts';
import { AddToBoard } from '../../boards/add-to-board.tsx';
import { keptQuestion } from '../../boards/board.ts';
import { LIFECYCLE_WORDS, Lifecycle } from '../../charts/journeys/lifecycle.tsx';
import { LIFECYCLE_STATES, type LifecycleAnswer, type LifecycleState } from '../../charts/journeys/lifecycle-layout.ts';
import { useAsk } from '../../data/ask.ts';
import { at } from '../../data/format.ts';
import { range } from '../../data/range.ts';
import { params, setParams } from '../../data/router.ts';
import { journeyBase } from '../../journeys/base.ts';
import { PeopleDialog } from '../../journeys/people-dialog.tsx';
import { StepEventPicker } from '../../journeys/pickers.tsx';
import { Card } from '../../parts/card.tsx';
import { Menu } from '../../parts/menu.tsx';
import { Answered, Empty } from '../../parts/states.tsx';
import '../../journeys/journeys.css';

const UNITS = ['day', 'week', 'month'] as const;
type Unit = (typeof UNITS)[number];

export default function LifecyclePage() {
  const days = (range.value.endMs - range.value.startMs) / DAY_MS;
  const proposed: Unit = days <= 45 ? 'day' : days <= 200 ? 'week' : 'month';
  const interval = UNITS.find((unit) => unit === params.value.get('i')) ?? proposed;
  const event = params.value.get('event') ?? '';
  const body = { ...journeyBase(), interval, ...(event !== '' && { events: [event] }) };
  const asked = useAsk<LifecycleAnswer>({ path: '/v1/query/lifecycle', body });
  const nameOf = (start: string) => at(Date.parse(start), interval === 'month' ? 'month' : 'date');
  return (
    <>
      <h1 class="sr">Lifecycle</h1>
      <section class="sentence" aria-label="The question">
        <span class="muted-word">people who did</span>
        <StepEventPicker
          value={event}
          title="Event"
          onChoose={(chosen) => setParams({ event: chosen === '' ? null : chosen, who: null })}
        />
        <span class="muted-word">by</span>
        <Menu
          label={<b>{interval}</b>}
          title="Interval"
          items={UNITS.map((unit) => ({
            label: unit,
            isChosen: unit === interval,
            onChoose: () => setParams({ i: unit, who: null }),
          }))}
        />
      </section>
      <Card
        title="Lifecycle"
        actions={
          <AddToBoard
            title={`Lifecycle by ${interval}`}
            question={{ chart: 'journey', journey: { kind: 'lifecycle', question: keptQuestion(body) } }}
          />
        }
      >
        <Answered asked={asked} height={480}>
          {({ points }) =>
            points.every((point) => LIFECYCLE_STATES.every((state) => point[state] === 0)) ? (
              <Empty title="Nobody was active in this range.">Choose a longer range, or another event.</Empty>
            ) : (
              <Lifecycle
                points={points}
                nameOf={nameOf}
                onFigure={({ at: start, state }) => setParams({ who: `${start}_${state}` })}
              />
            )
          }
        </Answered>
      </Card>
      <Who body={body} nameOf={nameOf} />
    </>
  );
}

interface WhoProps {
  readonly body: object;
  readonly nameOf: (start: string) => string;
}

function Who({ body, nameOf }: WhoProps) {
  const [start = '', name] = (params.value.get('who') ?? '').split('_');
  const state = LIFECYCLE_STATES.find((one): one is LifecycleState => one === name);
  if (state === undefined || Number.isNaN(Date.parse(start))) return null;
  return (
    <PeopleDialog
      title={`${LIFECYCLE_WORDS[state]}, ${nameOf(start)}`}
      request={{ path: '/v1/query/lifecycle/people', body: { ...body, figure: { at: start, state } } }}
      onClose={() => setParams({ who: null }, { replace: true })}
    />
  );
}
