/**
 * ScanView: shows the rows of a LakeView batch by batch, each row under the one person that its linked ids are.
 */
import { ALL_PEOPLE } from '../../core/people/high-range.ts';
import { ok, type Result } from '../../core/std/result.ts';
import { wordsOf } from '../../core/std/words.ts';
import { withoutExpired } from '../../lake/manifest/dropped.ts';
import { scan } from '../../lake/scan/scan.ts';
import type { OnBatch, ScanRequest, ScanTooLarge, ScanTotals } from '../../lake/scan/scan-request.ts';
import { keptColumnsOf } from '../../lake/segment/kept-columns.ts';
import { type People, personFilter, personsOf } from '../../lake/segment/people-bounds.ts';
import { keep } from '../../lake/segment/rows.ts';
import type { Asking } from './asking.ts';
import { knownColumns } from './known-people.ts';
import { EVENT_COLUMN, type LakeView } from './lake-view.ts';
import { dayTooMixed, type LakeRefusal, tooLarge } from './refusal.ts';

/** The part of a view's rows that a scan wants. */
export interface RowsRequest
  extends Pick<ScanRequest, 'wanted' | 'people' | 'narrowed' | 'rowsMax' | 'budget' | 'properties' | 'copies'> {
  /** Asked after each batch; names the bound that was exceeded, which ends and refuses the scan. null while within bounds. */
  readonly excess?: () => string | null;
}

const NOTHING: ScanTotals = { eventCount: 0, scannedRowCount: 0, duplicateCount: 0 };

export async function scanLakeView(
  { ports, tenant, budget }: Pick<Asking, 'ports' | 'tenant' | 'budget'>,
  view: LakeView,
  rowsRequest: RowsRequest,
  onBatch: OnBatch,
): Promise<Result<ScanTotals, LakeRefusal>> {
  const { segments, tails, startMs, endMs, expired } = view;
  if (startMs >= endMs) return ok(NOTHING);
  const { wanted, people = peopleShown(view), narrowed, excess, ...rest } = rowsRequest;
  // The rows of a person with linked ids are in several places: the person is known only after a row is read.
  const filtersHere = hasLinks(view);
  const pushed = filtersHere ? {} : { ...(people && { people }), ...(narrowed && { narrowed }) };
  const request: ScanRequest = {
    bucket: ports.lake,
    hashKey: tenant.hashKey,
    segments,
    tails,
    startMs,
    endMs,
    budget,
    kept: keptColumnsOf(ports.lake),
    trustsShards: true,
    wanted: expired.size === 0 ? wanted : new Set([...wanted, EVENT_COLUMN]),
    ...pushed,
    ...rest,
  };
  const shown = showing(view, filtersHere ? people : undefined, onBatch);
  let exceeded: string | null = null;
  const bounded: OnBatch = async (...batch) => {
    if ((await shown(...batch)) === 'stop') return 'stop';
    exceeded = excess?.() ?? null;
    if (exceeded !== null) return 'stop';
  };
  const scanned = await scan(request, bounded);
  if (exceeded !== null) return tooLarge(`${exceeded}: narrow the range or add a filter.`);
  return scanned.ok ? scanned : refusalOf(scanned.error);
}

/** Hands on the rows that retention has kept, with the people put on; with `people` only their rows. */
function showing({ expired, people: known }: LakeView, people: People | undefined, onBatch: OnBatch): OnBatch {
  const isWanted = people === undefined ? null : personFilter(people);
  return async (batch, scannedRows, day) => {
    const rows = withoutExpired(batch, scannedRows, expired, day);
    if (rows.length === 0) return;
    const columns = known === undefined ? batch : knownColumns(batch, known);
    const words = wordsOf(columns.person);
    return onBatch(columns, isWanted === null ? rows : keep(rows, (row) => isWanted(words, row)), day);
  };
}

/** The people whose rows the view shows when the request names none; undefined for all people. */
function peopleShown({ people }: LakeView): People | undefined {
  if (people === undefined) return undefined;
  const { from, to } = people.range;
  return from === ALL_PEOPLE.from && to === ALL_PEOPLE.to ? undefined : personsOf(people.range);
}

function hasLinks({ people }: LakeView): boolean {
  return people?.linked?.isEmpty === false;
}

function refusalOf({ code, rowCount, rowsMax }: ScanTooLarge) {
  switch (code) {
    case 'day-too-mixed':
      return dayTooMixed(rowCount);
    case 'budget-spent':
      return tooLarge(`More than ${rowsMax} events would have to be read. Narrow the range.`);
    case 'scan-too-large':
      return tooLarge(`The answer needs ${rowCount} events to be read, and at most ${rowsMax} are. Narrow the range.`);
  }
}
