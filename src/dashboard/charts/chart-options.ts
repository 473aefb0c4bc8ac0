/** Chart options: how uPlot draws a chart: its axes, lines, marks, the values at the cursor, and the drag. */
import uPlot from 'uplot';
import { at, bucketName, full, short } from '../data/format.ts';
import type { Interval } from '../data/range.ts';
import { setParams } from '../data/router.ts';
import { type ChartSeries, dropsByPoint, type LineChartProps, lengthOf } from './chart-data.ts';
import { drawDrops } from './chart-drops.ts';
import { colorOf, seriesToken } from './color.ts';

type Latest = { readonly current: LineChartProps };

export function optionsOf(
  latest: Latest,
  readout: { current: HTMLDivElement | null },
  width: number,
  height: number,
): uPlot.Options {
  const { series, kind = 'line' } = latest.current;
  const muted = colorOf('--muted');
  const axis = { stroke: muted, font: '12px system-ui, sans-serif', ticks: { show: false } } satisfies uPlot.Axis;
  const format = (value: number) => (latest.current.format ?? short)(value);
  return {
    width,
    height,
    padding: [10, 26, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      sync: { key: 'page' },
      points: { size: 7, width: 2, fill: colorOf('--raised') },
      drag: { x: true, y: false, setScale: false },
    },
    scales: {
      x: { time: true, range: (_, min, max) => rangeOfX(latest.current, min, max) },
      y: { range: (_, _min, max) => [0, max > 0 ? max * 1.08 : 1] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 72,
        values: (_, splits) => splits.map((split) => axisName(split * 1_000, latest.current.interval)),
        splits: (_: uPlot, __: number, min: number, max: number) => splitsOf(latest.current, width, min, max),
      },
      {
        ...axis,
        size: 52,
        space: 44,
        grid: { stroke: colorOf('--line'), width: 1 },
        values: (_, splits) => splits.map((split) => (isWhole(latest.current) && split % 1 !== 0 ? '' : format(split))),
      },
    ],
    series: [{}, ...series.flatMap((one, i) => strokesOf(one, i, series.length, kind))],
    hooks: {
      draw: [(drawn) => drawMarks(drawn, latest.current), (drawn) => drawDrops(drawn, latest.current)],
      setCursor: [(moved) => showReadout(moved, latest.current, readout.current)],
      setSelect: [(chosen) => select(chosen, latest.current)],
    },
  };
}

/** Whether the values are counts, which have no halves. */
function isWhole({ series }: LineChartProps): boolean {
  return series.every(({ values }) => values.every((value) => value === null || value % 1 === 0));
}

function rangeOfX({ kind, interval }: LineChartProps, min: number, max: number): [number, number] {
  const half = lengthOf(interval) / 2_000;
  return kind === 'bar' || min === max ? [min - half, max + half] : [min, max];
}

/** Names of points stand under points: every n-th, as many as fit. */
function splitsOf({ startsMs }: LineChartProps, width: number, min: number, max: number): number[] {
  const shown = startsMs.map((startMs) => startMs / 1_000).filter((start) => start >= min && start <= max);
  const step = Math.max(1, Math.ceil(shown.length / Math.max(1, Math.floor((width - 60) / 84))));
  return shown.filter((_, i) => i % step === 0);
}

function axisName(atMs: number, interval: Interval): string {
  if (interval === 'minute' || interval === 'hour') {
    const time = at(atMs, 'time');
    return time === '00:00' ? at(atMs, 'date') : time;
  }
  return at(atMs, interval === 'month' ? 'month' : 'date');
}

/** The part of an interval that its bars take, and their greatest width. */
const BAR_SHARE = 0.7;
const BAR_PX_MAX = 56;

/** Bars of several series stand side by side: none hides another, and none is added to one that it may overlap. */
function barsBeside(index: number, count: number): uPlot.Series.PathBuilder {
  return (plot, seriesIndex, first, last) => {
    const starts = plot.data[0];
    const values = plot.data[seriesIndex]!;
    const placeOf = (i: number) => plot.valToPos(starts[i]!, 'x', true);
    const interval = starts.length > 1 ? placeOf(1) - placeOf(0) : plot.bbox.width;
    const group = Math.min(BAR_SHARE * interval, count * BAR_PX_MAX * devicePixelRatio);
    const bar = group / count;
    const zero = plot.valToPos(0, 'y', true);
    const path = new Path2D();
    for (let i = first; i <= last; i++) {
      const value = values[i];
      if (value === null || value === undefined) continue;
      const top = plot.valToPos(value, 'y', true);
      path.rect(placeOf(i) - group / 2 + index * bar, top, Math.max(1, bar * 0.88), zero - top);
    }
    return { stroke: path, fill: path, flags: 0 };
  };
}

function strokesOf({ compared }: ChartSeries, index: number, count: number, kind: 'line' | 'bar'): uPlot.Series[] {
  const stroke = colorOf(seriesToken(index));
  if (kind === 'bar') {
    const paths =
      count === 1 ? uPlot.paths.bars!({ size: [BAR_SHARE, BAR_PX_MAX], radius: 0.12 }) : barsBeside(index, count);
    const bar: uPlot.Series = { stroke, fill: stroke, width: 0, paths, points: { show: false } };
    return [bar, { show: false }, ...(compared ? [dotted()] : [])];
  }
  const line: uPlot.Series = { stroke, width: 2, points: { show: false } };
  const fill = count === 1 ? { fill: faint(stroke) } : {};
  return [{ ...line, ...fill }, { ...line, ...fill, dash: [5, 4] }, ...(compared ? [dotted()] : [])];
}

function dotted(): uPlot.Series {
  return { stroke: colorOf('--line-strong'), width: 2, dash: [2, 4], points: { show: false } };
}

/** The colour, nearly transparent: the area below a single series. */
function faint(color: string): string {
  return color.replace(/^rgb\((.+)\)$/, 'rgba($1, 0.09)');
}

/** Rows of labels at the top of a chart. */
const LABEL_ROWS = 3;
const LABEL_ROW_PX = 14;

/** Draws the watermark and the marks as thin vertical lines. */
function drawMarks(plot: uPlot, { asOfMs, marks = [] }: LineChartProps): void {
  const { min = 0, max = 0 } = plot.scales.x ?? {};
  const lines = [
    ...(asOfMs ? [{ atMs: asOfMs, color: colorOf('--muted'), flag: '' }] : []),
    ...marks.map(({ atMs, label }) => ({ atMs, color: colorOf('--warn'), flag: `⚑ ${label}` })),
  ];
  const { ctx, bbox } = plot;
  /** The right end of the last label of each row: a label that fits into no row is left out, its line stays. */
  const rowEnds = Array.from({ length: LABEL_ROWS }, () => 0);
  for (const { atMs, color, flag } of lines.sort((a, b) => a.atMs - b.atMs)) {
    if (atMs / 1_000 < (min ?? 0) || atMs / 1_000 > (max ?? 0)) continue;
    const x = Math.round(plot.valToPos(atMs / 1_000, 'x', true)) + 0.5;
    ctx.save();
    ctx.strokeStyle = color;
    ctx.fillStyle = color;
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    if (flag !== '') {
      ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
      // The axes leave their own alignment behind.
      ctx.textAlign = 'left';
      ctx.textBaseline = 'alphabetic';
      const gap = 4 * devicePixelRatio;
      const { width } = ctx.measureText(flag);
      const isRight = x + gap + width > bbox.left + bbox.width;
      const left = isRight ? x - gap - width : x + gap;
      const row = rowEnds.findIndex((end) => end < left);
      if (row !== -1) {
        rowEnds[row] = left + width;
        ctx.fillText(flag, left, bbox.top + (10 + row * LABEL_ROW_PX) * devicePixelRatio);
      }
    }
    ctx.restore();
  }
}

/** Shows the values at the cursor beside it. */
function showReadout({ cursor, bbox }: uPlot, props: LineChartProps, readout: HTMLDivElement | null): void {
  if (!readout) return;
  const { startsMs, series, interval, format = full } = props;
  const index = cursor.idx ?? -1;
  const startMs = startsMs[index];
  readout.hidden = startMs === undefined || (cursor.left ?? -1) < 0;
  if (startMs === undefined || readout.hidden) return;
  const rows = series.map(({ label, values, compared }) => {
    const before = compared?.[index];
    const earlier = before === undefined || before === null ? '' : `  (before: ${format(before)})`;
    const value = values[index];
    return `${label}: ${value === null || value === undefined ? '–' : format(value)}${earlier}`;
  });
  const refused = dropsByPoint(props)[index] ?? 0;
  if (refused > 0) rows.push(`Requests refused: ${full(refused)}`);
  readout.textContent = [bucketName(startMs, interval), ...rows].join('\n');
  const left = (cursor.left ?? 0) + bbox.left / devicePixelRatio;
  const isRight = (cursor.left ?? 0) > bbox.width / devicePixelRatio / 2;
  readout.style.left = isRight ? '' : `${left + 12}px`;
  readout.style.right = isRight ? `${readout.parentElement!.clientWidth - left + 12}px` : '';
}

/** A drag over more than a few pixels chooses the range from the first point under it to the end of the last. */
function select(plot: uPlot, { startsMs, interval, onSelect = setRange }: LineChartProps): void {
  const { left, width } = plot.select;
  if (width < 8) return;
  const first = startsMs[plot.posToIdx(left)];
  const last = startsMs[plot.posToIdx(left + width)];
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  if (first === undefined || last === undefined) return;
  onSelect(first, last + lengthOf(interval));
}

function setRange(fromMs: number, toMs: number): void {
  const end = Math.min(toMs, Date.now());
  if (end > fromMs)
    setParams({ r: `${new Date(fromMs).toISOString()}..${new Date(end).toISOString()}`.replaceAll('.000Z', 'Z') });
}
