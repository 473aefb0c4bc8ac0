/**
 * Import: bulk history that goes past the shards straight to the lake.
 *
 * An import has versions under an id that the client chose, and a version has numbered chunks. A chunk is stored once: a
 * repeat of its content gets the verdict of the first time, other content under its number is a conflict. The chunks of a
 * version count together from its finish on; the greatest finished version of an import counts, in place of the one before. An
 * undo is a version without chunks. The edge validates and enriches; the lake stores, behind the `Importer`.
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
  /** Events left out because an earlier line of the chunk has their id. The finish looks for copies in other chunks. */
  readonly duplicate: number;
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
  /** The ids that the edge made for lines without one, of import, chunk and line: no two lines have the same. */
  readonly madeIds: ReadonlySet<string>;
  readonly errors: readonly ImportError[];
  readonly unlisted: readonly UnlistedRejections[];
  readonly notes: readonly ToldNote[];
  readonly noted: number;
}

/** `dropped`: the version was not finished, and had no new chunk for a week. */
export const IMPORT_STATES = ['open', 'finished', 'dropped'] as const;
export type ImportState = (typeof IMPORT_STATES)[number];

export interface ImportVersion {
  readonly version: number;
  readonly state: ImportState;
  /** What the client made the version from, in its own words; empty when it did not say. */
  readonly fingerprint: string;
  /** Whether its events are in answers. */
  readonly counts: boolean;
  /** Stored chunks; 0 in an undo. */
  readonly chunks: number;
  /** Accepted events. */
  readonly rows: number;
  /** Events left out at the finish, because an earlier chunk has their id. */
  readonly copies: number;
}

/** The progress of the version that counts; while none does, of the newest. */
export interface ImportStatus {
  readonly importId: string;
  readonly version: number;
  readonly state: ImportState;
  /** Whether the newest finished version is an undo. */
  readonly undone: boolean;
  readonly chunks: number;
  /** Accepted events. */
  readonly rows: number;
  /** Events left out at the finish, because an earlier chunk has their id. */
  readonly copies: number;
  /** Days with events of the version; of a version that is not finished none. */
  readonly days: readonly { readonly day: string; readonly rows: number; readonly sealed: boolean }[];
  /** Number of days that are sealed with everything imported into them. */
  readonly sealed: number;
  /** Number of all days. */
  readonly of: number;
  /** All versions, the newest first. */
  readonly versions: readonly ImportVersion[];
}

export interface ImportChunk {
  readonly uid: string;
  readonly importId: string;
  /** From 1. */
  readonly version: number;
  readonly chunk: number;
  /** Hash of the unpacked body. */
  readonly contentHash: string;
}

export type ImportStart =
  /** The chunk is to be validated. A repeat after a crash gets the same times: equal content, equal rows. */
  | {
      readonly status: 'new';
      /** The receipt of all rows of the import: its first start. */
      readonly receivedAtMs: number;
      /** The chunk's first try, by whose clock its rows lie in the future. */
      readonly startedAtMs: number;
    }
  | { readonly status: 'kept'; readonly verdict: ImportVerdict }
  /** The number is taken by a chunk of other content. */
  | { readonly status: 'conflict' }
  | ImportRefusal;

export type ImportRefusal =
  /** A greater version is finished, or the version was undone. */
  | { readonly status: 'superseded' }
  /** The version is finished and has no such chunk, or was dropped. */
  | { readonly status: 'closed' }
  /** No such version was drawn. */
  | { readonly status: 'unknown' };

/** What a client wants of a version. */
export interface VersionRequest {
  readonly fingerprint: string;
  /** Whether a new version may take the place of a finished one. */
  readonly replaces: boolean;
}

export type DrawnVersion =
  /** A new version, or the open or finished one of the same fingerprint, which the client goes on with. */
  | { readonly status: 'drawn'; readonly version: number; readonly isNew: boolean }
  /** The import is finished, or undone, under another fingerprint. */
  | { readonly status: 'exists'; readonly undone: boolean };

export interface FinishRequest {
  /** Default: the newest version that was started by a chunk or drawn. */
  readonly version?: number | undefined;
  /** Number of chunks, all of which must be stored. Default: those that are stored, without a gap. */
  readonly chunks?: number | undefined;
}

export type FinishOutcome =
  | { readonly status: 'finished'; readonly import: ImportStatus }
  /** Chunks of the version are not stored. `missing`: the first ones. */
  | { readonly status: 'incomplete'; readonly missing: readonly number[] }
  | ImportRefusal;

/** One import in a list. */
export interface ListedImport extends Pick<ImportStatus, 'importId' | 'undone'> {
  readonly startedAtMs: number;
  readonly newest: ImportVersion;
}

/** The store of imports, as the edge sees it. */
export interface Importer {
  /** Draws the number of a version. */
  draw(uid: string, importId: string, request: VersionRequest): Promise<DrawnVersion>;
  start(chunk: ImportChunk): Promise<ImportStart>;
  /** Stores the records. They wait for the finish of their version, and are in no answer before. */
  store(
    chunk: ImportChunk,
    records: readonly EventRecord[],
    hasher: Hasher,
    account: ImportAccount,
  ): Promise<ImportVerdict>;
  /** Makes the version count, in place of the one before, and queues the seal of every day that it touches. */
  finish(uid: string, importId: string, hasher: Hasher, request: FinishRequest): Promise<FinishOutcome>;
  /** Takes the import back: from now on nothing of it counts. Null when there is no such import. */
  undo(uid: string, importId: string): Promise<ImportStatus | null>;
  /** The state of an import. Null when there is no such import. */
  status(uid: string, importId: string): Promise<ImportStatus | null>;
  /** Imports by their first start, the newest first. */
  list(uid: string, before: ListPosition | null, countMax: number): Promise<readonly ListedImport[]>;
}

export interface ListPosition {
  readonly startedAtMs: number;
  readonly importId: string;
}
