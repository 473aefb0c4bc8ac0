/**
 * FunnelPeople: the people of a funnel's step, page by page, by ascending hash.
 *
 * steps: the hashes of those who are meant → the page → a second scan of their events alone, for who they are
 */
import type { StringColumn } from '../../core/event/event.ts';
import { FunnelPeople } from '../../core/journeys/funnel/funnel.ts';
import type { FunnelPeopleQuestion } from '../../core/journeys/funnel/funnel-question.ts';
import { ok, type Result } from '../../core/std/result.ts';
import { personSet } from '../../lake/segment/people-bounds.ts';
import type { LakeColumn } from '../../lake/segment/segment-schema.ts';
import type { Asking } from '../view/asking.ts';
import type { LakeView } from '../view/lake-view.ts';
import type { LakeRefusal } from '../view/refusal.ts';
import { scanLakeView } from '../view/scan-view.ts';
import { type JourneyReading, readJourney } from './journey-source.ts';

export interface ListedPerson {
  /** The pseudonym: 16 hex digits. */
  readonly person: string;
  /** Null: the person has none, or it is encrypted. */
  readonly userId: string | null;
  /** The last one in the range. */
  readonly anonymousId: string | null;
}
export interface PeoplePage {
  readonly people: readonly ListedPerson[];
  /** Null: there are no more. */
  readonly cursor: string | null;
}

const ID_COLUMNS: readonly StringColumn[] = ['user_id', 'anonymous_id'];

/** The cursor is the pseudonym of the last person of a page; null when it is none. */
export function parsePeopleCursor(cursor: string): bigint | null {
  return /^[0-9a-f]{16}$/.test(cursor) ? BigInt.asIntN(64, BigInt(`0x${cursor}`)) : null;
}

export async function listFunnelPeople(
  asking: Asking,
  question: FunnelPeopleQuestion,
  options: { readonly after: bigint | null; readonly heldMax?: number },
): Promise<Result<JourneyReading<PeoplePage>, LakeRefusal>> {
  const { after, ...rest } = options;
  const funnel = new FunnelPeople(question, after);
  const read = await readJourney<bigint[]>(asking, funnel, {
    ...rest,
    // Whom it finds is not the scanners' to say: they read its events, as any funnel's.
    spec: { kind: 'funnel', question: { ...question, groupBy: null } },
    furtherColumns: ID_COLUMNS,
    ...(after !== null && { highFrom: Number(after >> 32n) }),
    isEnough: () => funnel.count > question.limit,
  });
  if (!read.ok) return read;
  const { answer: found, view, scannedEvents } = read.value;
  const page = found.slice(0, question.limit);
  const people = await identify(asking, view, page);
  if (!people.ok) return people;
  const cursor = found.length > page.length ? hexOf(page.at(-1)!) : null;
  return ok({ answer: { people: people.value, cursor }, view, scannedEvents });
}

interface Identity {
  userId: string | null;
  anonymousId: string | null;
  anonymousAtMs: number;
}

/** `page`: ascending. */
async function identify(
  asking: Asking,
  view: LakeView,
  page: readonly bigint[],
): Promise<Result<ListedPerson[], LakeRefusal>> {
  if (page.length === 0) return ok([]);
  const identities = new Map<bigint, Identity>(
    page.map((person) => [person, { userId: null, anonymousId: null, anonymousAtMs: Number.NEGATIVE_INFINITY }]),
  );
  const wanted = new Set<LakeColumn>(['person', ...ID_COLUMNS]);
  const people = personSet(page);
  const scanned = await scanLakeView(asking, view, { wanted, people }, ({ at, person, strings }, rows) => {
    for (const row of rows) {
      const identity = identities.get(person[row]!);
      if (identity === undefined) continue;
      identity.userId ??= strings.user_id![row]!;
      const anonymousId = strings.anonymous_id![row]!;
      const atMs = at[row]!;
      if (anonymousId === null || atMs < identity.anonymousAtMs) continue;
      // Of two at one instant the lesser: which is read first must not show.
      if (atMs === identity.anonymousAtMs && anonymousId > identity.anonymousId!) continue;
      identity.anonymousId = anonymousId;
      identity.anonymousAtMs = atMs;
    }
  });
  if (!scanned.ok) return scanned;
  return ok(
    page.map((person) => {
      const { userId, anonymousId } = identities.get(person)!;
      return { person: hexOf(person), userId, anonymousId };
    }),
  );
}

function hexOf(person: bigint): string {
  return BigInt.asUintN(64, person).toString(16).padStart(16, '0');
}
