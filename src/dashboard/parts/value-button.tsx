/** Value button: a value of a breakdown. A click filters the page by it. */
import { addFilter, filterOfValue } from '../data/filters.ts';

interface ValueProps {
  readonly property: string;
  /** Null stands for events without the property. */
  readonly value: string | null;
  /** What stands in place of a null. */
  readonly absent?: string;
}

export function ValueButton({ property, value, absent = '(none)' }: ValueProps) {
  const text = value ?? absent;
  return (
    <button
      type="button"
      class={`value ${value === null ? 'muted' : ''}`}
      title={`Filter by ${text}`}
      onClick={() => addFilter(filterOfValue(property, value))}
    >
      {text === '' ? '(empty)' : text}
    </button>
  );
}
