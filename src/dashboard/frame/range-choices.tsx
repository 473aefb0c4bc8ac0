/** Range choices: the usual spans, months, and any dates, in the tenant's zone. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { nowMs, RANGE_CHOICES, range, resolveRange } from '../data/range.ts';
import { setParams } from '../data/router.ts';
import { timezone } from '../data/session.ts';
import { addMonths, dateIn } from '../data/zone.ts';
import { Button } from '../parts/button.tsx';
import { TextField } from '../parts/field.tsx';

const MONTHS_LISTED = 6;

export default function RangeChoices({ close }: { readonly close: () => void }) {
  const list = useRef<HTMLDivElement>(null);
  // The choices come after their popover has opened.
  useEffect(() => list.current?.querySelector<HTMLElement>('[aria-pressed="true"], button')?.focus(), []);
  const today = dateIn(timezone.value, nowMs.value);
  const [from, setFrom] = useState(dateIn(timezone.value, range.value.startMs));
  const [last, setLast] = useState(dateIn(timezone.value, range.value.endMs - 1));
  const choose = (id: string) => {
    close();
    setParams({ r: id });
  };
  const months = Array.from({ length: MONTHS_LISTED }, (_, i) =>
    addMonths(`${today.slice(0, 7)}-01`, -2 - i).slice(0, 7),
  );
  return (
    <>
      <div class="range-choices" ref={list}>
        {RANGE_CHOICES.map(({ id, label }) => (
          <Choice key={id} label={label} isChosen={id === range.value.id} onChoose={() => choose(id)} />
        ))}
        {months.map((month) => (
          <Choice
            key={month}
            label={resolveRange(month, timezone.value, nowMs.value)?.label ?? month}
            isChosen={month === range.value.id}
            onChoose={() => choose(month)}
          />
        ))}
      </div>
      <form
        class="range-custom"
        onSubmit={(event) => {
          event.preventDefault();
          if (from <= last) choose(`${from}..${last}`);
        }}
      >
        <TextField label="From" type="date" value={from} max={last} onChange={setFrom} />
        <TextField label="To" type="date" value={last} min={from} onChange={setLast} />
        <Button type="submit" disabled={!(from <= last)}>
          Show
        </Button>
      </form>
      <p class="muted small">Days of {timezone.value}</p>
    </>
  );
}

function Choice({ label, isChosen, onChoose }: { label: string; isChosen: boolean; onChoose: () => void }) {
  return (
    <button type="button" class="range-choice" aria-pressed={isChosen} onClick={onChoose}>
      {label}
    </button>
  );
}
