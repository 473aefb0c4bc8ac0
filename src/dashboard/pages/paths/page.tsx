/** Paths: what people do next after an event, or what they did before one. */

import { AddToBoard } from '../../boards/add-to-board.tsx';
import { keptQuestion } from '../../boards/board.ts';
import { Paths } from '../../charts/journeys/paths.tsx';
import type { PathNodePlace, PathsAnswer } from '../../charts/journeys/paths-layout.ts';
import { type Asked, useAsk } from '../../data/ask.ts';
import { addFilter, filterOfValue, propertyWords } from '../../data/filters.ts';
import { full } from '../../data/format.ts';
import { params, setParams } from '../../data/router.ts';
import { type AfterFunnel, afterFunnelWords, parseAfterFunnel } from '../../journeys/after-funnel.ts';
import { journeyBase } from '../../journeys/base.ts';
import { PeopleDialog } from '../../journeys/people-dialog.tsx';
import { PropertyPicker } from '../../journeys/pickers.tsx';
import { formatStep, matcherBody, parseStep, type Step, stepWords } from '../../journeys/step.ts';
import { StepEditor } from '../../journeys/step-editor.tsx';
import { useFirstEvents } from '../../journeys/use-first-events.ts';
import { Button } from '../../parts/button.tsx';
import { Card } from '../../parts/card.tsx';
import { Chip } from '../../parts/chip.tsx';
import { Menu } from '../../parts/menu.tsx';
import { Answered, Empty } from '../../parts/states.tsx';
import '../../journeys/journeys.css';

const STEPS = [2, 3, 4, 5, 7, 10];
const NODES = [5, 8, 12, 20];
const EVENT = 'column.event';

interface State {
  /** The call for the event that is proposed. */
  readonly asked: Asked<unknown>;
  readonly isBackward: boolean;
  /** The funnel after which paths begin; null when they begin or end at an event. */
  readonly after: AfterFunnel | null;
  /** Null while it is not known which events there are. */
  readonly anchor: Step | null;
  readonly steps: number;
  readonly nodes: number;
  readonly by: string;
  readonly collapses: boolean;
}

function usePathsState(): State {
  const query = params.value;
  const given = query.get('end') ?? query.get('start');
  const after = parseAfterFunnel(query.get('after'));
  const { names, asked } = useFirstEvents(given === null && after === null);
  const [event] = names;
  const proposed = event === undefined ? null : { event, filters: [] };
  return {
    asked,
    after,
    isBackward: after === null && (query.has('end') || query.get('back') === '1'),
    anchor: given === null ? proposed : parseStep(given),
    steps: STEPS.find((count) => count === Number(query.get('n'))) ?? 4,
    nodes: NODES.find((count) => count === Number(query.get('top'))) ?? 5,
    by: query.get('by') ?? EVENT,
    collapses: query.get('repeat') !== '1',
  };
}

export default function PathsPage() {
  const state = usePathsState();
  const { steps, nodes, by, collapses } = state;
  const place = placeOf(state);
  const body = place && {
    ...journeyBase(),
    ...place.body,
    steps,
    nodes,
    by,
    collapse: collapses,
  };
  const asked = useAsk<PathsAnswer>(body && { path: '/v1/query/paths', body });
  return (
    <>
      <h1 class="sr">Paths</h1>
      <Sentence state={state} />
      <Card
        title="Paths"
        actions={
          body && (
            <AddToBoard
              title={`Paths ${place.words}`}
              question={{ chart: 'journey', journey: { kind: 'paths', question: keptQuestion(body) } }}
            />
          )
        }
      >
        {body === null ? (
          <Answered asked={state.asked} height={420}>
            {() => <Empty title="No event has arrived yet.">Paths begin at an event.</Empty>}
          </Answered>
        ) : (
          <Answered asked={asked} height={420}>
            {(answer) => <Answer answer={answer} state={state} />}
          </Answered>
        )}
      </Card>
      {body && <Node body={body} by={by} />}
    </>
  );
}

/** Where paths begin or end, as the question says it and in words; null while it is not known. */
function placeOf({ after, anchor, isBackward }: State): { readonly body: object; readonly words: string } | null {
  if (after !== null) return { body: { afterFunnel: after }, words: `of people who ${afterFunnelWords(after)}` };
  if (anchor === null) return null;
  const body = { [isBackward ? 'endAt' : 'startAt']: matcherBody(anchor) };
  return { body, words: `${isBackward ? 'to' : 'from'} ${stepWords(anchor)}` };
}

function Answer({ answer, state: { after, anchor } }: { readonly answer: PathsAnswer; readonly state: State }) {
  if (answer.people === 0) {
    const did = after === null ? `did ${stepWords(anchor!)}` : afterFunnelWords(after);
    return <Empty title={`Nobody ${did} in this range.`}>Choose another event or a longer range.</Empty>;
  }
  return (
    <>
      <p class="headline">
        <b>{full(answer.people)}</b>
        <span class="muted">people, each with one path. Links are as wide as their people.</span>
      </p>
      <Paths answer={answer} onNode={openNode} />
    </>
  );
}

function openNode({ step, value, isOther }: PathNodePlace): void {
  if (!isOther) setParams({ node: `${step}_${value ?? ''}` });
}

interface NodeProps {
  readonly body: object;
  readonly by: string;
}

/** The people of the node that is opened, and the filter that it stands for. */
function Node({ body, by }: NodeProps) {
  const [, step, text] = /^(-?\d+)_(.*)$/s.exec(params.value.get('node') ?? '') ?? [];
  if (step === undefined || text === undefined) return null;
  const value = text === '' ? null : text;
  const filter = () => {
    setParams({ node: null }, { replace: true });
    addFilter(filterOfValue(by, value));
  };
  const follow = () =>
    setParams({ node: null, start: formatStep({ event: text, filters: [] }), end: null, back: null, after: null });
  return (
    <PeopleDialog
      title={`${value ?? '(none)'}, ${stepName(Number(step))}`}
      request={{ path: '/v1/query/paths/people', body: { ...body, figure: { step: Number(step), value } } }}
      actions={
        by === EVENT && value !== null ? (
          <Button onClick={follow}>Paths after {value}</Button>
        ) : (
          <Button onClick={filter}>
            Filter by {propertyWords(by)}: {value ?? '(none)'}
          </Button>
        )
      }
      onClose={() => setParams({ node: null }, { replace: true })}
    />
  );
}

function stepName(step: number): string {
  if (step === 0) return 'where paths begin';
  return step > 0 ? `step ${step} after` : `step ${-step} before`;
}

function Sentence({ state }: { readonly state: State }) {
  const { after, steps, nodes, by, collapses } = state;
  return (
    <section class="sentence" aria-label="The question">
      {after === null ? <EventPlace state={state} /> : <FunnelPlace after={after} />}
      <span class="muted-word">by</span>
      <PropertyPicker
        value={by}
        title="What makes a step"
        none="event"
        onChoose={(property) => setParams({ by: property, node: null })}
      />
      <Menu
        label={<b>{steps} steps</b>}
        title="Number of steps"
        items={STEPS.map((count) => ({
          label: String(count),
          isChosen: count === steps,
          onChoose: () => setParams({ n: String(count) }),
        }))}
      />
      <Menu
        label={<b>{nodes} a step</b>}
        title="Values listed in each step"
        items={NODES.map((count) => ({
          label: String(count),
          isChosen: count === nodes,
          onChoose: () => setParams({ top: String(count) }),
        }))}
      />
      <Menu
        label={<b>{collapses ? 'repeats as one' : 'each repeat a step'}</b>}
        title="Repeats"
        items={[
          { label: 'repeats as one', isChosen: collapses, onChoose: () => setParams({ repeat: null }) },
          { label: 'each repeat a step', isChosen: !collapses, onChoose: () => setParams({ repeat: '1' }) },
        ]}
      />
    </section>
  );
}

/** The event at which paths begin or end. */
function EventPlace({ state: { anchor, isBackward } }: { readonly state: State }) {
  const setAnchor = (step: Step, backward: boolean) =>
    setParams({
      start: backward ? null : formatStep(step),
      end: backward ? formatStep(step) : null,
      back: null,
      node: null,
    });
  const turn = (backward: boolean) => anchor && setAnchor(anchor, backward);
  return (
    <>
      <span class="muted-word">what people did</span>
      <Menu
        label={<b>{isBackward ? 'before' : 'after'}</b>}
        title="Direction"
        items={[
          { label: 'after', isChosen: !isBackward, onChoose: () => turn(false) },
          { label: 'before', isChosen: isBackward, onChoose: () => turn(true) },
        ]}
      />
      {anchor && <StepEditor step={anchor} name="the event" onChange={(step) => setAnchor(step, isBackward)} />}
    </>
  );
}

/** The step of a funnel after which paths begin. */
function FunnelPlace({ after }: { readonly after: AfterFunnel }) {
  const words = afterFunnelWords(after);
  return (
    <>
      <span class="muted-word">what people who</span>
      <Chip text={words} onRemove={() => setParams({ after: null, node: null })}>
        {words}
      </Chip>
      <span class="muted-word">did next</span>
    </>
  );
}
