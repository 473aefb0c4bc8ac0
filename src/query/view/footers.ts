/**
 * Footers of a view: most of what the manifest says of its files, and of no use where scans find the columns of the files kept
 * (lake/segment/kept-columns.ts).
 *
 * An isolate remembers the ranges that it has opened with footers, and opens them without from then on. A file that came since, or
 * that is not kept any more, tells its footer itself. A range with more rows than can be kept is always opened with footers.
 */
import { isColumn } from '../../core/event/property.ts';
import { LIMITS } from '../../core/limits.ts';
import { dayRange } from '../../core/std/day.ts';
import { readFooters } from '../../lake/manifest/footers.ts';
import type { ScanSegment } from '../../lake/scan/scan.ts';
import { isolateMemory } from '../../lake/std/isolate-memory.ts';
import type { Asking } from './asking.ts';
import type { LakeView } from './lake-view.ts';

/** Estimated memory of a row of kept columns. */
const ROW_SIZE_BYTES = 32;
const ROWS_MAX = (LIMITS.scannersMax * LIMITS.keptColumnsSizeBytesMax) / ROW_SIZE_BYTES / 2;

/** The latest last. */
const rangesOf = isolateMemory((_: D1Database) => new Set<string>());

type Range = Pick<LakeView, 'startMs' | 'endMs'>;

/**
 * Whether the range was opened with footers before, and what is wanted of it can be kept. `properties`: those that the JSON is read
 * for, null when it is read for more; a plain name of a column is most often no property of an event.
 */
export function wasOpened(asking: Asking, range: Range, properties: ReadonlySet<string> | null): boolean {
  if (properties === null || ![...properties].every(isColumn)) return false;
  return rangesOf(asking.ports.db).has(keyOf(asking, range));
}

export function noteOpened(asking: Asking, range: Range, { segments }: Pick<LakeView, 'segments'>): void {
  const ranges = rangesOf(asking.ports.db);
  const key = keyOf(asking, range);
  ranges.delete(key);
  if (rowsOf(segments) > ROWS_MAX) return;
  ranges.add(key);
  if (ranges.size > LIMITS.keptAnswersMax) ranges.delete(ranges.keys().next().value!);
}

export function rowsOf(segments: readonly ScanSegment[]): number {
  return segments.reduce((sum, { days }) => sum + days.reduce((all, { rowCount }) => all + rowCount, 0), 0);
}

/** The view with the footers of its files, which it may have been opened without. */
export async function withFooters(asking: Asking, view: LakeView): Promise<LakeView> {
  const lacking = view.segments.filter(({ footer, file }) => footer === undefined && file !== undefined);
  if (lacking.length === 0) return view;
  const footers = await readFooters(
    asking.ports.db,
    lacking.map(({ file }) => file!.manifestSeq),
  );
  const segments = view.segments.map((segment) => {
    const footer = segment.footer ?? (segment.file && footers.get(segment.file.manifestSeq));
    return footer ? { ...segment, footer } : segment;
  });
  return { ...view, segments };
}

function keyOf({ tenant }: Asking, range: Range): string {
  const { dayFrom, dayTo } = dayRange(range);
  return `${tenant.uid} ${dayFrom} ${dayTo}`;
}
