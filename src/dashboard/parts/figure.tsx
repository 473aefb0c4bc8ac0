/** Figure: a number, short, with the whole number on hover and for screen readers; and its change. */
import { full, percent, short } from '../data/format.ts';

type Format = (value: number) => string;

interface NumProps {
  /** Null shows a dash: there is no such number. */
  readonly value: number | null | undefined;
  /** Default: the short form of a count. */
  readonly format?: Format;
  /** Marks the number with ≈. */
  readonly isEstimate?: boolean | undefined;
}

export function Num({ value, format = short, isEstimate = false }: NumProps) {
  if (value === null || value === undefined) return <span class="num muted">–</span>;
  const shown = format(value);
  const exact = format === short ? full(value) : shown;
  return (
    <data
      class="num"
      value={String(value)}
      title={`${isEstimate ? 'about ' : ''}${format === short ? exact : full(value)}`}
    >
      {isEstimate && <span title="An estimate">≈{'\u202f'}</span>}
      {shown}
    </data>
  );
}

interface DeltaProps {
  readonly now: number | null | undefined;
  readonly before: number | null | undefined;
  /** Whether less is better, as for bounces. */
  readonly isInverse?: boolean;
  /** Shows the difference of two shares in points instead of the change in percent. */
  readonly isShare?: boolean;
}

/** The change since the range before. It has an arrow and a word besides its colour. */
export function Delta({ now, before, isInverse = false, isShare = false }: DeltaProps) {
  if (now === null || now === undefined || before === null || before === undefined) return null;
  if (before === 0 && !isShare) return now === 0 ? null : <span class="delta muted">new</span>;
  const change = isShare ? now - before : now / before - 1;
  const size = Math.abs(change);
  const text = isShare
    ? `${(size * 100).toFixed(1)} pt`
    : size > 9.995
      ? `${(now / before).toFixed(0)}×`
      : percent(size);
  if (size < 0.0005) return <span class="delta muted">no change</span>;
  const isGood = change > 0 !== isInverse;
  return (
    <span class={`delta ${isGood ? 'good' : 'bad'}`}>
      <span aria-hidden="true">{change > 0 ? '▲' : '▼'}</span>
      <span class="sr">{change > 0 ? 'up ' : 'down '}</span>
      {text}
    </span>
  );
}
