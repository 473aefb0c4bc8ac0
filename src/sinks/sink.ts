/**
 * Sink: the contracts of stage 3. There are two kinds of stores for the events of the shards, and they must not be
 * confused.
 *
 * THE TRANSACTIONAL SINK (`Sink`) makes a flush durable outside of its shard. There is exactly one: the lake with its
 * manifest (lake-sink.ts). A flush is confirmed to its shard only after `store` has resolved, and the shard then forgets it
 * (CORRECTNESS A3). So everything that `store` does is on the path of every acknowledged event: a further store must never
 * be a step of it, for a slow or dead one would hold up the flushes of every tenant.
 *
 * DESTINATIONS (`Destination`) are everything else that wants the events: webhooks, warehouses, message brokers. They read
 * what the sink has stored, behind a cursor of their own (destination.ts). A dead destination falls behind and holds up
 * neither a flush nor another destination.
 *
 * To a destination a flush is confirmed once its batch is committed. Whether the shard has heard of it makes no difference: a
 * redelivery stores nothing, so it makes no new position either.
 *
 * The position of a flush is the `manifest_seq` of its segment. The batch that stores a flush draws it, and D1 commits
 * one batch after the other, so a flush that is stored later has a greater position: a cursor never passes over one.
 */
import type { EventColumns } from '../core/event/columns.ts';
import type { FlushRef } from '../core/shard/rpc.ts';
import type { PulledFlush } from './pull.ts';

/** The rows and the bytes that were stored for one flush. */
export interface Stored {
  readonly rowCount: number;
  /** Size of the segment; 0 for a flush that accepted no event and has none. */
  readonly sizeBytes: number;
}

/**
 * Makes flushes durable, each as one unit: all of its parts, its segment and its accounts, or nothing that a reader counts.
 *
 * The caller
 * - hands over flushes of one incarnation in the order of their positions, one after the other,
 * - may hand over an equal flush again, at any time, also while the first call still runs: a message may come twice, and an
 *   invocation may die between `store` and the confirmation,
 * - confirms a flush only after `store` has resolved.
 *
 * The sink
 * - changes nothing when it is called again with an equal flush, even if its rows were collected meanwhile,
 * - throws an `InvariantError` when a flush of the same incarnation and start has another end or checksum (A2),
 * - throws any other error for a failure that may be tried again. The shard keeps the flush and reminds the queue of
 *   it.
 */
export interface Sink {
  store(flush: PulledFlush): Promise<Stored>;
}

/** One stored flush as a destination gets it. */
export interface ConfirmedFlush {
  readonly uid: string;
  readonly flush: FlushRef;
  /** The `manifest_seq` of its segment: grows from flush to flush, with gaps. */
  readonly position: number;
  /**
   * The accepted events, with every column of the lake. Copies that came through another shard or an import are among them,
   * and so are events of days that have been sealed since: a seal removes copies from answers, not from deliveries.
   */
  readonly rows: EventColumns;
}

/**
 * A place outside of Tidemark that gets every stored event of a tenant at least once.
 *
 * The reader (destination.ts)
 * - delivers the flushes of a tenant in the order of their positions, and the next one only after `deliver` has resolved,
 * - delivers a flush again when the run ended between `deliver` and the move of the cursor, or when two runs overlap,
 * - delivers no flush without events, and none whose events had all expired before its turn came,
 * - begins a new destination at position 0, so with everything whose file has not been collected: from its first delivery on
 *   files wait for the destination, before it those of sealed days go (docs/correctness.md, L2); an export has all,
 * - logs and ends the run of a destination that throws or that takes longer than `DELIVERY_MS_MAX`; the next run begins with
 *   the same flush. Neither the sink nor another destination is affected.
 *
 * The destination
 * - is idempotent, or hands the keys on to a receiver that is: `deliveryKey` names a flush, and `id` with `key_hash` a row
 *   (the identity by which answers tell copies apart),
 * - throws for everything that should be tried again, and resolves for failures that it gives up on for good.
 */
export interface Destination {
  /** Names the cursor: unique, and never given to another destination. */
  readonly name: string;
  /** `signal` is aborted when the delivery has ended, in particular when it took longer than `DELIVERY_MS_MAX`. */
  deliver(flush: ConfirmedFlush, signal: AbortSignal): Promise<void>;
}

/** The idempotency key of a delivery: the same for every delivery of one flush, and for no other flush of any tenant. */
export function deliveryKey({ uid, flush }: Pick<ConfirmedFlush, 'uid' | 'flush'>): string {
  return `${uid}/${flush.incarnation}/${flush.seqFrom}`;
}

/**
 * The store of the cursors: a durable number for each destination and tenant, the position up to which everything is
 * delivered. It lives beside the manifest and goes with its tenant. A lost cursor delivers everything again and loses
 * nothing.
 */
export interface Cursors {
  /** 0 for a destination without any delivery of the tenant. */
  read(destination: string, uid: string): Promise<number>;
  /** Moves the cursor only from where it was read; false when another run has moved it meanwhile. */
  move(destination: string, uid: string, step: { readonly from: number; readonly to: number }): Promise<boolean>;
}
