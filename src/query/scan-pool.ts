/**
 * Scan pool: a scan shared out over scanners, each of which remembers what it has read.
 *
 * What goes to whom is decided by rendezvous: of all scanners the one whose hash with the file's (or day's) name is the
 * greatest, so that a file is always read by the same one, and another size of the pool moves few. Days with events that a
 * shard still holds stay with the query, which has those. A scanner that fails is replaced by the query itself; one that is
 * over its budget ends the question.
 */
import { hashHex } from '../core/hash.ts';
import { DAY_MS, LIMITS } from '../core/limits.ts';
import type { ScanSegment } from '../lake/scan.ts';
import type { ScannerOf, ScanReply, ScanTask } from '../lake/scan-task.ts';
import type { LakeView } from './lake-view.ts';

export interface SharedScan {
  /** By scanner; no share is empty. */
  readonly shares: ReadonlyMap<number, readonly ScanSegment[]>;
  /** The query's own share, beside the tails. */
  readonly own: readonly ScanSegment[];
}

/** Null: not worth it, for what a share would save is less than what handing it out costs. */
export function shareOut({ segments, tails, startMs, endMs }: LakeView, scannerCount: number): SharedScan | null {
  const dayFrom = Math.floor(startMs / DAY_MS);
  const dayTo = Math.floor((endMs - 1) / DAY_MS);
  const tailDays = new Set(tails.flatMap(({ columns }) => Array.from(columns.at, (atMs) => Math.floor(atMs / DAY_MS))));
  const mixedDays = new Set(
    segments.flatMap(({ source, days }) => (source === 'seal' ? [] : days.map(({ day }) => day))),
  );
  const shares = new Map<number, ScanSegment[]>();
  const own: ScanSegment[] = [];
  let sharedRowCount = 0;
  for (const segment of segments) {
    const kept: ScanSegment['days'][number][] = [];
    for (const counted of segment.days) {
      const { day, rowCount } = counted;
      if (day < dayFrom || day > dayTo) continue;
      if (tailDays.has(day)) kept.push(counted);
      else {
        const scanner = scannerFor(mixedDays.has(day) ? `day ${day}` : segment.path, scannerCount);
        addTo(shares, scanner, { ...segment, days: [counted] });
        sharedRowCount += rowCount;
      }
    }
    if (kept.length > 0) own.push({ ...segment, days: kept });
  }
  return sharedRowCount < LIMITS.scanSharedRowsMin ? null : { shares, own };
}

function addTo(shares: Map<number, ScanSegment[]>, scanner: number, segment: ScanSegment): void {
  const share = shares.get(scanner);
  if (share === undefined) shares.set(scanner, [segment]);
  // Days of one segment that go to the same scanner are read together.
  else if (share.at(-1)?.path === segment.path) {
    const last = share.pop()!;
    share.push({ ...last, days: [...last.days, ...segment.days] });
  } else share.push(segment);
}

export function scannerFor(name: string, scannerCount: number): number {
  let best = 0;
  let most = '';
  for (let scanner = 0; scanner < scannerCount; scanner++) {
    const hash = hashHex(`${scanner} ${name}`);
    if (hash <= most) continue;
    most = hash;
    best = scanner;
  }
  return best;
}

export type ShareOutcome = { readonly scanner: number; readonly reply: ScanReply | null };

/** The reply of each scanner; null where it failed. */
export function askScanners(
  scannerOf: ScannerOf,
  uid: string,
  shares: SharedScan['shares'],
  task: Omit<ScanTask, 'segments'>,
): Promise<ShareOutcome[]> {
  return Promise.all(
    [...shares].map(async ([scanner, segments]) => {
      try {
        return { scanner, reply: await scannerOf(uid, scanner).scan({ ...task, segments }) };
      } catch (cause) {
        console.error(JSON.stringify({ at: 'query.scanner', uid, scanner, error: String(cause) }));
        return { scanner, reply: null };
      }
    }),
  );
}
