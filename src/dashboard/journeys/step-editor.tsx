/** Step editor: one step of a question: its event and its own conditions, each of which can be taken away again. */
import type { ComponentChildren } from 'preact';
import { type Filter, formatFilter, OP_WORDS } from '../data/filters.ts';
import { FilterForm } from '../frame/filter-form.tsx';
import { Chip } from '../parts/chip.tsx';
import { Icon } from '../parts/icon.tsx';
import { Popover } from '../parts/popover.tsx';
import { EventPicker, propertyWords } from './pickers.tsx';
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
  const add = (filter: Filter) => onChange({ ...step, filters: [...filters, filter] });
  const without = (gone: Filter) => onChange({ ...step, filters: filters.filter((filter) => filter !== gone) });
  return (
    <span class="step">
      {lead}
      <EventPicker value={event} title={`${name}: event`} onChoose={(chosen) => onChange({ ...step, event: chosen })} />
      {filters.map((filter) => (
        <Chip key={formatFilter(filter)} text={filterWords(filter)} onRemove={() => without(filter)}>
          {filterWords(filter)}
        </Chip>
      ))}
      <Popover label={<Icon name="plus" size={14} />} title={`${name}: add a condition`} look="quiet">
        {(close) => (
          <FilterForm
            onAdd={(filter) => {
              close();
              add(filter);
            }}
          />
        )}
      </Popover>
      {onRemove && (
        <button type="button" class="button quiet" aria-label={`Remove ${name}, ${stepWords(step)}`} onClick={onRemove}>
          <Icon name="close" size={14} />
        </button>
      )}
    </span>
  );
}

function filterWords({ property, op, values }: Filter): string {
  const name = propertyWords(property);
  return op === 'is' ? `${name}: ${values.join(' or ')}` : `${name} ${OP_WORDS[op]} ${values.join(' or ')}`.trim();
}
