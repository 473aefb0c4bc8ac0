// Report: the figures of a benchmark, each with its unit and the bound that it should keep.

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The bound that the value must keep; absent when the figure is only printed. */
  readonly bound?: { readonly atLeast?: number; readonly atMost?: number };
}

export function isKept({ value, bound }: Figure): boolean {
  return value >= (bound?.atLeast ?? Number.NEGATIVE_INFINITY) && value <= (bound?.atMost ?? Number.POSITIVE_INFINITY);
}

export function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.name,
    round(figure.value),
    figure.unit,
    boundText(figure),
    figure.bound === undefined ? '' : isKept(figure) ? 'ok' : 'FALLS SHORT',
  ]);
  const all = [['figure', 'value', 'unit', 'bound', ''], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row.map((text, i) => (i === 1 ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0))).join('  '),
    )
    .join('\n');
}

function boundText({ bound }: Figure): string {
  if (bound?.atLeast !== undefined) return `≥ ${bound.atLeast}`;
  if (bound?.atMost !== undefined) return `≤ ${bound.atMost}`;
  return '';
}

function round(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en');
  return value.toPrecision(3);
}
