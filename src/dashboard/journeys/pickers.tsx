/** Pickers: the parts of a question's sentence that are chosen from what there is: an event, a property. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useEventNames, useNames } from '../data/names.ts';
import { Button } from '../parts/button.tsx';
import { SuggestField } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Popover } from '../parts/popover.tsx';

interface EventPickerProps {
  /** Empty for any event. */
  readonly value: string;
  readonly title: string;
  readonly onChoose: (event: string) => void;
  /** Stands in place of the event's name. */
  readonly label?: ComponentChildren;
  /** Whether any event may be chosen. */
  readonly allowsAny?: boolean;
}

export function EventPicker({ value, title, onChoose, label, allowsAny = true }: EventPickerProps) {
  const shown = label ?? (
    <>
      <b>{value === '' ? 'any event' : value}</b>
      <Icon name="down" size={12} />
    </>
  );
  return (
    <Popover label={shown} title={title}>
      {(close) => {
        const choose = (event: string) => {
          close();
          onChoose(event);
        };
        return (
          <>
            <EventField onTake={choose} />
            {allowsAny && <Button onClick={() => choose('')}>Any event</Button>}
          </>
        );
      }}
    </Popover>
  );
}

function EventField({ onTake }: { readonly onTake: (event: string) => void }) {
  const [text, setText] = useState('');
  const events = useEventNames(text);
  const take = (event: string) => event.trim() !== '' && onTake(event.trim());
  return (
    <SuggestField
      label="Event"
      placeholder="Type a name"
      value={text}
      onChange={setText}
      onTake={take}
      options={events}
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
  const label = (
    <>
      <b>{value === null ? none : propertyWords(value)}</b>
      <Icon name="down" size={12} />
    </>
  );
  return (
    <Popover label={label} title={title}>
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

function PropertyField({ onTake }: { readonly onTake: (property: string) => void }) {
  const [text, setText] = useState('');
  const names = useNames(text);
  const take = (name: string) => name.trim() !== '' && onTake(name.trim());
  return (
    <SuggestField
      label="Property"
      placeholder="Type a name"
      value={text}
      onChange={setText}
      onTake={take}
      options={names}
    />
  );
}

/** The name of a property as a reader knows it. */
export function propertyWords(name: string): string {
  return name.replace(/^(column|properties)\./, '');
}
