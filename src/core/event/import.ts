/**
 * Import: bulk history that goes past the shards straight to the lake, and is counted once its days are sealed.
 *
 * An import is a set of numbered chunks under an id the client chose. A chunk is stored once: the same content again gets
 * the verdict that was given, another content under its number is a conflict. The edge validates and enriches; behind the
 * `Importer` the lake stores.
 */

import type { Hasher } from '../std/hash.ts';
import type { EventRecord } from './event.ts';
import type { EventRejection } from './rejection.ts';

export interface ImportError extends EventRejection {
  /** Line within the chunk, from 0. */
  readonly index: number;
  readonly id: string | null;
}

/** The answer to one chunk; received = accepted + duplicate + quarantined + rejected. */
export interface ImportVerdict {
  readonly received: number;
  readonly accepted: number;
  /** Copies are found by the seal and by scans, not here. */
  readonly duplicate: 0;
  readonly quarantined: 0;
  readonly rejected: number;
  /** The first of them. */
  readonly errors: readonly ImportError[];
  /** Days with accepted events, ascending: `2010-12-01`. */
  readonly days: readonly string[];
}

export interface ImportStatus {
  readonly chunks: number;
  /** Accepted events. */
  readonly rows: number;
  readonly days: readonly { readonly day: string; readonly rows: number; readonly sealed: boolean }[];
  /** So many of the days are sealed with all that was imported. */
  readonly sealed: number;
  readonly of: number;
}

export interface ImportChunk {
  readonly uid: string;
  readonly importId: string;
  readonly chunk: number;
  /** Of the unpacked body. */
  readonly contentHash: string;
}

export type ImportStart =
  /** To be validated with this receipt, which a repeat after a crash gets again: equal content gives equal rows. */
  | { readonly status: 'new'; readonly receivedAtMs: number }
  | { readonly status: 'kept'; readonly verdict: ImportVerdict }
  /** Another content was sent under the number before. */
  | { readonly status: 'conflict' };

/** Where imports go. */
export interface Importer {
  start(chunk: ImportChunk): Promise<ImportStart>;
  /** Durable when it returns: the records are in the lake, in the manifest, and so in answers from the lake. */
  store(
    chunk: ImportChunk,
    records: readonly EventRecord[],
    hasher: Hasher,
    account: { readonly received: number; readonly errors: readonly ImportError[] },
  ): Promise<ImportVerdict>;
  /** Has the days sealed that the import touched; null: no such import. */
  finish(uid: string, importId: string): Promise<ImportStatus | null>;
  status(uid: string, importId: string): Promise<ImportStatus | null>;
}
