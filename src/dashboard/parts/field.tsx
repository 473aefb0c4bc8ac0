/** Field: a labelled input, and one that suggests values while the user types. */
import type { ComponentChildren, JSX } from 'preact';
import { useId, useState } from 'preact/hooks';

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** Hides the label from sight where the place says it. */
  readonly isBare?: boolean;
  readonly hint?: ComponentChildren;
}

interface InputProps {
  readonly type?: 'text' | 'password' | 'date' | 'time' | 'number' | 'search';
  readonly placeholder?: string;
  readonly min?: string;
  readonly max?: string;
  readonly step?: string;
  readonly required?: boolean;
  readonly autocomplete?: 'off';
  readonly readonly?: boolean;
}

export function TextField({ label, value, onChange, isBare, hint, ...rest }: FieldProps & InputProps) {
  const id = useId();
  // Preact has a type for each kind of input, while here it is one of several.
  const input = {
    ...rest,
    id,
    value,
    onInput: ({ currentTarget }: { currentTarget: HTMLInputElement }) => onChange(currentTarget.value),
  } as JSX.IntrinsicElements['input'];
  return (
    <div class="field">
      <label for={id} class={isBare ? 'sr' : ''}>
        {label}
      </label>
      <input {...input} />
      {hint && <p class="muted">{hint}</p>}
    </div>
  );
}

export function SelectField({
  label,
  value,
  onChange,
  isBare,
  options,
}: FieldProps & { readonly options: readonly { readonly value: string; readonly label: string }[] }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id} class={isBare ? 'sr' : ''}>
        {label}
      </label>
      <select id={id} value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </div>
  );
}

interface SuggestProps extends FieldProps {
  readonly options: readonly { readonly value: string; readonly note?: ComponentChildren }[];
  /** Called when the user takes an option or presses Enter. */
  readonly onTake: (value: string) => void;
  readonly placeholder?: string;
}

const SHOWN_MAX = 50;

/** A combobox: the arrows move through the options, Enter takes one or the text itself. */
export function SuggestField({ label, value, onChange, onTake, options, isBare, placeholder }: SuggestProps) {
  const id = useId();
  const [active, setActive] = useState(-1);
  const [isOpen, setOpen] = useState(true);
  const shown = options.slice(0, SHOWN_MAX);
  const take = (text: string) => {
    setOpen(false);
    setActive(-1);
    onTake(text);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setOpen(true);
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setActive((before) => Math.max(-1, Math.min(shown.length - 1, before + step)));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      take(shown[active]?.value ?? value);
    }
  };
  return (
    <div class="field suggest">
      <label for={id} class={isBare ? 'sr' : ''}>
        {label}
      </label>
      <input
        id={id}
        role="combobox"
        aria-expanded={isOpen && shown.length > 0}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={active >= 0 ? `${id}-${active}` : undefined}
        autocomplete="off"
        spellcheck={false}
        value={value}
        placeholder={placeholder}
        onFocus={() => setOpen(true)}
        onInput={({ currentTarget }) => {
          setOpen(true);
          setActive(-1);
          onChange(currentTarget.value);
        }}
        onKeyDown={onKeyDown}
      />
      <div
        id={`${id}-list`}
        role="listbox"
        aria-label={label}
        class="suggest-list"
        hidden={!isOpen || shown.length === 0}
      >
        {shown.map((option, i) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the input has the focus and handles the keys.
          <div
            key={option.value}
            id={`${id}-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === active}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => take(option.value)}
          >
            <span class="suggest-value">{option.value}</span>
            {option.note !== undefined && <span class="muted num">{option.note}</span>}
          </div>
        ))}
      </div>
    </div>
  );
}
