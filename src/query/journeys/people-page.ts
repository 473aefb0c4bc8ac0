/**
 * PeoplePage: one page of the people whom a journey finds, by ascending hash.
 *
 * steps: find the hashes of the people → take the page → scan the events of these people alone for their ids
 */
import type { StringColumn } from '../../core/event/event.ts';
import type { ListedPerson, PeoplePage } from '../../core/journeys/funnel/funnel-people.ts';
import type { JourneySpec } from '../../core/journeys/kinds.ts';
import type { JourneyFold } from '../../core/journeys/kit/journey.ts';
import type { RowReader } from '../../core/journeys/kit/row-reader.ts';
import { toHex64 } from '../../core/std/hex.ts';
import { ok, type Result } from '../../core/std/result.ts';
import { personSet } from '../../lake/segment/people-bounds.ts';
import type { LakeColumn } from '../../lake/segment/segment-schema.ts';
import type { Asking } from '../view/asking.ts';
import type { LakeView } from '../view/lake-view.ts';
import type { LakeRefusal } from '../view/refusal.ts';
import { scanLakeView } from '../view/scan-view.ts';
import { type JourneyReading, readJourney } from './journey-source.ts';

const ID_COLUMNS: readonly StringColumn[] = ['user_id', 'anonymous_id'];

/** Parses a cursor, the pseudonym of the last person of a page. null when the text is no pseudonym. */
export function parsePeopleCursor(cursor: string): bigint | null {
  return /^[0-9a-f]{16}$/.test(cursor) ? BigInt.asIntN(64, BigInt(`0x${cursor}`)) : null;
}

/** The journey that finds hashes, and the one as whose events scanners read. */
export interface PeopleListing {
  readonly reader: RowReader;
  /** `count`: the people found so far. */
  readonly fold: JourneyFold<bigint[]> & { readonly count: number };
  readonly spec: JourneySpec;
  readonly limit: number;
}

export async function listPeople(
  asking: Asking,
  { reader, fold, spec, limit }: PeopleListing,
  options: { readonly after: bigint | null; readonly heldMax?: number },
): Promise<Result<JourneyReading<PeoplePage>, LakeRefusal>> {
  const { after, ...rest } = options;
  const reading = await readJourney(
    asking,
    { reader, fold },
    {
      ...rest,
      spec,
      furtherColumns: ID_COLUMNS,
      ...(after !== null && { highFrom: Number(after >> 32n) }),
      isEnough: () => fold.count > limit,
    },
  );
  if (!reading.ok) return reading;
  const { answer: found, ...read } = reading.value;
  const page = found.slice(0, limit);
  const people = await identify(asking, read.view, page);
  if (!people.ok) return people;
  const cursor = found.length > page.length ? toHex64(page.at(-1)!) : null;
  return ok({ ...read, answer: { people: people.value, cursor } });
}

/** The ids of one person, while their events are scanned. */
class Identity {
  userId: string | null = null;
  anonymousId: string | null = null;
  #anonymousAtMs = Number.NEGATIVE_INFINITY;

  /** Keeps the first user id, which all events share, and the last anonymous id. */
  add(userId: string | null, anonymousId: string | null, atMs: number): void {
    this.userId ??= userId;
    if (anonymousId === null || atMs < this.#anonymousAtMs) return;
    // The lesser of two at one instant is kept, so that the order of reading does not matter.
    if (atMs === this.#anonymousAtMs && anonymousId > this.anonymousId!) return;
    this.anonymousId = anonymousId;
    this.#anonymousAtMs = atMs;
  }
}

/** `page`: hashes, ascending. */
async function identify(
  asking: Asking,
  view: LakeView,
  page: readonly bigint[],
): Promise<Result<ListedPerson[], LakeRefusal>> {
  if (page.length === 0) return ok([]);
  const identities = new Map(page.map((person) => [person, new Identity()]));
  const wanted = new Set<LakeColumn>(['person', ...ID_COLUMNS]);
  const people = personSet(page);
  const scanned = await scanLakeView(asking, view, { wanted, people }, ({ at, person, strings }, rows) => {
    const { user_id: userIds, anonymous_id: anonymousIds } = strings;
    for (const row of rows) identities.get(person[row]!)?.add(userIds![row]!, anonymousIds![row]!, at[row]!);
  });
  if (!scanned.ok) return scanned;
  return ok(
    page.map((person) => {
      const { userId, anonymousId } = identities.get(person)!;
      return { person: toHex64(person), userId, anonymousId };
    }),
  );
}
