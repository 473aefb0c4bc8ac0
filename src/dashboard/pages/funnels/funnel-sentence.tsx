/** Funnel sentence: the question in words, each of which can be changed: steps, window, order, what stays the same, breakdown. */
import { duration } from '../../data/format.ts';
import { setParams } from '../../data/router.ts';
import { PropertyPicker, StepEventPicker } from '../../journeys/pickers.tsx';
import type { Step } from '../../journeys/step.ts';
import { StepEditor } from '../../journeys/step-editor.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Menu, type MenuItem } from '../../parts/menu.tsx';
import { type FunnelState, SESSION_PROPERTY, STEPS_MAX, setSteps, WINDOWS } from './funnel-state.ts';

export function FunnelSentence({ state }: { readonly state: FunnelState }) {
  return (
    <section class="stack" aria-label="The question">
      <Steps steps={state.steps} />
      <div class="sentence">
        <span class="muted-word">within</span>
        <Menu
          label={<b>{windowLabel(state.windowSeconds)}</b>}
          title="Longest time from the first step to the last"
          items={windowItems(state)}
        />
        <Menu
          label={<b>{state.order === 'any' ? 'in any order' : 'in this order'}</b>}
          title="Order of the steps"
          items={orderItems(state)}
        />
        <Menu
          label={<b>{sameLabel(state.same)}</b>}
          title="What one run through the funnel is"
          items={unitItems(state)}
        />
        <span class="muted-word">with the same</span>
        <PropertyPicker
          value={state.same === SESSION_PROPERTY ? null : state.same}
          title="Property that all steps share"
          none="nothing"
          onChoose={(same) => setParams({ same, who: null })}
        />
        <span class="muted-word">by</span>
        <PropertyPicker value={state.by} title="Breakdown" none="nothing" onChoose={(by) => setParams({ by })} />
      </div>
    </section>
  );
}

function Steps({ steps }: { readonly steps: readonly Step[] }) {
  const change = (index: number, step: Step) => setSteps(steps.map((one, i) => (i === index ? step : one)));
  const remove = (index: number) => setSteps(steps.filter((_, i) => i !== index));
  const swap = (index: number) => setSteps(steps.with(index, steps[index + 1]!).with(index + 1, steps[index]!));
  return (
    <div class="sentence">
      {steps.map((step, index) => (
        <>
          {index > 0 && (
            <button
              key={`swap ${index}`}
              type="button"
              class="button quiet"
              title={`Swap steps ${index} and ${index + 1}`}
              aria-label={`Swap steps ${index} and ${index + 1}`}
              onClick={() => swap(index - 1)}
            >
              →
            </button>
          )}
          <StepEditor
            key={index}
            step={step}
            name={`step ${index + 1}`}
            lead={<span class="step-number">{index + 1}</span>}
            onChange={(changed) => change(index, changed)}
            onRemove={steps.length > 2 ? () => remove(index) : undefined}
          />
        </>
      ))}
      {steps.length < STEPS_MAX && (
        <StepEventPicker
          value=""
          title="Add a step"
          label={
            <>
              <Icon name="plus" size={14} /> Step
            </>
          }
          onChoose={(event) => setSteps([...steps, { event, filters: [] }])}
        />
      )}
    </div>
  );
}

function windowLabel(seconds: number): string {
  return WINDOWS.find((window) => window.seconds === seconds)?.label ?? duration(seconds);
}

function windowItems({ windowSeconds }: FunnelState): MenuItem[] {
  return WINDOWS.map(({ seconds, label }) => ({
    label,
    isChosen: seconds === windowSeconds,
    onChoose: () => setParams({ w: String(seconds), who: null }),
  }));
}

function orderItems({ order }: FunnelState): MenuItem[] {
  return [
    { label: 'in this order', isChosen: order === 'in-order', onChoose: () => setParams({ o: null, who: null }) },
    { label: 'in any order', isChosen: order === 'any', onChoose: () => setParams({ o: 'any', who: null }) },
  ];
}

function sameLabel(same: string | null): string {
  return same === SESSION_PROPERTY ? 'by people, in one session' : 'by people';
}

function unitItems({ same }: FunnelState): MenuItem[] {
  const isSession = same === SESSION_PROPERTY;
  return [
    {
      label: 'by people',
      isChosen: !isSession,
      onChoose: () => setParams({ same: isSession ? null : same, who: null }),
    },
    {
      label: 'by people, in one session',
      isChosen: isSession,
      onChoose: () => setParams({ same: SESSION_PROPERTY, who: null }),
    },
  ];
}
