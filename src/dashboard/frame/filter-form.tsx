/** Filter form: a property, how it is compared, and a value, suggested from what there is. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Filter, type FilterOp, OP_WORDS, propertyWords } from '../data/filters.ts';
import { useValues } from '../data/names.ts';
import { Button } from '../parts/button.tsx';
import { SelectField, SuggestField } from '../parts/field.tsx';
import { PropertyField } from './property-field.tsx';

const OPS: readonly FilterOp[] = ['is', 'not', 'contains', 'gt', 'lt', 'set', 'unset'];

export function FilterForm({ onAdd }: { readonly onAdd: (filter: Filter) => void }) {
  const [property, setProperty] = useState<string | null>(null);
  const form = useRef<HTMLDivElement>(null);
  // The form comes after its popover has opened, and its second half in place of the field that had the focus.
  useEffect(() => form.current?.querySelector<HTMLElement>('input, select')?.focus(), [property]);
  return (
    <div class="filter-form" ref={form}>
      {property === null ? <PropertyField onTake={setProperty} /> : <ValueForm property={property} onAdd={onAdd} />}
    </div>
  );
}

function ValueForm({ property, onAdd }: { readonly property: string; readonly onAdd: (filter: Filter) => void }) {
  const [op, setOp] = useState<FilterOp>('is');
  const [value, setValue] = useState('');
  const values = useValues(property, op === 'is' || op === 'not' ? value : '');
  const needsValue = op !== 'set' && op !== 'unset';
  const add = (text: string) => {
    if (needsValue && text === '') return;
    onAdd({ property, op, values: needsValue ? [text] : [] });
  };
  return (
    <>
      <p>
        <b>{propertyWords(property)}</b>
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
    </>
  );
}
