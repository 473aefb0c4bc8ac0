/**
 * Journey source: computes a journey from the events of the lake and of the shards' tails.
 *
 * steps: open the view → plan the passes → for each pass, scan a range of people into sequences and add them to the
 * fold
 *
 * Most often one pass takes all people. When a question has more events than may be held at once, each pass takes a
 * range of people by hash (journey-passes.ts): a sealed file is sorted by person, so a pass reads only its part. A pass
 * that holds too much all the same goes on with the lower half of its people, and the next one begins where it stopped.
 */
import type { StringColumn } from '../../core/event/event.ts';
import type { JourneySpec } from '../../core/journeys/kinds.ts';
import type { Journey } from '../../core/journeys/kit/journey.ts';
import { slicesOf } from '../../core/journeys/kit/sequence-slices.ts';
import { LIMITS } from '../../core/limits.ts';
import { ALL_PEOPLE, type HighRange } from '../../core/people/high-range.ts';
import { assert, ok, type Result } from '../../core/std/result.ts';
import { COSTLY, Pacer } from '../../lake/std/pacer.ts';
import { openView } from '../open/open-view.ts';
import type { Asking } from '../view/asking.ts';
import { noteOpened, rowsOf, wasOpened, withFooters } from '../view/footers.ts';
import type { LakeView } from '../view/lake-view.ts';
import { type BotsMeta, botsMeta } from '../view/meta.ts';
import { withNextPeople } from '../view/people-lookup.ts';
import type { LakeRefusal } from '../view/refusal.ts';
import { planPasses } from './journey-passes.ts';
import { PassScan, tooMuch } from './pass-scan.ts';

export interface JourneyOptions {
  /** Text columns that further scans of the view will want. */
  readonly furtherColumns?: readonly StringColumn[];
  /** High word of the least person of interest. Default: all people are of interest. */
  readonly highFrom?: number;
  /** Asked after each pass; true when people with greater hashes are not needed any more. */
  readonly isEnough?: () => boolean;
  /** The journey as plain data, to be shared out over scanners. Absent when the query alone scans. */
  readonly spec?: JourneySpec;
  /** Bound on what one pass holds. Default: the limit; tests set less. */
  readonly heldMax?: number;
}

export interface JourneyReading<Answer extends object> {
  readonly answer: Answer;
  /** Whether a number of the answer is an estimate. */
  readonly isEstimated: boolean;
  readonly view: LakeView;
  readonly scannedEvents: number;
  readonly bots: BotsMeta;
}

export async function readJourney<Answer extends object>(
  asking: Asking,
  journey: Journey<Answer>,
  options: JourneyOptions = {},
): Promise<Result<JourneyReading<Answer>, LakeRefusal>> {
  const { spec = null, furtherColumns = [], highFrom = ALL_PEOPLE.from, heldMax = LIMITS.journeyHeldMax } = options;
  const { needs } = journey.reader;
  const leavesOutFooters = wasOpened(asking, needs, needs.properties);
  const opened = await openView(asking, { ...needs, columns: [...needs.columns, ...furtherColumns], leavesOutFooters });
  if (!opened.ok) return opened;
  if (!leavesOutFooters) noteOpened(asking, needs, opened.value);
  // Where one pass may not do, the footers tell which people a row group has.
  const isLarge = rowsOf(opened.value.segments) > heldMax;
  const view = isLarge ? await withFooters(asking, opened.value) : opened.value;
  const passes = planPasses(view, heldMax);
  const pacer = new Pacer(asking.budget);
  const scan = new PassScan(asking, journey, { spec, heldMax });
  let scannedRowCount = 0;
  let shown = view;
  let from = highFrom;
  let before: HighRange | null = null;
  for (let pass = 1; pass <= LIMITS.journeyPassesMax; pass++) {
    const showing = await showPeople(shown, from);
    if (!showing.ok) return showing;
    shown = showing.value;
    const last = lastShown(shown);
    const to = passes?.endFrom(from, last) ?? Math.min(last, before === null ? last : equallyWide(before));
    const scanned = await scan.scanPass(shown, { from, to });
    if (!scanned.ok) return scanned;
    const done = scanned.value;
    scannedRowCount = Math.max(scannedRowCount, done.scannedRowCount);
    passes?.learn(done.range, done.held);
    for (const people of slicesOf(done.sequences)) {
      journey.fold.add(people);
      await pacer.spend(COSTLY * people.at.length);
    }
    if (journey.fold.excess !== null) return tooMuch(journey.fold.excess);
    if (done.range.to === ALL_PEOPLE.to || options.isEnough?.()) {
      const scannedEvents = scannedRowCount + (view.people?.scannedEvents ?? 0);
      return ok({ ...finish(journey), view, scannedEvents, bots: botsOf(journey, options) });
    }
    from = done.range.to + 1;
    before = done.range;
  }
  return tooMuch('The people of the question are too many to be held at once');
}

/** Returns the view with the facts about the people from this one on. */
async function showPeople(view: LakeView, from: number): Promise<Result<LakeView, LakeRefusal>> {
  let shown = view;
  while (lastShown(shown) < from) {
    const next = await withNextPeople(shown);
    assert(next !== null, 'some view shows the last people');
    if (!next.ok) return next;
    shown = next.value;
  }
  return ok(shown);
}

function lastShown({ people }: LakeView): number {
  return people?.range.to ?? ALL_PEOPLE.to;
}

function finish<Answer extends object>({ fold }: Journey<Answer>) {
  return { answer: fold.finish(), isEstimated: fold.isEstimated ?? false };
}

/** A page of people tells no number: it read some of the people. */
function botsOf({ reader }: Journey, { isEnough }: JourneyOptions): BotsMeta {
  const { asked, total } = reader.excluded;
  return botsMeta(asked, isEnough === undefined ? total : null);
}

/** The end of the next range when it is as wide as the last: as many people as fitted will probably fit again. */
function equallyWide({ from, to }: HighRange): number {
  return Math.min(ALL_PEOPLE.to, to + 1 + (to - from));
}
