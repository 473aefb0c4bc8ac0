/** Property field: the name of a property, suggested from those that there are. */
import { useState } from 'preact/hooks';
import { useNames } from '../data/names.ts';
import { SuggestField } from '../parts/field.tsx';

interface PropertyFieldProps {
  readonly onTake: (name: string) => void;
  /** Suggests only properties that have numbers. */
  readonly numbersOnly?: boolean;
}

export function PropertyField({ onTake, numbersOnly = false }: PropertyFieldProps) {
  const [text, setText] = useState('');
  const names = useNames(text, { numbersOnly });
  return (
    <SuggestField
      label="Property"
      placeholder="country, plan, value…"
      value={text}
      onChange={setText}
      onTake={(name) => name.trim() !== '' && onTake(name.trim())}
      options={names}
    />
  );
}
