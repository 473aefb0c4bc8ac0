/**
 * StreamExport: the events of a range as one stream of bytes, each event once, with all that was acknowledged before the request.
 *
 * steps: per day: read its manifest → scan it → encode pieces → … → receipt
 *
 * - The manifest is read a few days at a time, shortly before they are scanned: seals replace files meanwhile, and a replaced
 *   file is kept for an hour.
 * - The states of the shards when the export was planned stay binding. A flush stored since is left out, because its
 *   events are in the tail; the ids of one that was sealed since tell its events (rules A4, B7).
 * - An import that is finished or taken back meanwhile ends the export without a receipt: some days would have it, others not.
 * - Memory holds the tails, one row group and one piece; of a day that is not sealed also a few bytes an id.
 */
import { createHash } from 'node:crypto';
import type { EventColumns } from '../../core/event/columns.ts';
import { LIMITS } from '../../core/limits.ts';
import { RowSource } from '../../core/query/rows/row-source.ts';
import { dayRange } from '../../core/std/day.ts';
import { withoutExpired } from '../../lake/manifest/dropped.ts';
import { readScanPlan } from '../../lake/manifest/segments.ts';
import { scanDay } from '../../lake/scan/day-scan.ts';
import { concatColumns, selectRows } from '../../lake/segment/columns.ts';
import { Pacer } from '../../lake/std/pacer.ts';
import type { Asking, QueryPorts } from '../view/asking.ts';
import { isCounted } from '../view/coverage.ts';
import { knownColumns } from '../view/known-people.ts';
import { encoderOf } from './encoder.ts';
import { columnsRead } from './export-request.ts';
import { keepReceipt } from './export-store.ts';
import type { ExportPlan } from './plan-export.ts';

/** Days whose manifest is read at once: each read costs a call to D1, and memory for the footers of all its days. */
const DAYS_AT_ONCE = 8;

/** Ends only after the receipt is kept. It throws when anything fails, and then there is no receipt. */
export async function* streamExport(asking: Asking<QueryPorts>, plan: ExportPlan): AsyncGenerator<Uint8Array> {
  const { ports, tenant } = asking;
  const { id, format, columns } = plan.request;
  const encoder = encoderOf(format, columns);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let rows = 0;
  const counted = (bytes: Uint8Array) => {
    hash.update(bytes);
    sizeBytes += bytes.length;
    return bytes;
  };
  yield counted(encoder.begin());
  const pacer = new Pacer();
  for await (const piece of piecesOf(asking, plan)) {
    rows += piece.rowCount;
    for (const part of encoder.rows(piece)) {
      yield counted(part);
      await pacer.pause();
    }
  }
  yield counted(encoder.end());
  const account = { id, format, rows, sizeBytes, sha256: hash.digest('hex') };
  const receipt = { ...account, asOfMs: plan.coverage.asOfMs, finishedAtMs: ports.now() };
  await keepReceipt(ports.db, tenant.uid, receipt);
}

/** The events of all days, in pieces; no piece holds events of two days. */
async function* piecesOf({ ports, tenant }: Asking, plan: ExportPlan): AsyncGenerator<EventColumns> {
  const { request, coverage, tails, days } = plan;
  const wanted = columnsRead(request);
  const importsOf = dayRange(request.range);
  for (let index = 0; index < days.length; index += DAYS_AT_ONCE) {
    const stretch = days.slice(index, index + DAYS_AT_ONCE);
    const range = { uid: tenant.uid, dayFrom: stretch[0]!, dayTo: stretch.at(-1)! };
    const { segments: stored, importsVersion } = await readScanPlan(ports.db, { ...range, importsOf });
    if (importsVersion !== plan.importsVersion)
      throw new Error('an import was finished or taken back during the export');
    const segments = stored.filter((segment) => isCounted(coverage, segment));
    for (const day of stretch) {
      const batches = scanDay({
        bucket: ports.lake,
        hashKey: tenant.hashKey,
        day,
        segments,
        tails,
        ...request.range,
        wanted,
      });
      yield* gathered(filtered(batches, plan, day));
    }
  }
}

/**
 * The rows of each batch of a day that retention has kept and the filter lets through. The file has each event as it
 * came.
 */
async function* filtered(
  batches: ReturnType<typeof scanDay>,
  { request, people, dropped }: ExportPlan,
  day: number,
): AsyncGenerator<EventColumns> {
  const source = new RowSource();
  const test = request.range.where && source.test(request.range.where);
  for await (const { columns, rows } of batches) {
    source.use(people === null ? columns : knownColumns(columns, people));
    const kept = withoutExpired(columns, rows, dropped.events, day);
    const passed = test === null ? kept : kept.filter((row) => test(row));
    if (passed.length > 0) yield passed.length === columns.rowCount ? columns : selectRows(columns, passed);
  }
}

/** Joins small batches to pieces that are large enough for a row group. */
async function* gathered(batches: AsyncIterable<EventColumns>): AsyncGenerator<EventColumns> {
  let piece: EventColumns[] = [];
  let rowCount = 0;
  for await (const batch of batches) {
    if (rowCount > 0 && rowCount + batch.rowCount > LIMITS.exportPieceRowsMax) {
      yield concatColumns(piece);
      piece = [];
      rowCount = 0;
    }
    piece.push(batch);
    rowCount += batch.rowCount;
  }
  if (rowCount > 0) yield concatColumns(piece);
}
