/**
 * Trusted days: days whose rows are all of one shard and, as the facts of their files say (file-facts.ts), hold no copies, so that
 * their ids need not be compared.
 *
 * The facts of a file are read once, from two small columns, and remembered: comparing the ids of such a day costs many times what
 * counting its rows does.
 */
import type { ReadBucket } from '../segment/source.ts';
import type { DayPlan, DaySource } from './day-plan.ts';
import { type FileFacts, factsOf, haveNoCopies, NO_ROWS } from './file-facts.ts';
import { knownFacts, noteFacts } from './known-facts.ts';
import type { ScanSegment } from './scan-request.ts';

/** Reads the facts of a file's rows of one day. Null when the reading ended early. */
export type ReadFacts = (segment: ScanSegment, day: number) => Promise<FileFacts | null>;

export async function isTrusted(bucket: ReadBucket, { day, sources }: DayPlan, read: ReadFacts): Promise<boolean> {
  if (!areOfOneShard(sources)) return false;
  let facts = NO_ROWS;
  for (const source of sources) {
    const own = source.kind === 'tail' ? factsOf(source.tail.columns) : await factsOfFile(bucket, source, day, read);
    if (own === null) return false;
    facts |= own;
    if (!haveNoCopies(facts)) return false;
  }
  return true;
}

async function factsOfFile(
  bucket: ReadBucket,
  { segment }: Extract<DaySource, { readonly kind: 'segment' }>,
  day: number,
  read: ReadFacts,
): Promise<FileFacts | null> {
  const known = knownFacts(bucket, segment.path, [day]);
  if (known !== undefined) return known;
  const facts = await read(segment, day);
  if (facts !== null) noteFacts(bucket, segment.path, [day], facts);
  return facts;
}

export function areOfOneShard(sources: readonly DaySource[]): boolean {
  const isLive = (source: DaySource) => source.kind === 'tail' || source.segment.source === 'flush';
  const incarnations = sources.map((source) => (source.kind === 'tail' ? source.tail : source.segment).incarnation);
  return sources.every(isLive) && new Set(incarnations).size === 1;
}
