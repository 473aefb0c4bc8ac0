/** Event picker: a button that shows the chosen event and opens the list of those that there are. */
import { useState } from 'preact/hooks';
import { useEventNames } from '../data/names.ts';
import { Button } from '../parts/button.tsx';
import { SuggestField } from '../parts/field.tsx';
import { Popover } from '../parts/popover.tsx';

interface EventPickerProps {
  /** Null stands for any event. */
  readonly value: string | null;
  readonly onChange: (event: string | null) => void;
  /** Whether any event may be chosen. */
  readonly allowsAny?: boolean;
  readonly title?: string;
}

export function EventPicker({ value, onChange, allowsAny = false, title = 'Event' }: EventPickerProps) {
  const label = <span class="menu-text">{value ?? (allowsAny ? 'any event' : 'choose an event')}</span>;
  return (
    <Popover label={label} title={title} look="chip">
      {(close) => (
        <EventList
          allowsAny={allowsAny}
          onTake={(event) => {
            close();
            onChange(event);
          }}
        />
      )}
    </Popover>
  );
}

function EventList({ allowsAny, onTake }: { allowsAny: boolean; onTake: (event: string | null) => void }) {
  const [text, setText] = useState('');
  const names = useEventNames(text);
  return (
    <>
      <SuggestField
        label="Event"
        value={text}
        onChange={setText}
        onTake={(name) => name !== '' && onTake(name)}
        options={names}
      />
      {allowsAny && <Button onClick={() => onTake(null)}>Any event</Button>}
    </>
  );
}
