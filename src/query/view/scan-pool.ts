/**
 * Scan pool: a scan shared out over scanners, each of which remembers what it has read.
 *
 * What goes to whom is decided by rendezvous: of all scanners the one whose hash with the file's (or day's) name is the
 * greatest and that has room, so that a file is nearly always read by the same one, and another size of the pool moves
 * few. Days with events that a shard still holds stay with the query, which has those. A scanner that fails is replaced by
 * the query itself; one that is over its budget ends the question.
 */

import { DAY_MS, LIMITS } from '../../core/limits.ts';
import { hashHex } from '../../core/std/hash.ts';
import { ok, type Result } from '../../core/std/result.ts';
import type { ScanSegment } from '../../lake/scan/scan.ts';
import type { ScannerRpc, Share, ShareReply } from '../../lake/scan/scan-task.ts';
import type { LakePorts, LakeView } from './lake-view.ts';
import { type LakeRefusal, tooLarge } from './refusal.ts';

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
  const own = new Lot();
  const units = new Map<string, Lot>();
  for (const segment of segments) {
    for (const counted of segment.days) {
      const { day } = counted;
      if (day < dayFrom || day > dayTo) continue;
      const name = mixedDays.has(day) ? `day ${day}` : segment.path;
      const lot = tailDays.has(day) ? own : (units.get(name) ?? new Lot());
      if (lot !== own) units.set(name, lot);
      lot.add(segment, [counted]);
    }
  }
  const sharedRowCount = [...units.values()].reduce((sum, { rowCount }) => sum + rowCount, 0);
  if (sharedRowCount < LIMITS.scanSharedRowsMin) return null;
  const shares = Array.from({ length: scannerCount }, () => new Lot());
  for (const [name, unit] of units) {
    // One that has as much as it may leaves it to the next in rank; what is too much for any stays here.
    const hasRoom = (scanner: number) => shares[scanner]!.rowCount + unit.rowCount <= LIMITS.scannerRowsMax;
    const scanner = scannersFor(name, scannerCount).find(hasRoom);
    const taker = scanner === undefined ? own : shares[scanner]!;
    for (const segment of unit.segments) taker.add(segment, segment.days);
  }
  const filled = shares.map(({ segments }, scanner) => [scanner, segments] as const);
  return { shares: new Map(filled.filter(([, segments]) => segments.length > 0)), own: own.segments };
}

/** Segments with some of their days; days of one segment are read together. */
class Lot {
  readonly #byPath = new Map<string, ScanSegment & { readonly days: ScanSegment['days'][number][] }>();
  rowCount = 0;

  get segments(): readonly ScanSegment[] {
    return [...this.#byPath.values()];
  }

  add(segment: ScanSegment, days: ScanSegment['days']): void {
    const known = this.#byPath.get(segment.path);
    if (known === undefined) this.#byPath.set(segment.path, { ...segment, days: [...days] });
    else known.days.push(...days);
    for (const { rowCount } of days) this.rowCount += rowCount;
  }
}

/** All of them, the one whose file (or day) it is first. */
export function scannersFor(name: string, scannerCount: number): number[] {
  const hashes = Array.from({ length: scannerCount }, (_, scanner) => hashHex(`${scanner} ${name}`));
  return [...hashes.keys()].sort((a, b) => (hashes[a]! < hashes[b]! ? 1 : -1));
}

/** How a question is scanned, here and by scanners. */
export interface SharedScanning<Found> {
  /** Scans what is given of the view here. */
  readonly scan: (view: LakeView) => Promise<Scanned>;
  /** Has a scanner read a share. */
  readonly ask: (scanner: ScannerRpc, share: Share) => Promise<ShareReply<Found>>;
  /** Takes in what a scanner has found. False: that will not do, the share is to be scanned here. */
  readonly absorb: (found: Found) => boolean;
}
export type Scanned = Result<{ readonly scannedRowCount: number }, LakeRefusal>;

/** Scans what is worth it with the tenant's scanners, and the rest here. */
export async function scanShared<Found>(
  { scannerOf }: LakePorts,
  uid: string,
  view: LakeView,
  { scan, ask, absorb }: SharedScanning<Found>,
): Promise<Scanned> {
  const shared = scannerOf && hidesNothing(view) ? shareOut(view, LIMITS.scannersMax) : null;
  if (scannerOf === undefined || shared === null) return scan(view);
  const { startMs, endMs } = view;
  let scannedRowCount = 0;
  const unread: (readonly ScanSegment[])[] = [];
  const overBudget: number[] = [];
  const shares = [...shared.shares].map(async ([scanner, segments]) => {
    const reply = await answerOf(() => ask(scannerOf(uid, scanner), { segments, startMs, endMs }), { uid, scanner });
    // Taken in when it comes, and let go: all of them at once could be several times what may be held.
    if (reply?.status === 'over-budget') overBudget.push(reply.rowCount);
    else if (reply === null || !absorb(reply.found)) unread.push(segments);
    else scannedRowCount += reply.scannedRowCount;
  });
  const [own] = await Promise.all([scan({ ...view, segments: shared.own }), ...shares]);
  if (!own.ok) return own;
  if (overBudget.length > 0) {
    return tooLarge(`A scanner's share of ${overBudget[0]} events is beyond its budget: narrow the range.`);
  }
  scannedRowCount += own.value.scannedRowCount;
  for (const segments of unread) {
    const again = await scan({ ...view, segments, tails: [] });
    if (!again.ok) return again;
    scannedRowCount += again.value.scannedRowCount;
  }
  return ok({ scannedRowCount });
}

/** Null: the scanner failed. */
async function answerOf<Reply>(ask: () => Promise<Reply>, whose: object): Promise<Reply | null> {
  try {
    return await ask();
  } catch (cause) {
    console.error(JSON.stringify({ at: 'query.scanner', ...whose, error: String(cause) }));
    return null;
  }
}

/** A scanner knows nothing of names that retention has dropped. (Nor of links: its people are put through them here.) */
function hidesNothing({ expired }: { readonly expired?: { readonly size: number } }): boolean {
  return (expired?.size ?? 0) === 0;
}
