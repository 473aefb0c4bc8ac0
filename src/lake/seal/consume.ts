/**
 * Seal consumer: messages of the seal queue → sealed days. Each message succeeds or is retried on its own.
 *
 * steps: settle the shards of each tenant, once → seal the days, a few at a time as their rows fit → publish current.json,
 *   once for each tenant → ack
 *
 * A day too big for one invocation becomes one message for each task; the last task asks for the day again.
 *
 * The queue is trusted with nothing: a message that comes twice finds the day clean or the task done, and the schedule makes
 * a lost message again.
 */
import { LIMITS } from '../../core/limits.ts';
import type { DirectoryOf, SealMessage, SealTaskName, ShardOf } from '../../core/shard/rpc.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';
import { logError } from '../../observe/log.ts';
import { publishCurrent } from '../manifest/current.ts';
import { SegmentCache } from '../segment/segment-cache.ts';
import { Room } from '../std/room.ts';
import { queueSeals } from './schedule.ts';
import { type SealResult, sealDay, sealTask } from './seal-day.ts';
import { isBeyondLateness, settleShards } from './settle.ts';

export interface SealServices {
  readonly db: D1Database;
  readonly lake: R2Bucket;
  readonly shardOf: ShardOf;
  readonly directoryOf: DirectoryOf;
  readonly sealQueue: { sendBatch(messages: Iterable<{ body: SealMessage }>): Promise<unknown> };
  /** null when the tenant was deleted. */
  readonly tenantOf: (uid: string) => Promise<SealedTenant | null>;
  readonly now: () => number;
}

/** The facts about a tenant by which its days are sealed. */
export type SealedTenant = Pick<Tenant, 'rollups' | 'hashKey'>;

/** Days sealed at the same time, while there is room for their rows: one computes while others wait for R2 or D1. */
const CONCURRENCY = 4;
/** A shard whose flush is not stored holds up a seal this often; then the day is sealed without that flush. */
const SETTLE_ATTEMPTS_MAX = 3;
const SETTLE_RETRY_SECONDS = 3;
const RETRY_SECONDS_MAX = 300;

/** The outcome of one message. */
type Outcome = { readonly ack: boolean; readonly delaySeconds: number; readonly publish: boolean };

export async function consumeSeals(batch: MessageBatch<SealMessage>, services: SealServices): Promise<void> {
  const run = new SealRun(services);
  const pending = [...batch.messages].sort((a, b) => a.body.day - b.body.day);
  const outcomes = new Map<Message<SealMessage>, Outcome>();
  const work = async () => {
    for (let message = pending.shift(); message; message = pending.shift())
      outcomes.set(message, await run.handle(message));
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  const unpublished = await run.publish(outcomes);
  for (const [message, { ack, delaySeconds, publish }] of outcomes) {
    if (ack && !(publish && unpublished.has(message.body.uid))) message.ack();
    else message.retry({ delaySeconds });
  }
}

/** The state that the messages of one batch share. */
class SealRun {
  readonly #services: SealServices;
  readonly #cache: SegmentCache;
  readonly #holder = crypto.randomUUID();
  readonly #settled = new Map<string, Promise<boolean>>();
  readonly #tenants = new Map<string, Promise<SealedTenant | null>>();
  /** A day named twice is sealed once: both messages would take the same lease. */
  readonly #days = new Map<string, Promise<SealResult>>();
  /** Bounds memory: a decoded row is about 1 KB, and a batch may name 50 days of 40,000 rows each (CORRECTNESS B6). */
  readonly #room = new Room(LIMITS.sealBucketRowsMax);

  constructor(services: SealServices) {
    this.#services = services;
    this.#cache = new SegmentCache(services.lake);
  }

  async handle(message: Message<SealMessage>): Promise<Outcome> {
    const { uid, day, task } = message.body;
    if (task !== undefined) return this.#handleTask(message, task);
    const isRepeated = message.attempts > 1;
    try {
      const tenant = await this.#tenantOf(uid);
      if (tenant === null) return { ack: true, delaySeconds: 0, publish: false };
      if (!(await this.#isSettled(message))) return { ack: false, delaySeconds: SETTLE_RETRY_SECONDS, publish: false };
      const result = await once(this.#days, `${uid}/${day}`, () => this.#seal(uid, day, tenant));
      if (result.status === 'busy') return { ack: false, delaySeconds: retrySeconds(message.attempts), publish: false };
      if (result.status === 'tasks') {
        const { cause } = message.body;
        await this.#queue(result.tasks.map((task) => ({ uid, day, cause, task })));
      }
      return { ack: true, delaySeconds: 1, publish: result.status === 'sealed' || isRepeated };
    } catch (cause) {
      logError('seal.consume', cause, { uid, day, attempt: message.attempts });
      return { ack: false, delaySeconds: retrySeconds(message.attempts), publish: false };
    }
  }

  async #handleTask({ body, attempts }: Message<SealMessage>, task: SealTaskName): Promise<Outcome> {
    const { uid, day, cause } = body;
    const { db, lake } = this.#services;
    try {
      const tenant = await this.#tenantOf(uid);
      if (tenant === null) return { ack: true, delaySeconds: 0, publish: false };
      const { hashKey } = tenant;
      // A task may hold as many rows as fit, so it runs alone.
      const rest = await this.#room.run(LIMITS.sealBucketRowsMax, () =>
        sealTask({ db, hashKey, bucket: lake, cache: this.#cache }, uid, day, task),
      );
      if (rest?.length === 0) await this.#queue([{ uid, day, cause }]);
      return { ack: true, delaySeconds: 0, publish: false };
    } catch (cause) {
      logError('seal.task', cause, { uid, day, ...task, attempt: attempts });
      return { ack: false, delaySeconds: retrySeconds(attempts), publish: false };
    }
  }

  #queue(messages: readonly SealMessage[]): Promise<void> {
    return queueSeals(this.#services.sealQueue, messages);
  }

  /** Publishes the lists of the tenants concerned; returns the tenants whose list could not be published. */
  async publish(outcomes: ReadonlyMap<Message<SealMessage>, Outcome>): Promise<ReadonlySet<string>> {
    const { db, lake, now } = this.#services;
    const uids = new Set<string>();
    for (const [message, { publish }] of outcomes) if (publish) uids.add(message.body.uid);
    const failed = new Set<string>();
    for (const uid of uids) {
      try {
        await publishCurrent(db, lake, uid, now());
      } catch (cause) {
        logError('seal.publish', cause, { uid });
        failed.add(uid);
      }
    }
    return failed;
  }

  /**
   * An old day is sealed for its imports or for late events that are stored by now, and the schedule has the day again when
   * more of them come. A command settles it all the same, because shards may hold late events that it waits for.
   */
  async #isSettled({ body: { uid, day, cause }, attempts }: Message<SealMessage>): Promise<boolean> {
    if (attempts > SETTLE_ATTEMPTS_MAX) return true;
    if (cause !== 'command' && isBeyondLateness(day, this.#services.now())) return true;
    return once(this.#settled, uid, () => settleShards(this.#services, uid));
  }

  #tenantOf(uid: string): Promise<SealedTenant | null> {
    return once(this.#tenants, uid, () => this.#services.tenantOf(uid));
  }

  async #seal(uid: string, day: number, { rollups, hashKey }: SealedTenant): Promise<SealResult> {
    const { db, lake, now } = this.#services;
    const result = await sealDay(
      { db, hashKey, bucket: lake, cache: this.#cache, now, holder: this.#holder, room: this.#room },
      uid,
      day,
      rollups,
    );
    if (result.status === 'sealed' && result.rest !== 0) {
      const { revision, rest } = result;
      logError('seal.drift', 'the sealed day does not add up', { uid, day, revision, rest });
    }
    return result;
  }
}

function once<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  let promise = known.get(key);
  if (promise === undefined) {
    promise = make();
    known.set(key, promise);
  }
  return promise;
}

function retrySeconds(attempts: number): number {
  return Math.min(5 * 2 ** attempts, RETRY_SECONDS_MAX);
}
