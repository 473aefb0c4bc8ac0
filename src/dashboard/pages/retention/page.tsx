/** Retention: how many people come back in the n-th day, week or month, and who they are. */
import { DAY_MS } from '../../../core/limits.ts';
import { AddToBoard } from '../../boards/add-to-board.tsx';
import { keptQuestion } from '../../boards/board.ts';
import { Retention } from '../../charts/journeys/retention.tsx';
import type { RetentionAnswer } from '../../charts/journeys/retention-layout.ts';
import { shareText } from '../../charts/journeys/share-text.ts';
import { useAsk } from '../../data/ask.ts';
import { at, full } from '../../data/format.ts';
import { range } from '../../data/range.ts';
import { setParams } from '../../data/router.ts';
import { journeyBase } from '../../journeys/base.ts';
import { PropertyPicker } from '../../journeys/pickers.tsx';
import { ANY_EVENT, formatStep, matcherBody, type Step } from '../../journeys/step.ts';
import { StepEditor } from '../../journeys/step-editor.tsx';
import { Card } from '../../parts/card.tsx';
import { Menu } from '../../parts/menu.tsx';
import { Answered, Empty } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { ValueButton } from '../../parts/value-button.tsx';
import { type RetentionState, retentionState, UNITS } from './retention-state.ts';
import { RetentionWho } from './retention-who.tsx';
import '../../journeys/journeys.css';

const GROUPS = 8;

export default function RetentionPage() {
  const days = (range.value.endMs - range.value.startMs) / DAY_MS;
  const state = retentionState(days <= 31 ? 'day' : days <= 200 ? 'week' : 'month');
  const { start, back, interval, mode, on, by } = state;
  const body = {
    ...journeyBase(),
    interval,
    ...(start && { start: matcherBody(start) }),
    ...(back && { return: matcherBody(back) }),
    ...(mode === 'recurring' && { mode }),
    ...(on === 'on-or-after' && { on }),
  };
  const asked = useAsk<RetentionAnswer>({
    path: '/v1/query/retention',
    body: { ...body, ...(by !== null && { groupBy: by, top: GROUPS }) },
  });
  return (
    <>
      <h1 class="sr">Retention</h1>
      <Sentence state={state} />
      <Card
        title="Retention"
        actions={
          <AddToBoard
            title={`Retention by ${interval}`}
            question={{ chart: 'journey', journey: { kind: 'retention', question: keptQuestion(body) } }}
          />
        }
      >
        <Answered asked={asked} height={520}>
          {(answer) => <Answer answer={answer} state={state} />}
        </Answered>
      </Card>
      <RetentionWho state={state} body={body} answer={asked.data} />
    </>
  );
}

function Answer({
  answer,
  state: { interval, by },
}: {
  readonly answer: RetentionAnswer;
  readonly state: RetentionState;
}) {
  if (answer.cohorts.length === 0)
    return <Empty title="Nobody began in this range.">Choose a longer range, or another first event.</Empty>;
  const first = answer.overall.find(({ n }) => n === 1);
  return (
    <>
      <p class="headline">
        <b>{shareText(first?.rate ?? null)}</b>
        <span class="muted">
          {first === undefined || first.rate === null
            ? `No ${interval} has passed since the first of them began`
            : `of ${full(first.eligible)} people came back in the ${interval} after`}
        </span>
      </p>
      <Retention
        answer={answer}
        unit={interval}
        nameOf={(startText) => at(Date.parse(startText), interval === 'month' ? 'month' : 'date')}
        onCell={({ cohort, n }) => setParams({ who: `${cohort}_${n}.returned` })}
      />
      {by !== null && <Groups answer={answer} by={by} />}
    </>
  );
}

/** Retention of each group in the first intervals. */
function Groups({ answer: { groups = [], overall }, by }: { readonly answer: RetentionAnswer; readonly by: string }) {
  const columns = overall.filter(({ n, rate }) => n > 0 && rate !== null).slice(0, 8);
  return (
    <Table
      caption="Retention by group"
      rows={groups}
      keyOf={({ key, other }) => `${other} ${key[by]}`}
      columns={[
        {
          title: 'Group',
          render: ({ key, other }) => (other ? 'all others' : <ValueButton property={by} value={key[by] ?? null} />),
        },
        {
          title: 'People',
          isNumber: true,
          render: ({ cohorts }) => full(cohorts.reduce((sum, { size }) => sum + size, 0)),
        },
        ...columns.map(({ n }) => ({
          title: String(n),
          isNumber: true,
          render: (group: (typeof groups)[number]) =>
            shareText(group.overall.find((point) => point.n === n)?.rate ?? null),
        })),
      ]}
    />
  );
}

function Sentence({ state }: { readonly state: RetentionState }) {
  const { start, back, interval, mode, on, by } = state;
  return (
    <section class="sentence" aria-label="The question">
      <span class="muted-word">people who did</span>
      <StepEditor step={start ?? ANY_EVENT} name="the first event" onChange={(step) => setStep('start', step)} />
      <Menu
        label={<b>{mode === 'first' ? 'for the first time' : 'at any time'}</b>}
        title="Which starts count"
        items={[
          {
            label: 'for the first time',
            isChosen: mode === 'first',
            onChoose: () => setParams({ mode: null, who: null }),
          },
          {
            label: 'at any time',
            isChosen: mode !== 'first',
            onChoose: () => setParams({ mode: 'recurring', who: null }),
          },
        ]}
      />
      <span class="muted-word">and came back to do</span>
      <StepEditor step={back ?? ANY_EVENT} name="the return event" onChange={(step) => setStep('back', step)} />
      <Menu
        label={<b>{on === 'on' ? `in that ${interval}` : `in that ${interval} or later`}</b>}
        title="Which returns count"
        items={[
          { label: `in that ${interval}`, isChosen: on === 'on', onChoose: () => setParams({ on: null, who: null }) },
          {
            label: `in that ${interval} or later`,
            isChosen: on !== 'on',
            onChoose: () => setParams({ on: 'after', who: null }),
          },
        ]}
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
      <span class="muted-word">and</span>
      <PropertyPicker
        value={by}
        title="Breakdown"
        none="nothing"
        onChoose={(property) => setParams({ by: property })}
      />
    </section>
  );
}

function setStep(name: 'start' | 'back', step: Step): void {
  const isAny = step.event === '' && step.filters.length === 0;
  setParams({ [name]: isAny ? null : formatStep(step), who: null });
}
