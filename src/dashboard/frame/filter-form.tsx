/** Filter form: a property, how it is compared, and a value, suggested from what there is. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Filter, type FilterOp, OP_WORDS, textOfFilter } from '../data/filters.ts';
import { useNames, useValues } from '../data/names.ts';
import { Button } from '../parts/button.tsx';
import { Chip } from '../parts/chip.tsx';
import { SelectField, SuggestField } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Popover } from '../parts/popover.tsx';

const OPS: readonly FilterOp[] = ['is', 'not', 'contains', 'gt', 'lt', 'set', 'unset'];

interface FiltersProps {
  readonly filters: readonly Filter[];
  readonly onChange: (filters: readonly Filter[]) => void;
  /** The word of the button that adds one. Default: Filter. */
  readonly word?: string;
}

/** Filters as chips with a button that adds one: the editor of a condition, also within a step of a journey. */
export function Filters({ filters, onChange, word = 'Filter' }: FiltersProps) {
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
          <Chip key={text} text={text} onRemove={() => onChange(filters.filter((_, i) => i !== index))}>
            {text}
          </Chip>
        );
      })}
      <Popover label={label} title={word === 'Filter' ? 'Add a filter' : word} look="quiet">
        {(close) => (
          <FilterForm
            onAdd={(filter) => {
              close();
              onChange([...filters, filter]);
            }}
          />
        )}
      </Popover>
    </>
  );
}

export function FilterForm({ onAdd }: { readonly onAdd: (filter: Filter) => void }) {
  const [property, setProperty] = useState('');
  const [isNamed, setNamed] = useState(false);
  const take = (name: string) => {
    setProperty(name);
    setNamed(name.trim() !== '');
  };
  if (!isNamed) return <PropertyField value={property} onChange={setProperty} onTake={take} />;
  return <ValueForm property={property} onAdd={onAdd} />;
}

interface PropertyFieldProps {
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly onTake: (name: string) => void;
  readonly label?: string;
  /** Suggests only properties that have numbers. */
  readonly numbersOnly?: boolean;
}

export function PropertyField({ label = 'Property', numbersOnly = false, ...props }: PropertyFieldProps) {
  const names = useNames(props.value, { numbersOnly });
  return <SuggestField label={label} placeholder="country, plan, value…" options={names} {...props} />;
}

function ValueForm({ property, onAdd }: { readonly property: string; readonly onAdd: (filter: Filter) => void }) {
  const [op, setOp] = useState<FilterOp>('is');
  const [value, setValue] = useState('');
  const form = useRef<HTMLDivElement>(null);
  // The field of the property, which had the focus, is gone.
  useEffect(() => form.current?.querySelector<HTMLElement>('input, select')?.focus(), []);
  const values = useValues(property, op === 'is' || op === 'not' ? value : '');
  const needsValue = op !== 'set' && op !== 'unset';
  const add = (text: string) => {
    if (needsValue && text === '') return;
    onAdd({ property, op, values: needsValue ? [text] : [] });
  };
  return (
    <div class="filter-form" ref={form}>
      <p>
        <b>{property.replace(/^column\./, '')}</b>
      </p>
      <SelectField
        label="Comparison"
        isBare
        value={op}
        onChange={(next) => setOp(next as FilterOp)}
        options={OPS.map((one) => ({ value: one, label: OP_WORDS[one] }))}
      />
      {needsValue && <SuggestField label="Value" value={value} onChange={setValue} onTake={add} options={values} />}
      <Button kind="primary" onClick={() => add(value)} disabled={needsValue && value === ''}>
        Filter
      </Button>
    </div>
  );
}
