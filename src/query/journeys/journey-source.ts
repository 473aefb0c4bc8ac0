/**
 * Journey source: computes a journey from the events of the lake and of the shards' tails.
 *
 * steps: open the view → plan the passes → for each pass, scan a range of people into sequences and add them to the
 * fold Most often one pass takes all people. When a question has more events than may be held at once, each pass takes a
 * range of people by hash (journey-passes.ts): a sealed file is sorted by person, so a pass reads only its part. A pass
 * that holds too much all the same goes on with the lower half of its people, and the next one begins where it stopped.
 */
import type { StringColumn } from '../../core/event/event.ts';
import type { JourneySpec } from '../../core/journeys/kinds.ts';
import type { Journey } from '../../core/journeys/kit/journey.ts';
import { ALL_PEOPLE, type HighRange } from '../../core/journeys/kit/sequence-builder.ts';
import { slicesOf } from '../../core/journeys/kit/sequence-slices.ts';
import { LIMITS } from '../../core/limits.ts';
import { ok, type Result } from '../../core/std/result.ts';
import { pause } from '../../lake/std/pause.ts';
import type { Asking } from '../view/asking.ts';
import type { LakeView } from '../view/lake-view.ts';
import { openView } from '../view/open-view.ts';
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
}

export async function readJourney<Answer extends object>(
  asking: Asking,
  journey: Journey<Answer>,
  options: JourneyOptions = {},
): Promise<Result<JourneyReading<Answer>, LakeRefusal>> {
  const { spec = null, furtherColumns = [], highFrom = ALL_PEOPLE.from, heldMax = LIMITS.journeyHeldMax } = options;
  const { needs } = journey.reader;
  const opened = await openView(asking, { ...needs, columns: [...needs.columns, ...furtherColumns] });
  if (!opened.ok) return opened;
  const view = opened.value;
  const passes = planPasses(view, heldMax);
  const scan = new PassScan(asking, view, journey, { spec, heldMax });
  let scannedRowCount = 0;
  let range: HighRange = { from: highFrom, to: passes?.endFrom(highFrom, ALL_PEOPLE.to) ?? ALL_PEOPLE.to };
  for (let pass = 1; pass <= LIMITS.journeyPassesMax; pass++) {
    const scanned = await scan.scanPass(range);
    if (!scanned.ok) return scanned;
    const done = scanned.value;
    scannedRowCount = Math.max(scannedRowCount, done.scannedRowCount);
    passes?.learn(done.range, done.held);
    for (const people of slicesOf(done.sequences)) {
      journey.fold.add(people);
      await pause();
    }
    if (journey.fold.excess !== null) return tooMuch(journey.fold.excess);
    if (done.range.to === ALL_PEOPLE.to || options.isEnough?.()) {
      return ok({ ...finish(journey), view, scannedEvents: scannedRowCount + (view.people?.scannedEvents ?? 0) });
    }
    const from = done.range.to + 1;
    range = { from, to: passes?.endFrom(from, ALL_PEOPLE.to) ?? equallyWide(done.range) };
  }
  return tooMuch('The people of the question are too many to be held at once');
}

function finish<Answer extends object>({ fold }: Journey<Answer>) {
  return { answer: fold.finish(), isEstimated: fold.isEstimated ?? false };
}

/** The end of the next range when it is as wide as the last: as many people as fitted will probably fit again. */
function equallyWide({ from, to }: HighRange): number {
  return Math.min(ALL_PEOPLE.to, to + 1 + (to - from));
}
