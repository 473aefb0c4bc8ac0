/** Funnels: how many people get through a row of steps, where they leave, and who they are. */

import { AddToBoard } from '../../boards/add-to-board.tsx';
import { keptQuestion } from '../../boards/board.ts';
import { Funnel } from '../../charts/journeys/funnel.tsx';
import type { FunnelAnswer } from '../../charts/journeys/funnel-layout.ts';
import { shareText } from '../../charts/journeys/share-text.ts';
import { useAsk } from '../../data/ask.ts';
import { addFilter, filterOfValue } from '../../data/filters.ts';
import { duration, full } from '../../data/format.ts';
import { earlier } from '../../data/range.ts';
import { params } from '../../data/router.ts';
import { journeyBase } from '../../journeys/base.ts';
import { useFirstEvents } from '../../journeys/use-first-events.ts';
import { Card } from '../../parts/card.tsx';
import { Delta } from '../../parts/figure.tsx';
import { Answered, Empty } from '../../parts/states.tsx';
import { FunnelSentence } from './funnel-sentence.tsx';
import { type FunnelState, funnelBody, funnelState, showPeople } from './funnel-state.ts';
import { FunnelWho } from './funnel-who.tsx';
import '../../journeys/journeys.css';

const GROUPS = 8;
const PROPOSED = 3;

export default function Funnels() {
  const isNamed = params.value.has('s');
  const first = useFirstEvents(!isNamed);
  const proposed = first.names.slice(0, PROPOSED).map((event) => ({ event, filters: [] }));
  const state = funnelState(proposed);
  const body = funnelBody(state);
  const { by } = state;
  const asked = useAsk<FunnelAnswer>(body && { path: '/v1/query/funnel', body: groupedBody(body, by) });
  return (
    <>
      <h1 class="sr">Funnels</h1>
      <FunnelSentence state={state} />
      <Card title="Funnel" actions={body && <SaveFunnel body={groupedBody(body, by)} state={state} />}>
        {body === null && !isNamed ? (
          <Answered asked={first.asked} height={252}>
            {() => <TooFew />}
          </Answered>
        ) : body === null ? (
          <TooFew />
        ) : (
          <Answered asked={asked} height={60 + 64 * state.steps.length}>
            {(answer) => <Answer answer={answer} state={state} />}
          </Answered>
        )}
      </Card>
      {body !== null && <FunnelWho state={state} body={body} answer={asked.data} />}
    </>
  );
}

function groupedBody<Body extends object>(body: Body, by: string | null) {
  return { ...body, ...(by !== null && { groupBy: by, top: GROUPS }) };
}

interface SaveProps {
  readonly body: { readonly from: string; readonly to: string };
  readonly state: FunnelState;
}

function SaveFunnel({ body, state: { steps } }: SaveProps) {
  const question = { chart: 'journey', journey: { kind: 'funnel', question: keptQuestion(body) } } as const;
  return <AddToBoard title={steps.map(({ event }) => event || 'any event').join(' → ')} question={question} />;
}

function TooFew() {
  return (
    <Empty title="A funnel has two steps or more.">
      Add steps above: the events that people should do one after the other.
    </Empty>
  );
}

function Answer({ answer, state }: { readonly answer: FunnelAnswer; readonly state: FunnelState }) {
  const { steps } = answer;
  if (steps[0]?.people === 0)
    return (
      <Empty title={`Nobody did the first step, ${steps[0].name}, in this range.`}>Choose another range or step.</Empty>
    );
  const { by } = state;
  return (
    <>
      <Headline answer={answer} state={state} />
      <Funnel
        answer={answer}
        onPeople={showPeople}
        {...(by !== null && { onGroup: (value: string | null) => addFilter(filterOfValue(by, value)) })}
      />
      <TiedNote answer={answer} />
    </>
  );
}

function Headline({ answer, state }: { readonly answer: FunnelAnswer; readonly state: FunnelState }) {
  const { data: before } = useEarlier(state);
  const last = answer.steps.at(-1)!;
  const median = last.secondsToConvert?.p50 ?? null;
  return (
    <p class="headline">
      <b>{shareText(last.ofFirst)}</b>
      <Delta now={last.ofFirst} before={before?.steps.at(-1)?.ofFirst} isShare />
      <span class="muted">
        {full(last.people)} of {full(answer.steps[0]!.people)} people get all the way
        {median !== null && `, half of them within ${duration(median)}`}
        {answer.meta.estimated && ' (times are estimates)'}
      </span>
    </p>
  );
}

/** The same funnel in the range before; nothing without a comparison. */
function useEarlier(state: FunnelState) {
  const range = earlier.value;
  const body = range && funnelBody(state, { ...journeyBase(), ...range });
  return useAsk<FunnelAnswer>(body && { path: '/v1/query/funnel', body });
}

/** Says how much the order of steps at one instant matters, where it matters. */
function TiedNote({ answer: { tied } }: { readonly answer: FunnelAnswer }) {
  const most = Math.max(0, ...tied);
  if (most === 0) return null;
  return (
    <p class="muted small">
      For {full(most)} people a step has the same time as the one before it; it counts as after it.
    </p>
  );
}
