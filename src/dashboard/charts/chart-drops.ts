/** Chart drops: the marks of requests that were refused, on the axis of a chart. */
import type uPlot from 'uplot';
import { dropsByPoint, type LineChartProps, lengthOf } from './chart-data.ts';
import { colorOf } from './color.ts';

const MARK_PX = 5;
/** The least width of a mark: the last point of a line has no room behind it. */
const WIDTH_PX_MIN = 6;

/** Draws a block on the axis below each point in whose interval requests were refused. */
export function drawDrops(plot: uPlot, props: LineChartProps): void {
  const { startsMs, interval, kind } = props;
  const { ctx, bbox } = plot;
  const height = MARK_PX * devicePixelRatio;
  ctx.save();
  ctx.fillStyle = colorOf('--down');
  for (const [i, requests] of dropsByPoint(props).entries()) {
    if (requests === 0) continue;
    const startMs = startsMs[i]!;
    const lengthMs = (startsMs[i + 1] ?? startMs + lengthOf(interval)) - startMs;
    // A bar stands around its point, and a line goes on from it.
    const leftMs = kind === 'bar' ? startMs - lengthMs / 2 : startMs;
    const left = Math.max(bbox.left, plot.valToPos(leftMs / 1_000, 'x', true));
    const right = Math.min(bbox.left + bbox.width, plot.valToPos((leftMs + lengthMs) / 1_000, 'x', true));
    const width = Math.max(WIDTH_PX_MIN * devicePixelRatio, right - left - devicePixelRatio);
    ctx.fillRect(Math.min(left, bbox.left + bbox.width - width), bbox.top + bbox.height - height, width, height);
  }
  ctx.restore();
}
