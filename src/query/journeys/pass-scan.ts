/**
 * PassScan: scans a range of people into sequences: here, or beside scanners when the question can be shared out.
 *
 * One PassScan serves all passes of a question: they share the call's budget of rows, and the copies that the first pass
 * finds.
 */
import type { JourneySpec } from '../../core/journeys/kinds.ts';
import { excessOf, type Journey } from '../../core/journeys/kit/journey.ts';
import type { JourneyPart } from '../../core/journeys/kit/journey-part.ts';
import { SequenceBuilder } from '../../core/journeys/kit/sequence-builder.ts';
import type { Sequences } from '../../core/journeys/kit/sequences.ts';
import { ALL_PEOPLE, type HighRange } from '../../core/people/high-range.ts';
import { ok, type Result } from '../../core/std/result.ts';
import type { CopiesByDay } from '../../lake/scan/scan.ts';
import type { ScannerRpc, Share } from '../../lake/scan/scan-task.ts';
import { personsOf } from '../../lake/segment/people-bounds.ts';
import type { LakeColumn } from '../../lake/segment/segment-schema.ts';
import { inSlices, Pacer, scanPacer } from '../../lake/std/pacer.ts';
import type { Asking } from '../view/asking.ts';
import type { LakeView } from '../view/lake-view.ts';
import { type LakeRefusal, tooLarge } from '../view/refusal.ts';
import { type SharedScanning, scanShared } from '../view/scan-pool.ts';
import { scanLakeView } from '../view/scan-view.ts';

interface PassOptions {
  /** The journey as plain data for scanners; null when the scan is done here alone. */
  readonly spec: JourneySpec | null;
  readonly heldMax: number;
}

export interface Pass {
  /**
   * The range of people whose events the pass has. It is narrower than the requested range when that held too many
   * events.
   */
  readonly range: HighRange;
  readonly sequences: Sequences;
  /** The measure of the held events, as the builder counts it. */
  readonly held: number;
  readonly scannedRowCount: number;
}

/** A pass that is being gathered. */
interface Gathering {
  readonly view: LakeView;
  readonly builder: SequenceBuilder;
  readonly hasAllPeople: boolean;
  /** Names the bound that was exceeded; null while within bounds. */
  readonly excess: () => string | null;
}

export class PassScan {
  readonly #asking: Asking;
  readonly #journey: Journey;
  readonly #options: PassOptions;
  readonly #wanted: ReadonlySet<LakeColumn>;
  readonly #copies: CopiesByDay = new Map();

  constructor(asking: Asking, journey: Journey, options: PassOptions) {
    this.#asking = asking;
    this.#journey = journey;
    this.#options = options;
    this.#wanted = new Set<LakeColumn>([...journey.reader.needs.columns, 'person']);
  }

  /** `view` shows the rows of these people at least. */
  async scanPass(view: LakeView, range: HighRange): Promise<Result<Pass, LakeRefusal>> {
    const { spec, heldMax } = this.#options;
    const builder = new SequenceBuilder(this.#journey.reader, { heldMax, range });
    const gathering = {
      view,
      builder,
      hasAllPeople: isWhole(range),
      excess: () => excessOf(this.#journey) ?? (builder.isFull ? 'One person has too many events' : null),
    };
    const scanned =
      spec !== null && canBeDivided(gathering)
        ? await scanShared(this.#asking, view, this.#sharing(gathering, spec))
        : await this.#scanHere(view, gathering);
    if (!scanned.ok) return scanned;
    // The scan does not check the bound of the parts that scanners have found.
    const excess = gathering.excess();
    if (excess !== null) return tooMuch(excess);
    this.#journey.reader.excluded.endPass(builder.range.to < range.to ? builder.range.to : null);
    const { scannedRowCount } = scanned.value;
    const { held } = builder;
    return ok({ range: builder.range, held, sequences: await this.#finish(builder), scannedRowCount });
  }

  async #finish(builder: SequenceBuilder): Promise<Sequences> {
    const pacer = new Pacer(this.#asking.budget);
    const steps = builder.finishInSteps();
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
      await pacer.pause();
    }
  }

  #scanHere(view: LakeView, { builder, hasAllPeople, excess }: Gathering) {
    const { properties } = this.#journey.reader.needs;
    const rows = {
      wanted: this.#wanted,
      copies: this.#copies,
      excess,
      // People whom the builder has given up need not be read any more.
      narrowed: () => (isWhole(builder.range) ? null : personsOf(builder.range)),
      ...(properties && { properties }),
      ...(!hasAllPeople && { people: personsOf(builder.range) }),
    };
    const pacer = scanPacer(this.#asking.budget);
    return scanLakeView(this.#asking, view, rows, (batch, scannedRows) =>
      inSlices(builder.sift(batch, scannedRows), pacer, (slice) => builder.add(batch, slice), builder.rowWeight),
    );
  }

  #sharing(gathering: Gathering, journey: JourneySpec): SharedScanning<JourneyPart> {
    const { builder, excess } = gathering;
    const linked = gathering.view.people?.linked ?? null;
    const follow = linked?.isEmpty === false ? (words: Uint32Array, at: number) => void linked.follow(words, at) : null;
    const people = builder.range;
    // All parts together must fit here. One scanner may hold half of that at most, because all of them answer at once.
    const heldMax = Math.ceil(this.#options.heldMax / 2);
    const { properties } = this.#journey.reader.needs;
    return {
      wanted: { columns: this.#wanted, ...(properties && { properties }) },
      scan: (view) => this.#scanHere(view, gathering),
      ask: (scanner: ScannerRpc, share: Share) => scanner.follow({ ...share, journey, people, heldMax }),
      absorb: (part) => {
        // Once a bound is exceeded, the texts of further parts are not kept.
        if (excess() === null) builder.absorb(part, follow);
      },
    };
  }
}

/**
 * Whether scanners can help. Traits and cohorts are known only here. With linked ids, a person's events are found under
 * hashes outside the pass too: a scanner can return the events of all people, but not those of some.
 */
function canBeDivided({ view: { people }, hasAllPeople }: Gathering): boolean {
  const hasLinks = people?.linked?.isEmpty === false;
  return (people?.lookup ?? null) === null && (hasAllPeople || !hasLinks);
}

function isWhole({ from, to }: HighRange): boolean {
  return from === ALL_PEOPLE.from && to === ALL_PEOPLE.to;
}

export function tooMuch(reason: string) {
  return tooLarge(`${reason}. Narrow the range or add a filter.`);
}
