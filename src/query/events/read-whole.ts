/** ReadWhole: the events of a page with all their columns, read from the few segments they were found in. */
import type { EventColumns } from '../../core/event/columns.ts';
import { STRING_COLUMNS, type StringColumn } from '../../core/event/event.ts';
import type { LakeSegment } from '../../lake/manifest/segments.ts';
import type { PersonSet } from '../../lake/segment/people-bounds.ts';
import { readSegment } from '../../lake/segment/segment-read.ts';
import type { LakeColumn } from '../../lake/segment/segment-schema.ts';
import { type ReadBucket, r2Source } from '../../lake/segment/source.ts';
import { type Candidate, identityOf } from './newest.ts';

/** One event with the texts of all its columns. */
export interface WholeEvent extends Candidate {
  readonly strings: { readonly [column in StringColumn]?: string | null };
}

/** The texts of a found event; of one in a segment they are not read yet. */
export type FoundContent =
  | { readonly segment: LakeSegment; readonly strings: null }
  | { readonly segment: null; readonly strings: WholeEvent['strings'] };
export type Found = Candidate & FoundContent;

const WHOLE_COLUMNS: ReadonlySet<LakeColumn> = new Set<LakeColumn>([
  'at',
  'received_at',
  'key_hash',
  ...STRING_COLUMNS,
]);

/** Returns the events in the order of the page. `people`: those whose row groups hold the page; undefined for all people. */
export async function readWhole(
  lake: ReadBucket,
  page: readonly Found[],
  people: PersonSet | undefined,
): Promise<WholeEvent[]> {
  const whole = new Map<string, WholeEvent['strings']>();
  for (const found of page) if (found.strings !== null) whole.set(identityOf(found), found.strings);
  for (const [segment, wanted] of bySegment(page)) await readWanted(lake, segment, { wanted, people }, whole);
  return page.map((found) => {
    const { atMs, id, keyHash, receivedAtMs, sender } = found;
    return { atMs, id, keyHash, receivedAtMs, sender, strings: whole.get(identityOf(found)) ?? {} };
  });
}

/** Adds the wanted events of one segment to `whole`. */
async function readWanted(
  lake: ReadBucket,
  segment: LakeSegment,
  { wanted, people }: { readonly wanted: readonly Found[]; readonly people: PersonSet | undefined },
  whole: Map<string, WholeEvent['strings']>,
): Promise<void> {
  const times = wanted.map(({ atMs }) => atMs);
  const range = { startMs: Math.min(...times), endMs: Math.max(...times) + 1 };
  const missing = new Map(wanted.map((found) => [identityOf(found), found]));
  for await (const columns of readBatches(lake, segment, { columns: WHOLE_COLUMNS, ...range, people })) {
    for (let row = 0; row < columns.rowCount && missing.size > 0; row++) {
      const identity = identityOf(candidateOf(columns, row));
      if (!missing.has(identity)) continue;
      whole.set(identity, stringsOf(columns, row));
      missing.delete(identity);
    }
    if (missing.size === 0) return;
  }
}

function bySegment(page: readonly Found[]): Map<LakeSegment, Found[]> {
  const groups = new Map<LakeSegment, Found[]>();
  for (const found of page) {
    if (found.segment === null) continue;
    const group = groups.get(found.segment);
    if (group === undefined) groups.set(found.segment, [found]);
    else group.push(found);
  }
  return groups;
}

export interface BatchesRequest {
  readonly columns: ReadonlySet<LakeColumn>;
  readonly startMs: number;
  readonly endMs: number;
  /** Reads only the row groups that may hold one of them; undefined for all. */
  readonly people: PersonSet | undefined;
}

/** The row groups of a segment's counting days. */
export function readBatches(
  lake: ReadBucket,
  { path, sizeBytes, footer, days }: LakeSegment,
  { people, ...request }: BatchesRequest,
): AsyncGenerator<EventColumns> {
  return readSegment(r2Source(lake, path, sizeBytes), {
    ...request,
    days: new Set(days.map(({ day }) => day)),
    ...(footer && { footer }),
    ...(people && { people }),
  });
}

/** The row of a batch with id, sender and key. */
export function candidateOf({ at, receivedAt, keyHash, strings }: CandidateColumns, row: number): Candidate {
  return {
    atMs: at[row]!,
    id: strings.id?.[row] ?? '',
    keyHash: keyHash[row]!,
    receivedAtMs: receivedAt[row]!,
    sender: strings.sender?.[row] ?? null,
  };
}

type CandidateColumns = Pick<EventColumns, 'at' | 'receivedAt' | 'keyHash' | 'strings'>;

/** All texts that an event has. */
export function stringsOf({ strings }: EventColumns, row: number): WholeEvent['strings'] {
  const whole: { [column in StringColumn]?: string | null } = {};
  for (const column of STRING_COLUMNS) {
    const text = strings[column]?.[row] ?? null;
    if (text !== null) whole[column] = text;
  }
  return whole;
}
