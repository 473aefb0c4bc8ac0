/** PropertySearch: looks for names of properties in a tenant's stored files, the newest first, within a budget. */
import type { StringColumn } from '../../core/event/event.ts';
import { LIMITS } from '../../core/limits.ts';
import type { NameSearch } from '../../core/names/name-search.ts';
import { dayOf } from '../../core/std/day.ts';
import { DAY_MAX, DAY_MIN } from '../../lake/manifest/dropped.ts';
import { type LakeSegment, readScanPlan } from '../../lake/manifest/segments.ts';
import { parseFooter, readFooter } from '../../lake/segment/footer.ts';
import { readSegment } from '../../lake/segment/segment-read.ts';
import { type ReadBucket, r2Source, type SegmentSource } from '../../lake/segment/source.ts';
import { propertyOfColumn } from '../../lake/segment/typed-columns.ts';
import { readAhead } from '../../lake/std/read-ahead.ts';
import { logWarn } from '../../observe/log.ts';
import type { Asking } from '../view/asking.ts';

const PROPERTIES: ReadonlySet<StringColumn> = new Set<StringColumn>(['properties']);

/** The budget of one search. */
class Spending {
  #files = 0;
  #sizeBytes = 0;

  get isOver(): boolean {
    return this.#sizeBytes >= LIMITS.propertyProbeSizeBytesMax;
  }

  /** Whether one more file may be opened. */
  get hasFile(): boolean {
    return this.#files < LIMITS.propertyProbeFilesMax && !this.isOver;
  }

  open(source: SegmentSource): SegmentSource {
    this.#files++;
    return {
      sizeBytes: source.sizeBytes,
      read: (offset, length) => {
        this.#sizeBytes += length;
        return source.read(offset, length);
      },
    };
  }
}

/** The first listing goes this many days back from today; each further listing goes four times as far. */
const DAYS_AT_FIRST = 32;
const DAYS_AT_LAST = 2_048;

/**
 * Whether the search is finished: it has seen every file, or enough files to find each name. false when the budget ran
 * out or a file could not be read.
 */
export async function searchFiles(asking: Asking, search: NameSearch): Promise<boolean> {
  const { db, lake } = asking.ports;
  const { uid } = asking.tenant;
  const spending = new Spending();
  const seenPaths = new Set<string>();
  const today = dayOf(asking.nowMs);
  try {
    let dayTo = DAY_MAX;
    for (let days = DAYS_AT_FIRST; dayTo >= DAY_MIN; days *= 4) {
      const dayFrom = days > DAYS_AT_LAST ? DAY_MIN : today - days;
      const { segments } = await readScanPlan(db, { uid, dayFrom, dayTo });
      const files = segments.filter(({ path }) => !seenPaths.has(path)).sort(compareNewest);
      for (const { path } of files) seenPaths.add(path);
      if (!(await lookInAll(lake, files, search, spending))) return false;
      if (search.isDone) return true;
      dayTo = dayFrom - 1;
    }
    return true;
  } catch (cause) {
    logWarn('query.known-properties', cause, { uid });
    return false;
  }
}

/** Orders unsealed files before sealed ones, then by the last event, the newest first. */
function compareNewest(left: LakeSegment, right: LakeSegment): number {
  const [leftSealed, rightSealed] = [left, right].map(({ source }) => Number(source === 'seal')) as [number, number];
  return leftSealed - rightSealed || right.atMaxMs - left.atMaxMs;
}

/** Reads the first file alone, which is most often enough, then several at once. false when the budget ran out. */
async function lookInAll(
  lake: ReadBucket,
  files: readonly LakeSegment[],
  search: NameSearch,
  spending: Spending,
): Promise<boolean> {
  const look = (file: LakeSegment) => lookInFile(lake, file, search, spending);
  const [first, ...others] = files;
  let isWhole = first === undefined || (await look(first));
  for await (const isRead of readAhead(others, look)) isWhole &&= isRead;
  return isWhole;
}

async function lookInFile(
  lake: ReadBucket,
  { path, sizeBytes, footer: listed }: LakeSegment,
  search: NameSearch,
  spending: Spending,
): Promise<boolean> {
  if (search.isDone) return true;
  if (!spending.hasFile) return false;
  const source = spending.open(r2Source(lake, path, sizeBytes));
  const footer = listed ?? (await readFooter(source));
  noteColumns(footer, search);
  if (search.isDone) return true;
  for await (const columns of readSegment(source, { columns: PROPERTIES, footer })) {
    search.look(columns);
    if (search.isDone) return true;
    if (spending.isOver) return false;
  }
  return true;
}

/** Finds the properties that have a column of their own in a file: events have them, or the column would not be there. */
export function noteColumns(footer: Uint8Array, search: NameSearch): void {
  for (const { name } of parseFooter(footer).columns) {
    const property = propertyOfColumn(name);
    if (property !== null) search.noteKey(property);
  }
}
