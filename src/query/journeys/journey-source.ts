/**
 * Journey source: computes a journey from the events of the lake and of the shards' tails.
 *
 * steps: open a view of the lake → are its properties known → look up people → scan it into sequences, a big one beside scanners
 *        → fold them → go on with the people that did not fit in memory
 * Most often one pass takes everybody. Of more events than are held at once each pass takes a range of people, by hash
 * (journey-passes.ts): a sealed file is sorted by person, so that it reads those only. One that holds too much all the same
 * goes on with the lower half of its people, and the next one begins where it stopped.
 */
import type { StringColumn } from '../../core/event/event.ts';
import type { JourneySpec } from '../../core/journeys/kinds.ts';
import type { Journey } from '../../core/journeys/kit/journey.ts';
import type { JourneyPart } from '../../core/journeys/kit/journey-part.ts';
import { EVERYBODY, type HighRange, SequenceBuilder } from '../../core/journeys/kit/sequence-builder.ts';
import { DAY_MS, LIMITS } from '../../core/limits.ts';
import type { LinkedPeople } from '../../core/people/links.ts';
import { ok, type Result } from '../../core/std/result.ts';
import { RowBudget } from '../../lake/scan/row-budget.ts';
import type { CopiesByDay } from '../../lake/scan/scan.ts';
import type { ScannerRpc, Share } from '../../lake/scan/scan-task.ts';
import { type PeopleSpan, peopleSpans, personsOf } from '../../lake/segment/people-bounds.ts';
import type { LakeColumn } from '../../lake/segment/segment-schema.ts';
import type { Asking } from '../view/asking.ts';
import type { LakeView } from '../view/lake-view.ts';
import { openView } from '../view/open-view.ts';
import { type LakeRefusal, tooLarge } from '../view/refusal.ts';
import { scanShared } from '../view/scan-pool.ts';
import { scanLakeView } from '../view/scan-view.ts';
import { Passes } from './journey-passes.ts';

export interface JourneyOptions<Answer> {
  /** Text columns that further scans of the view will want. */
  readonly furtherColumns?: readonly StringColumn[];
  /** High word of the least person of interest. */
  readonly highFrom?: number;
  /** Asked after each pass: people with greater hashes do not matter any more. */
  readonly isEnough?: (journey: Journey<Answer>) => boolean;
  /** The journey as plain data, to be shared out over scanners; absent: it is computed here alone. */
  readonly spec?: JourneySpec;
  /** Smaller than the limit in tests. */
  readonly heldMax?: number;
}

export interface JourneyReading<Answer> {
  readonly answer: Answer;
  readonly view: LakeView;
  readonly scannedEvents: number;
}

export async function readJourney<Answer>(
  asking: Asking,
  journey: Journey<Answer>,
  options: JourneyOptions<Answer> = {},
): Promise<Result<JourneyReading<Answer>, LakeRefusal>> {
  const { spec, furtherColumns = [], highFrom = EVERYBODY.from, heldMax = LIMITS.journeyHeldMax } = options;
  const { asks } = journey;
  const columns = [...journey.columns, ...furtherColumns];
  const { startMs, endMs } = journey;
  const opened = await openView(asking, { startMs, endMs, columns, asks, names: journey.names });
  if (!opened.ok) return opened;
  const view = opened.value;
  const wanted = new Set<LakeColumn>([...journey.columns, 'person']);
  const spans = spansOf(view, heldMax);
  const passes = spans && new Passes(spans, heldMax);
  const endFrom = (from: number, otherwise: number) => passes?.endFrom(from, EVERYBODY.to) ?? otherwise;
  let range: HighRange = { from: highFrom, to: endFrom(highFrom, EVERYBODY.to) };
  const linked = view.people?.linked ?? null;
  let scannedEvents = 0;
  const copies: CopiesByDay = new Map();
  const budget = new RowBudget(LIMITS.journeyReadRowsMax);
  for (let pass = 1; ; pass++) {
    if (pass > LIMITS.journeyPassesMax) return tooMuch('The people of the question are too many to be held at once');
    const builder = new SequenceBuilder(journey, { heldMax, range });
    const isEverybody = range.from === EVERYBODY.from && range.to === EVERYBODY.to;
    // Whom the builder has given up need not be read any more.
    const narrowed = () => personsOf(builder.range);
    const excess = () => journey.excess ?? (builder.isFull ? 'One person has too many events' : null);
    const what = {
      wanted,
      narrowed,
      copies,
      excess,
      budget,
      ...(journey.properties && { properties: journey.properties }),
      ...(!isEverybody && { people: personsOf(range) }),
    };
    const scan = (of: LakeView) => scanLakeView(asking, of, what, (batch, rows) => builder.add(batch, rows));
    const shared = spec !== undefined && isDivisible(view, isEverybody);
    const scanned = shared
      ? await scanShared(asking, view, { scan, ...pooled(builder, spec, { heldMax, linked, excess }) })
      : await scan(view);
    if (!scanned.ok) return scanned;
    // Of what scanners have found it was not asked on the way.
    const met = excess();
    if (met !== null) return tooMuch(met);
    scannedEvents = Math.max(scannedEvents, scanned.value.scannedRowCount);
    const { from, to } = builder.range;
    passes?.learn({ from, to }, builder.held);
    journey.add(builder.finish());
    if (journey.excess !== null) return tooMuch(journey.excess);
    if (to === EVERYBODY.to || options.isEnough?.(journey)) break;
    // As many of the rest as fitted now will fit again.
    range = { from: to + 1, to: endFrom(to + 1, Math.min(EVERYBODY.to, to + 1 + (to - from))) };
  }
  return ok({ answer: journey.finish(), view, scannedEvents: scannedEvents + (view.people?.scannedEvents ?? 0) });
}

/** Whose rows the view has, for passes to be planned; null: one may do, or people cannot be read apart from others. */
function spansOf({ segments, tails, startMs, endMs, people }: LakeView, heldMax: number): PeopleSpan[] | null {
  if (people?.linked?.isEmpty === false) return null;
  const dayFrom = Math.floor(startMs / DAY_MS);
  const dayTo = Math.floor((endMs - 1) / DAY_MS);
  const counted = segments.map(({ days, footer }) => {
    const inRange = days.filter(({ day }) => day >= dayFrom && day <= dayTo);
    return { footer, rowCount: inRange.reduce((sum, { rowCount }) => sum + rowCount, 0) };
  });
  const tailRows = tails.reduce((sum, { columns }) => sum + columns.rowCount, 0);
  if (counted.reduce((sum, { rowCount }) => sum + rowCount, tailRows) <= heldMax) return null;
  const spans: PeopleSpan[] = [{ ...EVERYBODY, rowCount: tailRows }];
  for (const { footer, rowCount } of counted) {
    const groups = footer ? peopleSpans(footer) : [{ ...EVERYBODY, rowCount }];
    const total = groups.reduce((sum, group) => sum + group.rowCount, 0);
    // Of a segment of several days a part may count.
    for (const group of groups) spans.push({ ...group, rowCount: (group.rowCount * rowCount) / total });
  }
  return spans;
}

/**
 * Traits and cohorts are known here alone. Where ids are linked, a person's events are found under hashes beyond those of the
 * pass: of everybody a scanner can give all, of some it cannot.
 */
function isDivisible({ people }: LakeView, isEverybody: boolean): boolean {
  const hasLinks = people?.linked?.isEmpty === false;
  return (people?.lookup ?? null) === null && (isEverybody || !hasLinks);
}

/** What scanners are asked for a pass, and what is done with it. */
function pooled(
  builder: SequenceBuilder,
  spec: JourneySpec,
  {
    heldMax,
    linked,
    excess,
  }: { readonly heldMax: number; readonly linked: LinkedPeople | null; readonly excess: () => string | null },
) {
  const follow = linked?.isEmpty === false ? (words: Uint32Array, at: number) => void linked.follow(words, at) : null;
  const people = builder.range;
  return {
    // What all hold together is what fits here; one alone may have its half at the most, for all answer at once.
    ask: (scanner: ScannerRpc, share: Share) =>
      scanner.follow({ ...share, journey: spec, people, heldMax: Math.ceil(heldMax / 2) }),
    absorb: (part: JourneyPart) => {
      // Texts of what is too much already need not be kept too.
      if (excess() === null) builder.absorb(part, follow);
      return true;
    },
  };
}

function tooMuch(what: string) {
  return tooLarge(`${what}: narrow the range or add a filter.`);
}
