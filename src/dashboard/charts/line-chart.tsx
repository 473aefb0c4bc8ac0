/**
 * Line chart: values over time, by uPlot. The part behind the watermark is dashed, with a thin line "complete up to"; the
 * earlier range of a comparison is dotted; marks stand on the axis. Dragging selects a range. The same values are a table
 * for screen readers and for users who want the figures.
 */
import { useLayoutEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { at, full } from '../data/format.ts';
import { hrefOf } from '../data/router.ts';
import { dataOf, dropsByPoint, type LineChartProps } from './chart-data.ts';
import { optionsOf } from './chart-options.ts';
import { ChartTable } from './chart-table.tsx';
import { groundChanges, seriesToken, theme } from './color.ts';
import './charts.css';
import './uplot.css';

export function LineChart(props: LineChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const readout = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const plot = useRef<uPlot | null>(null);
  const { height = 240, series, startsMs, kind = 'line', asOfMs, marks, drops, interval } = props;
  const ground = `${theme.value} ${groundChanges.value}`;
  const form = `${kind} ${series.map(({ label, compared }) => `${label} ${compared !== undefined}`).join('|')} ${ground}`;
  // A page makes its series anew whenever something on it changes: a chart is drawn again when its own values do.
  const values = JSON.stringify([startsMs, series, asOfMs, marks, drops, interval]);
  const drawn = useRef('');

  useLayoutEffect(() => {
    const own = host.current!;
    const made = new uPlot(optionsOf(latest, readout, own.clientWidth, height), dataOf(latest.current), own);
    plot.current = made;
    drawn.current = values;
    const observer = new ResizeObserver(() => {
      if (own.clientWidth !== made.width) made.setSize({ width: own.clientWidth, height });
    });
    observer.observe(own);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [form, height]);
  useLayoutEffect(() => {
    if (drawn.current === values) return;
    drawn.current = values;
    plot.current?.setData(dataOf(latest.current));
  }, [values]);
  const refused = dropsByPoint(props).reduce((sum, requests) => sum + requests, 0);

  return (
    <figure class="chart">
      <div class="chart-legend">
        <Legend {...props} />
        {refused > 0 && (
          <a class="legend-item" href={hrefOf('/data', { tab: 'limits' })} data-page>
            <span class="swatch drops" />
            {full(refused)} {refused === 1 ? 'request' : 'requests'} refused: why
          </a>
        )}
      </div>
      <div class="chart-host" style={{ height: `${height}px` }}>
        <div ref={host} aria-hidden="true" />
        <div ref={readout} class="chart-readout float" hidden aria-hidden="true" />
      </div>
      <ChartTable {...props} />
    </figure>
  );
}

function Legend({ series, startsMs, asOfMs }: LineChartProps) {
  return (
    <div class="legend-items" aria-hidden="true">
      {series.length > 1 &&
        series.map(({ label }, i) => (
          <span key={label} class="legend-item">
            <span class="swatch" style={{ background: `var(${seriesToken(i)})` }} />
            {label}
          </span>
        ))}
      {series.some(({ compared }) => compared) && <span class="legend-item muted">dotted: the period before</span>}
      {asOfMs && startsMs.length > 0 && asOfMs >= startsMs[0]! && (
        <span class="legend-item muted">complete up to {at(asOfMs, 'time')}</span>
      )}
    </div>
  );
}
