/**
 * Chart: events per minute as bars, with a summary and a table for users who do not see the bars.
 */
import uPlot from 'uplot';
import { MINUTE_MS, SECOND_MS } from '../../core/limits.ts';
import { element, formatCount, formatMinute } from './dom.ts';

/** The steps of the axis are whole numbers, as counts are. */
const STEPS = [1, 2, 5].flatMap((step) => Array.from({ length: 10 }, (_, i) => step * 10 ** i)).sort((a, b) => a - b);
/** The least top of the axis, so that one event does not fill the chart. */
const TOP_MIN = 5;

const muted = () => colorOf('--muted');
const axis = { stroke: muted, font: '12px system-ui, sans-serif', ticks: { show: false } } satisfies uPlot.Axis;

const OPTIONS: Omit<uPlot.Options, 'width' | 'height'> = {
  padding: [12, 18, 0, 0],
  legend: { show: false },
  cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
  scales: {
    x: { time: true, range: (_, min, max) => [min, max + MINUTE_MS / SECOND_MS] },
    y: { range: (_, _min, max) => [0, Math.max(TOP_MIN, max * 1.1)] },
  },
  axes: [
    { ...axis, grid: { show: false }, values: (_, splits) => splits.map((at) => formatMinute(at * 1_000)) },
    {
      ...axis,
      size: 44,
      incrs: STEPS,
      grid: { stroke: () => colorOf('--line'), width: 1 },
      values: (_, splits) => splits.map(formatCount),
    },
  ],
  series: [
    {},
    {
      fill: () => colorOf('--accent'),
      stroke: () => colorOf('--accent'),
      width: 0,
      points: { show: false },
      paths: uPlot.paths.bars!({ size: [0.72, 48], radius: 0.15, align: 1 }),
    },
  ],
  hooks: { setCursor: [showReadout] },
};

export interface Chart {
  show(startsMs: readonly number[], values: readonly number[]): void;
}

export function createChart(): Chart {
  const host = element('chart');
  const size = () => ({ width: host.clientWidth, height: host.clientHeight });
  const plot = new uPlot({ ...OPTIONS, ...size() }, [[], []], host);
  new ResizeObserver(() => plot.setSize(size())).observe(host);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => plot.redraw(true, true));
  const table = new Map<number, HTMLTableRowElement>();
  return {
    show(startsMs, values) {
      plot.setData([startsMs.map((startMs) => startMs / 1_000), [...values]]);
      element('chart-summary').textContent = summaryOf(startsMs, values);
      fillTable(table, startsMs, values);
    },
  };
}

/** Shows the minute under the pointer and its count. */
function showReadout({ cursor, data, posToVal }: uPlot): void {
  const readout = element('readout');
  const left = cursor.left ?? -1;
  if (left < 0 || data[0].length === 0) {
    readout.textContent = '';
    return;
  }
  // A bar stands to the right of the start of its minute.
  const at = posToVal(left, 'x');
  const index = data[0].findLastIndex((start) => start <= at);
  const value = data[1]?.[index];
  readout.textContent = index < 0 ? '' : `${formatMinute(data[0][index]! * 1_000)} · ${formatCount(value ?? 0)} events`;
}

function summaryOf(startsMs: readonly number[], values: readonly number[]): string {
  const total = values.reduce((sum, value) => sum + value, 0);
  if (total === 0) return 'No events in the last 30 minutes.';
  const most = Math.max(...values);
  const busiest = formatMinute(startsMs[values.indexOf(most)]!);
  const top = `The busiest minute is ${busiest} with ${formatCount(most)}.`;
  return `${formatCount(total)} ${total === 1 ? 'event' : 'events'} in the last 30 minutes. ${top}`;
}

/** Updates the table. The row of a minute stays the same element while the minute is shown. */
function fillTable(
  rows: Map<number, HTMLTableRowElement>,
  startsMs: readonly number[],
  values: readonly number[],
): void {
  const body = element('minutes') as HTMLTableSectionElement;
  const shown = new Set(startsMs);
  for (const [startMs, row] of rows) {
    if (shown.has(startMs)) continue;
    row.remove();
    rows.delete(startMs);
  }
  startsMs.forEach((startMs, i) => {
    let row = rows.get(startMs);
    if (row === undefined) {
      row = body.insertRow(0);
      row.insertCell().textContent = formatMinute(startMs);
      row.insertCell().className = 'number';
      rows.set(startMs, row);
    }
    const text = formatCount(values[i]!);
    if (row.cells[1]!.textContent !== text) row.cells[1]!.textContent = text;
  });
}

/** The present value of a color of the style sheet, with `light-dark()` resolved, as a canvas needs it. */
function colorOf(name: string): string {
  const probe = element('chart');
  probe.style.color = `var(${name})`;
  const { color } = getComputedStyle(probe);
  probe.style.color = '';
  return color;
}
