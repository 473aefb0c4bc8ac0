/** Value button: a value of a breakdown. A click filters the page by it. */
import { addFilter, filterOfValue } from '../data/filters.ts';

interface ValueProps {
  readonly property: string;
  /** Null stands for events without the property. */
  readonly value: string | null;
  /** What is shown in place of the value. Default: the value. */
  readonly text?: string | null;
  /** What is shown in place of a null. */
  readonly absent?: string;
}

export function ValueButton({ property, value, text = value, absent = '(none)' }: ValueProps) {
  const shown = text ?? absent;
  return (
    <button
      type="button"
      class={`value ${value === null ? 'muted' : ''}`}
      title={`Filter by ${shown}`}
      onClick={() => addFilter(filterOfValue(property, value))}
    >
      {shown === '' ? '(empty)' : shown}
    </button>
  );
}
