/**
 * Scan pool: a scan shared out over scanners, each of which caches what it has read.
 *
 * What this isolate keeps decoded is scanned here: handing it out, and taking in each scanner's people, costs more than the scan.
 * The query scans the share of a scanner that fails. A scanner over its budget ends the question.
 */
import { LIMITS } from '../../core/limits.ts';
import { dayRange } from '../../core/std/day.ts';
import type { HashKey } from '../../core/std/hash.ts';
import { ok, type Result } from '../../core/std/result.ts';
import type { ScanSegment } from '../../lake/scan/scan.ts';
import type { ScannerRpc, Share, ShareReply } from '../../lake/scan/scan-task.ts';
import { keptColumnsOf, type WantedColumns } from '../../lake/segment/kept-columns.ts';
import type { LakeColumn } from '../../lake/segment/segment-schema.ts';
import type { ReadBucket } from '../../lake/segment/source.ts';
import { logError } from '../../observe/log.ts';
import type { Asking } from './asking.ts';
import type { LakeView } from './lake-view.ts';
import { type LakeRefusal, tooLarge } from './refusal.ts';
import { type SharedScan, shareOut } from './share-out.ts';

/** The two ways to scan for a question: here, and by scanners. */
export interface SharedScanning<Found> {
  /** What a scan wants of the rows. */
  readonly wanted: WantedColumns;
  /** Scans the view here. */
  readonly scan: (view: LakeView) => Promise<Scanned>;
  /** Has a scanner read a share. */
  readonly ask: (scanner: ScannerRpc, share: Share) => Promise<ShareReply<Found>>;
  /** Takes in the result of a scanner. */
  readonly absorb: (found: Found) => void;
}
export type Scanned = Result<{ readonly scannedRowCount: number }, LakeRefusal>;

/** Scans large parts of the view with the tenant's scanners and the rest here. */
export async function scanShared<Found>(
  asking: Asking,
  view: LakeView,
  scanning: SharedScanning<Found>,
): Promise<Scanned> {
  const { scannerOf, lake } = asking.ports;
  if (scannerOf === undefined || !canBeShared(view)) return scanning.scan(view);
  const isShared = unkeptRows(lake, view, scanning.wanted) >= LIMITS.scanSharedRowsMin;
  const shared = isShared ? shareOut(view, LIMITS.scannersMax) : null;
  if (shared === null) return scanning.scan(view);
  const { uid, hashKey } = asking.tenant;
  const pool: Pool = { uid, hashKey, scannerOf: (scanner) => scannerOf(uid, scanner) };
  const [others, own] = await Promise.all([
    askScanners(pool, view, shared, scanning),
    scanning.scan({ ...view, segments: shared.own }),
  ]);
  if (!own.ok) return own;
  const { budget } = asking;
  budget.spend(others.scannedRowCount);
  if (budget.isSpent) return tooLarge(`More than ${budget.rowsMax} events would have to be read. Narrow the range.`);
  const [tooManyRows] = others.overBudget;
  if (tooManyRows !== undefined) {
    return tooLarge(`A scanner's share of ${tooManyRows} events is beyond its budget. Narrow the range.`);
  }
  let scannedRowCount = own.value.scannedRowCount + others.scannedRowCount;
  for (const segments of others.unread) {
    const again = await scanning.scan({ ...view, segments, tails: [] });
    if (!again.ok) return again;
    scannedRowCount += again.value.scannedRowCount;
  }
  return ok({ scannedRowCount });
}

/** The scanners of one tenant. */
interface Pool {
  readonly uid: string;
  readonly hashKey: HashKey;
  readonly scannerOf: (scanner: number) => ScannerRpc;
}

interface ScannersReport {
  scannedRowCount: number;
  /** Shares that the query has to scan. */
  readonly unread: (readonly ScanSegment[])[];
  /** The row counts of shares over a scanner's budget. */
  readonly overBudget: number[];
}

async function askScanners<Found>(
  { uid, hashKey, scannerOf }: Pool,
  { startMs, endMs }: LakeView,
  { shares }: SharedScan,
  { ask, absorb }: SharedScanning<Found>,
): Promise<ScannersReport> {
  const report: ScannersReport = { scannedRowCount: 0, unread: [], overBudget: [] };
  const askOne = async ([scanner, segments]: [number, readonly ScanSegment[]]) => {
    const reply = await replyOf(() => ask(scannerOf(scanner), { hashKey, segments, startMs, endMs }), { uid, scanner });
    // A reply is absorbed when it comes and released: all replies at once could be several times the bound of memory.
    if (reply?.status === 'over-budget') report.overBudget.push(reply.rowCount);
    else if (reply === null) report.unread.push(segments);
    else {
      absorb(reply.found);
      report.scannedRowCount += reply.scannedRowCount;
    }
  };
  await Promise.all([...shares].map(askOne));
  return report;
}

/** null when the scanner failed. */
async function replyOf<Reply>(ask: () => Promise<Reply>, share: object): Promise<Reply | null> {
  try {
    return await ask();
  } catch (cause) {
    logError('query.scanner', cause, { ...share });
    return null;
  }
}

/**
 * Scanners do not filter expired event names, so a view that hides any is scanned here. (Links are applied here to what scanners
 * return.)
 */
function canBeShared({ expired }: Pick<LakeView, 'expired'>): boolean {
  return expired.size === 0;
}

/** The rows of the view of which something wanted is not kept here; all of them when so many are not kept together. */
function unkeptRows(
  lake: ReadBucket,
  { segments, tails, startMs, endMs }: LakeView,
  { columns, properties }: WantedColumns,
) {
  const kept = keptColumnsOf(lake);
  const wanted = { columns: new Set<LakeColumn>([...columns, 'at']), ...(properties && { properties }) };
  const { dayFrom, dayTo } = dayRange({ startMs, endMs });
  let rowCount = tails.reduce((sum, tail) => sum + tail.columns.rowCount, 0);
  let unkeptCount = 0;
  for (const { path, days } of segments) {
    for (const { day, rowCount: rows } of days) {
      if (day < dayFrom || day > dayTo) continue;
      rowCount += rows;
      if (!kept.holds({ path, day }, wanted)) unkeptCount += rows;
    }
  }
  return kept.hasRoomFor(rowCount, wanted.columns) ? unkeptCount : rowCount;
}
