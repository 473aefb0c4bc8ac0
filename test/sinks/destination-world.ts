// Destination world: shards, stored flushes, cursors and a recording destination, for the tests of destinations.

import { cursorsOf } from '../../src/sinks/cursor-store.ts';
import { deliverStored } from '../../src/sinks/destination.ts';
import { type ConfirmedFlush, type Cursors, type Destination, deliveryKey } from '../../src/sinks/sink.ts';
import { UID, World } from '../query/support/world.ts';
import { NOON_MS, record } from '../support/events.ts';

/** Records its deliveries; `refusal` throws, or never resolves, to refuse one. */
export class RecordingDestination implements Destination {
  readonly name: string;
  readonly taken: { readonly key: string; readonly position: number; readonly ids: string[] }[] = [];
  refusal: ((flush: ConfirmedFlush, signal: AbortSignal) => Promise<void> | void) | null = null;

  constructor(name: string) {
    this.name = name;
  }

  async deliver(flush: ConfirmedFlush, signal: AbortSignal): Promise<void> {
    await this.refusal?.(flush, signal);
    const ids = flush.rows.strings.id!.map((id) => id!).sort();
    this.taken.push({ key: deliveryKey(flush), position: flush.position, ids });
  }

  get keys(): string[] {
    return this.taken.map(({ key }) => key);
  }
}

/** The cursors in D1. A test may let a move fail, as when the run dies between the delivery and the move. */
export class TestCursors implements Cursors {
  readonly #stored: Cursors;
  beforeMove: () => void | Promise<void> = () => {};

  constructor(db: D1Database) {
    this.#stored = cursorsOf(db);
  }

  read(destination: string, uid: string): Promise<number> {
    return this.#stored.read(destination, uid);
  }

  async move(destination: string, uid: string, step: { from: number; to: number }): Promise<boolean> {
    await this.beforeMove();
    return this.#stored.move(destination, uid, step);
  }
}

/** A tenant with two shards; `store` stores a flush of one, `run` delivers what is stored. */
export function start(nowMs = NOON_MS) {
  const world = new World({ nowMs, shardCount: 2 });
  const cursors = new TestCursors(world.db);
  const deps = { db: world.db, lake: world.ports.lake, cursors };
  /** Stores a flush of one shard with events of these ids. */
  const store = async (shard: number, ids: readonly string[], more: { readonly event?: string } = {}) => {
    world.append(
      shard,
      ids.map((id) => record({ id, anonymous_id: id, atMs: world.nowMs, ...more })),
    );
    await world.store(shard);
  };
  const run = (...destinations: Destination[]) => deliverStored(deps, UID, destinations);
  return { world, cursors, store, run };
}
