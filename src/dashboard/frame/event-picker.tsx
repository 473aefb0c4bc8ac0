/** Event picker: a button that shows the chosen event and opens the list of those that there are. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useEventNames } from '../data/names.ts';
import { Button } from '../parts/button.tsx';
import { SuggestField } from '../parts/field.tsx';
import { Popover } from '../parts/popover.tsx';

interface EventPickerProps {
  /** The content of the button. */
  readonly label: ComponentChildren;
  readonly title: string;
  /** Null stands for any event. */
  readonly onChoose: (event: string | null) => void;
  readonly look?: 'plain' | 'chip';
}

export function EventPicker({ label, title, onChoose, look = 'plain' }: EventPickerProps) {
  return (
    <Popover label={label} title={title} look={look}>
      {(close) => {
        const choose = (event: string | null) => {
          close();
          onChoose(event);
        };
        return (
          <>
            <EventField onTake={choose} />
            <Button onClick={() => choose(null)}>Any event</Button>
          </>
        );
      }}
    </Popover>
  );
}

function EventField({ onTake }: { readonly onTake: (event: string) => void }) {
  const [text, setText] = useState('');
  const names = useEventNames(text);
  return (
    <SuggestField
      label="Event"
      placeholder="Type a name"
      value={text}
      onChange={setText}
      onTake={(name) => name.trim() !== '' && onTake(name.trim())}
      options={names}
    />
  );
}
