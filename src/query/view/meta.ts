/** Meta: the statement of an answer about itself, from the coverage and the sources of its reading. */
import type { AskedBots } from '../../core/bots/asked-bots.ts';
import { isoTime } from '../../core/std/instant.ts';
import type { QueryMeta } from '../../wire/meta.ts';
import { type Coverage, isComplete, isFromAllShards } from './coverage.ts';
import type { LakeView } from './lake-view.ts';

/** The meta that is known when the reading ends. */
export type ReadingMeta = Omit<QueryMeta, 'elapsedMs' | 'estimated' | 'values' | 'bots' | 'read'>;
/** The part of the meta that says what became of bots. */
export type BotsMeta = Pick<QueryMeta, 'bots'>;

export interface ReadingFacts extends Pick<QueryMeta, 'pending' | 'revision' | 'scannedEvents'> {
  readonly coverage: Coverage;
  readonly rollups: QueryMeta['sources']['rollups'];
  readonly lake: QueryMeta['sources']['lake'];
  /** The part of `pending` that may be copies. Default: none. */
  readonly undecided?: number;
  /** null when the question does not ask for identities. */
  readonly identityAsOfMs: number | null;
}

export function readingMeta(facts: ReadingFacts): ReadingMeta {
  const { coverage, pending, undecided = 0, rollups, lake, revision, scannedEvents, identityAsOfMs } = facts;
  return {
    asOf: isoTime(coverage.asOfMs),
    complete: isComplete(coverage) && pending === 0,
    pending,
    ...(undecided > 0 && { undecided }),
    sources: { live: liveSource(coverage), rollups, lake },
    revision,
    scannedEvents,
    ...identityMeta(coverage, identityAsOfMs),
    ...droppedMeta(coverage),
  };
}

/** Meta of an answer from the events of a view. Imports alone are pending, because everything that counts was read. */
export function viewMeta(view: LakeView, scannedEvents: number): ReadingMeta {
  const { coverage, segments, waitingRows, revision, people, unknownNames } = view;
  const meta = readingMeta({
    coverage,
    pending: waitingRows,
    rollups: null,
    lake: { segments: segments.length },
    revision,
    scannedEvents,
    identityAsOfMs: people?.identityAsOfMs ?? null,
  });
  return unknownNames === undefined ? meta : { ...meta, unknownNames: [...unknownNames] };
}

export function liveSource({ shards, answered, tailEvents }: Coverage): QueryMeta['sources']['live'] {
  return { shards, answered, events: tailEvents };
}

/** A shard that did not reply may hold links. */
function identityMeta(coverage: Coverage, identityAsOfMs: number | null): Pick<QueryMeta, 'identityAsOf'> {
  if (identityAsOfMs === null || !isFromAllShards(coverage)) return {};
  return { identityAsOf: isoTime(identityAsOfMs) };
}

function droppedMeta({ dropped }: Coverage): Pick<QueryMeta, 'dropped'> {
  if (dropped.length === 0) return {};
  return { dropped: dropped.map(({ events, ...days }) => ({ ...days, ...(events && { events: [...events] }) })) };
}

/**
 * Empty when bots count because the question or the tenant says so. `excluded`: null when it is not known. `readsRows`: whether
 * rows were read only because no rollup of the range tells bots apart.
 */
export function botsMeta({ choice, by }: AskedBots, excluded: number | null, readsRows = false): BotsMeta {
  if (choice === 'include') return by === 'names' ? { bots: { choice, by } } : {};
  return { bots: { choice, by, ...(excluded !== null && { excluded }), ...(readsRows && { readsRows }) } };
}
