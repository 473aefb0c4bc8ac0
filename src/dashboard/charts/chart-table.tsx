/** Chart table: the values of a chart as a table, for screen readers and for users who want the figures. */
import { bucketName, full } from '../data/format.ts';
import { Table } from '../parts/table.tsx';
import { dropsByPoint, type LineChartProps } from './chart-data.ts';

const HEIGHT = 260;

export function ChartTable({ title, startsMs, series, interval, drops, format = full }: LineChartProps) {
  const show = (value: number | null | undefined) => (value === null || value === undefined ? '–' : format(value));
  const columns = series.flatMap(({ label, values, compared }) => [
    { title: label, isNumber: true, render: (i: number) => show(values[i]) },
    ...(compared ? [{ title: `${label}, before`, isNumber: true, render: (i: number) => show(compared[i]) }] : []),
  ]);
  const refused = dropsByPoint({ startsMs, interval, drops });
  if (refused.some((requests) => requests > 0))
    columns.push({ title: 'Requests refused', isNumber: true, render: (i: number) => full(refused[i] ?? 0) });
  return (
    <details class="chart-details">
      <summary>Show as a table</summary>
      <Table
        caption={title}
        columns={[{ title: 'Time', render: (i: number) => bucketName(startsMs[i]!, interval) }, ...columns]}
        rows={startsMs.map((_, i) => i)}
        keyOf={(i) => String(startsMs[i])}
        height={HEIGHT}
      />
    </details>
  );
}
