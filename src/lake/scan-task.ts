/**
 * Scan task: a share of a question's scan as plain data, and its execution by a scanner.
 *
 * A share holds whole days, or files of days that come from seals alone: whatever has to be compared to find copies is in
 * one share (CORRECTNESS B7). A share that takes too long is refused, never answered in part.
 */
import { LIMITS } from '../core/limits.ts';
import type { PartialFold } from '../core/query/partial-fold.ts';
import type { Query } from '../core/query/request.ts';
import { RowFold } from '../core/query/row-fold.ts';
import { CachedBucket } from './cached-bucket.ts';
import { type ScanSegment, scan } from './scan.ts';
import type { LakeColumn } from './segment-schema.ts';
import type { ReadBucket } from './source.ts';

export interface ScanTask {
  readonly segments: readonly ScanSegment[];
  readonly query: Query;
  /** Of the view, within the question's. */
  readonly startMs: number;
  readonly endMs: number;
}

export type ScanReply =
  | { readonly status: 'ok'; readonly partial: PartialFold; readonly scannedRowCount: number }
  /** `rowCount`: rows the share has. */
  | { readonly status: 'over-budget'; readonly rowCount: number };

export interface ScannerRpc {
  scan(task: ScanTask): Promise<ScanReply>;
}

/** Reaches a scanner of a tenant's pool. */
export type ScannerOf = (uid: string, index: number) => ScannerRpc;

class OverBudget extends Error {}

export class ScanRunner {
  readonly #bucket: CachedBucket;
  readonly #footers = new Map<string, Uint8Array>();
  readonly #now: () => number;

  constructor(bucket: ReadBucket, now: () => number) {
    this.#bucket = new CachedBucket(bucket, LIMITS.scannerCacheSizeBytesMax);
    this.#now = now;
  }

  async run({ segments, query, startMs, endMs }: ScanTask): Promise<ScanReply> {
    const rowCount = segments.reduce((sum, { days }) => sum + days.reduce((all, day) => all + day.rowCount, 0), 0);
    const fold = new RowFold(query);
    const wanted = new Set<LakeColumn>(fold.columns);
    if (query.measure === 'users') wanted.add('person');
    // The clock stands still while nothing is waited for: it says what reads and other work between them took.
    const untilMs = this.#now() + LIMITS.scannerBudgetMs;
    const request = {
      bucket: this.#bucket.binding,
      segments: segments.map((segment) => ({ ...segment, footer: this.#footer(segment) })),
      tails: [],
      startMs,
      endMs,
      wanted,
      rowsMax: LIMITS.scannerRowsMax,
      ...(fold.properties && { properties: fold.properties }),
    };
    try {
      const scanned = await scan(request, (batch, rows) => {
        if (this.#now() > untilMs || fold.hasTooManyGroups) throw new OverBudget();
        fold.add(batch, rows);
      });
      if (!scanned.ok) return { status: 'over-budget', rowCount };
      return { status: 'ok', partial: fold.partial(), scannedRowCount: scanned.value.scannedRowCount };
    } catch (cause) {
      if (cause instanceof OverBudget) return { status: 'over-budget', rowCount };
      throw cause;
    }
  }

  /** The one that was parsed before, if the segment was read before. */
  #footer({ path, footer }: ScanSegment): Uint8Array | null {
    if (!footer) return null;
    const known = this.#footers.get(path);
    if (known !== undefined) return known;
    if (this.#footers.size >= FOOTERS_MAX) this.#footers.delete(this.#footers.keys().next().value!);
    this.#footers.set(path, footer);
    return footer;
  }
}

/** Parsed, each takes some tens of kilobytes. */
const FOOTERS_MAX = 256;
