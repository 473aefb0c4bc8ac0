/**
 * Import: bulk history that goes past the shards straight to the lake, and is counted once its days are sealed.
 *
 * An import is a set of numbered chunks under an id that the client chose. A chunk is stored once: a repeat of its content
 * gets the verdict of the first time, other content under its number is a conflict. The edge validates and enriches; the
 * lake stores, behind the `Importer`.
 */

import type { Hasher } from '../std/hash.ts';
import type { EventRecord } from './event.ts';
import type { ToldNote } from './note.ts';
import type { EventRejection, EventRejectionCode } from './rejection.ts';

export interface ImportError extends EventRejection {
  /** Line within the chunk, from 0. */
  readonly index: number;
  readonly id: string | null;
}

/** The lines rejected with one code, beyond those that are told in full. */
export interface UnlistedRejections {
  readonly code: EventRejectionCode;
  /** Lines within the chunk, from 0, ascending. */
  readonly indexes: readonly number[];
}

/** The answer to one chunk; received = accepted + duplicate + quarantined + rejected. */
export interface ImportVerdict {
  readonly received: number;
  readonly accepted: number;
  /** Always 0: the seal and scans find copies, an import does not look for them. */
  readonly duplicate: 0;
  readonly quarantined: 0;
  readonly rejected: number;
  /** The first rejections. */
  readonly errors: readonly ImportError[];
  /** The other rejections. Absent when there are none. */
  readonly unlisted?: readonly UnlistedRejections[] | undefined;
  /** Days with accepted events, ascending: `2010-12-01`. */
  readonly days: readonly string[];
  /** The first notes on accepted events. Absent when there are none. */
  readonly notes?: readonly ToldNote[] | undefined;
  /** Number of events with notes. Absent when there are none. */
  readonly noted?: number | undefined;
}

/** What the edge tells of a chunk's lines. */
export interface ImportAccount {
  readonly received: number;
  readonly errors: readonly ImportError[];
  readonly unlisted: readonly UnlistedRejections[];
  readonly notes: readonly ToldNote[];
  readonly noted: number;
}

export interface ImportStatus {
  readonly chunks: number;
  /** Accepted events. */
  readonly rows: number;
  readonly days: readonly { readonly day: string; readonly rows: number; readonly sealed: boolean }[];
  /** Number of days that are sealed with everything imported into them. */
  readonly sealed: number;
  /** Number of all days. */
  readonly of: number;
}

export interface ImportChunk {
  readonly uid: string;
  readonly importId: string;
  readonly chunk: number;
  /** Hash of the unpacked body. */
  readonly contentHash: string;
}

export type ImportStart =
  /** The chunk is to be validated with this receipt. A repeat after a crash gets the same one: equal content, equal rows. */
  | { readonly status: 'new'; readonly receivedAtMs: number }
  | { readonly status: 'kept'; readonly verdict: ImportVerdict }
  /** The number is taken by a chunk of other content. */
  | { readonly status: 'conflict' };

/** The store of imports, as the edge sees it. */
export interface Importer {
  start(chunk: ImportChunk): Promise<ImportStart>;
  /** Stores the records. When it returns they are in the lake and its manifest, and so in answers from the lake. */
  store(
    chunk: ImportChunk,
    records: readonly EventRecord[],
    hasher: Hasher,
    account: ImportAccount,
  ): Promise<ImportVerdict>;
  /** Queues the seal of every day that the import touched. Null when there is no such import. */
  finish(uid: string, importId: string): Promise<ImportStatus | null>;
  /** The state of an import. Null when there is no such import. */
  status(uid: string, importId: string): Promise<ImportStatus | null>;
}
