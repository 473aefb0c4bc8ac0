/** Filters: conditions as chips with a button that adds one, for the bar of a page and for a step of a journey. */
import { type Filter, formatFilter, textOfFilter } from '../data/filters.ts';
import { Chip } from '../parts/chip.tsx';
import { Icon } from '../parts/icon.tsx';
import { Lazy } from '../parts/lazy.tsx';
import { Popover } from '../parts/popover.tsx';

const loadForm = async () => ({ default: (await import('./filter-form.tsx')).FilterForm });

interface FiltersProps {
  readonly filters: readonly Filter[];
  readonly onChange: (filters: readonly Filter[]) => void;
  /** The word on the button that adds one; empty for its sign alone. Default: Filter. */
  readonly word?: string;
  /** What the button is for. Default: Add a filter. */
  readonly title?: string;
}

/** Filters as chips with a button that adds one: the editor of a condition, also within a step of a journey. */
export function Filters({ filters, onChange, word = 'Filter', title = 'Add a filter' }: FiltersProps) {
  const label = (
    <>
      <Icon name="plus" size={14} />
      {word}
    </>
  );
  return (
    <>
      {filters.map((filter, index) => {
        const text = textOfFilter(filter);
        return (
          <Chip key={formatFilter(filter)} text={text} onRemove={() => onChange(filters.filter((_, i) => i !== index))}>
            {text}
          </Chip>
        );
      })}
      <Popover label={label} title={title} look="quiet">
        {(close) => (
          <Lazy
            load={loadForm}
            onAdd={(filter: Filter) => {
              close();
              onChange([...filters, filter]);
            }}
          />
        )}
      </Popover>
    </>
  );
}
