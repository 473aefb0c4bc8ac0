/**
 * Destination reader: walks the stored flushes of a tenant for each destination, behind the destination's own cursor.
 *
 * steps, flush by flush: find the next one in the manifest → read its segment → deliver → move the cursor
 *
 * Stored flushes are the segments of source `flush` in the manifest, in the order of their `manifest_seq`. The cursor moves
 * after the delivery: a crash between the two repeats a delivery and never leaves one out. Destinations run side by side,
 * each with its own deadline and its own outcome.
 */
import type { EventColumns } from '../core/event/columns.ts';
import { dayOf } from '../core/std/day.ts';
import type { Dropped } from '../lake/manifest/dropped.ts';
import { concatColumns, selectRows } from '../lake/segment/columns.ts';
import { allRows, keep } from '../lake/segment/rows.ts';
import { readSegment } from '../lake/segment/segment-read.ts';
import { ALL_LAKE_COLUMNS } from '../lake/segment/segment-schema.ts';
import { type ReadBucket, r2Source } from '../lake/segment/source.ts';
import { logError } from '../observe/log.ts';
import { type FlushSegment, readFlushSegments } from './flush-segments.ts';
import type { ConfirmedFlush, Cursors, Destination } from './sink.ts';
import { within } from './within.ts';

/** Bounds one run; further flushes wait for the next run. */
const FLUSHES_PER_RUN_MAX = 20;
/** A receiver that does not answer ends its run after this time. */
export const DELIVERY_MS_MAX = 30_000;

export interface DeliverDeps {
  readonly db: D1Database;
  readonly lake: ReadBucket;
  readonly cursors: Cursors;
}

/** The outcome of the run of one destination. */
export interface DeliveryRun {
  readonly destination: string;
  /** Flushes that the run has passed. */
  readonly flushes: number;
  /** The error that ended the run; absent when nothing failed. */
  readonly failure?: unknown;
}

/** Delivers to each destination the flushes stored beyond its cursor. Never throws: each run tells its outcome. */
export function deliverStored(
  deps: DeliverDeps,
  uid: string,
  destinations: readonly Destination[],
): Promise<DeliveryRun[]> {
  return Promise.all(destinations.map((destination) => runDestination(destination, deps, uid)));
}

async function runDestination(
  destination: Destination,
  { db, lake, cursors }: DeliverDeps,
  uid: string,
): Promise<DeliveryRun> {
  const { name } = destination;
  let flushes = 0;
  try {
    let position = await cursors.read(name, uid);
    const { segments, dropped } = await readFlushSegments(db, uid, position, FLUSHES_PER_RUN_MAX);
    for (const { manifestSeq, ...segment } of segments) {
      const rows = await readRows(lake, segment, dropped.events);
      const { incarnation, seqFrom, seqTo } = segment;
      const flush = { uid, flush: { incarnation, seqFrom, seqTo }, position: manifestSeq, rows };
      if (rows.rowCount > 0) await deliver(destination, flush);
      // False when another run has moved the cursor: the rest is left to that run.
      if (!(await cursors.move(name, uid, { from: position, to: manifestSeq }))) break;
      position = manifestSeq;
      flushes++;
    }
    return { destination: name, flushes };
  } catch (failure) {
    logError('sinks.destination', failure, { destination: name, uid });
    return { destination: name, flushes, failure };
  }
}

/** Ends the delivery after its deadline, for the receiver too. */
async function deliver(destination: Destination, flush: ConfirmedFlush): Promise<void> {
  const deadline = new AbortController();
  try {
    const delivery = destination.deliver(flush, deadline.signal);
    await within(delivery, DELIVERY_MS_MAX, `a delivery to ${destination.name}`);
  } finally {
    deadline.abort();
  }
}

/** The events of a flush that still count: no day and no name of them has expired. */
async function readRows(
  lake: ReadBucket,
  { path, sizeBytes, days }: Pick<FlushSegment, 'path' | 'sizeBytes' | 'days'>,
  expired: Dropped['events'],
): Promise<EventColumns> {
  const batches: EventColumns[] = [];
  const options = { columns: ALL_LAKE_COLUMNS, days: new Set(days) };
  for await (const batch of readSegment(r2Source(lake, path, sizeBytes), options)) {
    const { at, strings } = batch;
    const isKept = (row: number) =>
      dayOf(at[row]!) >= (expired.get(strings.event?.[row] ?? '')?.dayBefore ?? -Infinity);
    const rows = expired.size === 0 ? allRows(batch.rowCount) : keep(allRows(batch.rowCount), isKept);
    batches.push(rows.length === batch.rowCount ? batch : selectRows(batch, rows));
  }
  return concatColumns(batches);
}
