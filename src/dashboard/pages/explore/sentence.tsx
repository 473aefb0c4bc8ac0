/** Sentence: the question as words, each of which opens what may stand in its place. */
import { useState } from 'preact/hooks';
import { type Interval, range } from '../../data/range.ts';
import { EventPicker } from '../../frame/event-picker.tsx';
import { Filters } from '../../frame/filters.tsx';
import { PropertyField } from '../../frame/property-field.tsx';
import { Button } from '../../parts/button.tsx';
import { Chip } from '../../parts/chip.tsx';
import { TextField } from '../../parts/field.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Menu } from '../../parts/menu.tsx';
import { Popover } from '../../parts/popover.tsx';
import { nameOfPart, needsProperty } from './body.ts';
import { type ExploreState, FIRST_PART, PARTS_MAX, type Part, STATISTICS, writeState } from './state.ts';

export function Sentence({ state }: { readonly state: ExploreState }) {
  const { parts, by, interval } = state;
  const setPart = (index: number, part: Part) =>
    writeState({ parts: parts.map((one, i) => (i === index ? part : one)) });
  return (
    <div class="sentence">
      {parts.map((part, index) => (
        <div class="sentence-line" key={index}>
          {parts.length > 1 && <span class="part-name">{nameOfPart(index).toUpperCase()}</span>}
          <PartWords part={part} onChange={(next) => setPart(index, next)} />
          {parts.length > 1 && (
            <Button
              kind="quiet"
              aria-label={`Remove question ${nameOfPart(index).toUpperCase()}`}
              onClick={() => writeState({ parts: parts.filter((_, i) => i !== index) })}
            >
              <Icon name="close" size={14} />
            </Button>
          )}
        </div>
      ))}
      <div class="sentence-line">
        <span>by</span>
        {by.map((property) => (
          <Chip
            key={property}
            text={property}
            onRemove={() => writeState({ by: by.filter((one) => one !== property) })}
          >
            {property}
          </Chip>
        ))}
        {by.length < 2 && <AddBreakdown onAdd={(property) => writeState({ by: [...new Set([...by, property])] })} />}
        <span>per</span>
        <IntervalMenu interval={interval ?? range.value.interval} />
        {parts.length < PARTS_MAX && (
          <Button kind="quiet" onClick={() => writeState({ parts: [...parts, parts.at(-1) ?? FIRST_PART] })}>
            <Icon name="plus" size={14} />
            Question
          </Button>
        )}
        <Formula state={state} />
      </div>
    </div>
  );
}

function PartWords({ part, onChange }: { readonly part: Part; readonly onChange: (part: Part) => void }) {
  const { measure, property, event, filters } = part;
  return (
    <>
      <MeasureMenu part={part} onChange={onChange} />
      {needsProperty(measure) && (
        <PropertyPicker
          value={property}
          isNumber={measure !== 'distinct'}
          onTake={(next) => onChange({ ...part, property: next })}
        />
      )}
      <span>{measure === 'users' ? 'who did' : 'of'}</span>
      <EventPicker
        label={<span class="menu-text">{event ?? 'any event'}</span>}
        title="Event"
        look="chip"
        onChoose={(next) => onChange({ ...part, event: next })}
      />
      {filters.length > 0 && <span>where</span>}
      <Filters filters={filters} onChange={(next) => onChange({ ...part, filters: next })} word="Where" title="Where" />
    </>
  );
}

const MEASURES: readonly { readonly id: Part['measure']; readonly label: string }[] = [
  { id: 'users', label: 'people' },
  { id: 'count', label: 'events' },
  { id: 'groups', label: 'groups' },
  ...STATISTICS.map((id) => ({ id, label: id === 'distinct' ? 'distinct values' : id })),
];

function MeasureMenu({ part, onChange }: { readonly part: Part; readonly onChange: (part: Part) => void }) {
  const label = MEASURES.find(({ id }) => id === part.measure)?.label ?? part.measure;
  const items = MEASURES.map(({ id, label: text }) => ({
    label: text,
    isChosen: id === part.measure,
    onChoose: () => onChange({ ...part, measure: id, property: needsProperty(id) ? part.property : '' }),
  }));
  return <Menu look="text" label={label} title="Measure" items={items} />;
}

interface PropertyPickerProps {
  readonly value: string;
  readonly isNumber: boolean;
  readonly onTake: (property: string) => void;
}

function PropertyPicker({ value, isNumber, onTake }: PropertyPickerProps) {
  const label = <span class="menu-text">{value || 'choose a property'}</span>;
  return (
    <>
      <span>of</span>
      <Popover label={label} title="Property" look="chip">
        {(close) => (
          <PropertyField
            numbersOnly={isNumber}
            onTake={(property) => {
              close();
              onTake(property);
            }}
          />
        )}
      </Popover>
    </>
  );
}

function AddBreakdown({ onAdd }: { readonly onAdd: (property: string) => void }) {
  const label = (
    <>
      <Icon name="plus" size={14} />
      Breakdown
    </>
  );
  return (
    <Popover label={label} title="Break down by" look="quiet">
      {(close) => (
        <PropertyField
          onTake={(property) => {
            close();
            onAdd(property);
          }}
        />
      )}
    </Popover>
  );
}

function IntervalMenu({ interval }: { readonly interval: Interval }) {
  const items = (['minute', 'hour', 'day', 'week', 'month'] as const).map((id) => ({
    label: id,
    isChosen: id === interval,
    onChoose: () => writeState({ interval: id === range.value.interval ? null : id }),
  }));
  return <Menu look="text" label={interval} title="Interval" items={items} />;
}

/** The formula over the questions, offered as soon as there are two. */
function Formula({ state: { formula, parts } }: { readonly state: ExploreState }) {
  const [text, setText] = useState(formula);
  if (parts.length < 2 && formula === '') return null;
  return (
    <form
      class="formula"
      onSubmit={(event) => {
        event.preventDefault();
        writeState({ formula: text.toLowerCase() });
      }}
    >
      <TextField label="Formula" isBare value={text} onChange={setText} placeholder="formula: a / b" />
      <Button type="submit">{text.trim() === '' && formula !== '' ? 'Remove' : 'Compute'}</Button>
    </form>
  );
}
