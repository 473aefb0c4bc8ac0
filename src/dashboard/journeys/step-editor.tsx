/** Step editor: one step of a question: its event and its own conditions, each of which can be taken away again. */
import type { ComponentChildren } from 'preact';
import { Filters } from '../frame/filters.tsx';
import { Icon } from '../parts/icon.tsx';
import { StepEventPicker } from './pickers.tsx';
import { type Step, stepWords } from './step.ts';
import './journeys.css';

interface StepEditorProps {
  readonly step: Step;
  /** What the step is, for the titles of its fields: "Step 2". */
  readonly name: string;
  readonly onChange: (step: Step) => void;
  /** Stands before the event. */
  readonly lead?: ComponentChildren;
  /** Absent when the step cannot be taken away. */
  readonly onRemove?: (() => void) | undefined;
}

export function StepEditor({ step, name, onChange, lead, onRemove }: StepEditorProps) {
  const { event, filters } = step;
  return (
    <span class="step">
      {lead}
      <StepEventPicker
        value={event}
        title={`${name}: event`}
        onChoose={(chosen) => onChange({ ...step, event: chosen })}
      />
      <Filters
        filters={filters}
        onChange={(next) => onChange({ ...step, filters: next })}
        word=""
        title={`${name}: add a condition`}
      />
      {onRemove && (
        <button type="button" class="button quiet" aria-label={`Remove ${name}, ${stepWords(step)}`} onClick={onRemove}>
          <Icon name="close" size={14} />
        </button>
      )}
    </span>
  );
}
