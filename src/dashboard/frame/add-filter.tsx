/** Add filter: a property, how it is compared, and a value, suggested from what there is. */
import { useState } from 'preact/hooks';
import { addFilter, type FilterOp, OP_WORDS } from '../data/filters.ts';
import { useNames, useValues } from '../data/names.ts';
import { Button } from '../parts/button.tsx';
import { SelectField, SuggestField } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Popover } from '../parts/popover.tsx';

const OPS: readonly FilterOp[] = ['is', 'not', 'contains', 'gt', 'lt', 'set', 'unset'];

export function AddFilter() {
  const label = (
    <>
      <Icon name="plus" size={14} />
      Filter
    </>
  );
  return (
    <Popover label={label} title="Add a filter" look="quiet">
      {(close) => <FilterForm close={close} />}
    </Popover>
  );
}

function FilterForm({ close }: { readonly close: () => void }) {
  const [property, setProperty] = useState('');
  const [isNamed, setNamed] = useState(false);
  if (!isNamed)
    return (
      <PropertyField
        value={property}
        onChange={setProperty}
        onTake={(name) => {
          setProperty(name);
          setNamed(name.trim() !== '');
        }}
      />
    );
  return <ValueForm property={property} close={close} />;
}

function PropertyField(props: { value: string; onChange: (text: string) => void; onTake: (name: string) => void }) {
  const names = useNames(props.value);
  return <SuggestField label="Property" placeholder="country, plan, value…" options={names} {...props} />;
}

function ValueForm({ property, close }: { readonly property: string; readonly close: () => void }) {
  const [op, setOp] = useState<FilterOp>('is');
  const [value, setValue] = useState('');
  const values = useValues(property, value);
  const needsValue = op !== 'set' && op !== 'unset';
  const add = (text: string) => {
    if (needsValue && text === '') return;
    close();
    addFilter({ property, op, values: needsValue ? [text] : [] });
  };
  return (
    <>
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
    </>
  );
}
