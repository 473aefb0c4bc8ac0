/** Pickers: the parts of a question's sentence that are chosen from what there is: an event, a property. */
import type { ComponentChildren } from 'preact';
import { propertyWords } from '../data/filters.ts';
import { EventPicker } from '../frame/event-picker.tsx';
import { PropertyField } from '../frame/property-field.tsx';
import { Button } from '../parts/button.tsx';
import { Icon } from '../parts/icon.tsx';
import { Popover } from '../parts/popover.tsx';

interface StepEventPickerProps {
  /** Empty for any event. */
  readonly value: string;
  readonly title: string;
  readonly onChoose: (event: string) => void;
  /** Stands in place of the event's name. */
  readonly label?: ComponentChildren;
}

export function StepEventPicker({ value, title, onChoose, label }: StepEventPickerProps) {
  return (
    <EventPicker
      label={label ?? <Chosen words={value === '' ? 'any event' : value} />}
      title={title}
      onChoose={(event) => onChoose(event ?? '')}
    />
  );
}

interface PropertyPickerProps {
  /** Null when no property is chosen. */
  readonly value: string | null;
  readonly title: string;
  /** The word for no property. */
  readonly none: string;
  readonly onChoose: (property: string | null) => void;
}

export function PropertyPicker({ value, title, none, onChoose }: PropertyPickerProps) {
  return (
    <Popover label={<Chosen words={value === null ? none : propertyWords(value)} />} title={title}>
      {(close) => {
        const choose = (property: string | null) => {
          close();
          onChoose(property);
        };
        return (
          <>
            <PropertyField onTake={choose} />
            {value !== null && <Button onClick={() => choose(null)}>{none}</Button>}
          </>
        );
      }}
    </Popover>
  );
}

function Chosen({ words }: { readonly words: string }) {
  return (
    <>
      <b>{words}</b>
      <Icon name="down" size={12} />
    </>
  );
}
