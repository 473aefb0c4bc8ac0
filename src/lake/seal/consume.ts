/**
 * Seal consumer: messages of the seal queue → sealed days. Each message succeeds or is retried on its own.
 *
 * steps: settle the shards of each tenant, once → seal the days, the tenants in turn, a few at a time as their rows fit → queue
 *   further days of these tenants → publish current.json, once for each tenant → ack
 *
 * A day too big for one invocation becomes one message for each task, acknowledged as soon as it is done; the last task asks
 * for the day again. A command whose days were not known is looked at again once the shards are settled.
 *
 * The queue is trusted with nothing: a message that comes twice finds the day clean or the task done, and the schedule makes
 * a lost message again.
 */
import { LIMITS, MINUTE_MS } from '../../core/limits.ts';
import type {
  DirectoryOf,
  SealCommand,
  SealMessage,
  SealQueue,
  SealQueueMessage,
  SealTaskName,
  ShardOf,
} from '../../core/shard/rpc.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';
import { logError } from '../../observe/log.ts';
import { isYoung, publishCurrent } from '../manifest/current.ts';
import { readFooters } from '../manifest/footers.ts';
import { claim } from '../manifest/leases.ts';
import { SegmentCache } from '../segment/segment-cache.ts';
import { pause } from '../std/pause.ts';
import { Room } from '../std/room.ts';
import { forgetClean } from './dirty-days.ts';
import { inTurns } from './in-turns.ts';
import { queueDueOf, queueNow, queueSeals } from './schedule.ts';
import { type SealResult, sealDay, sealTask } from './seal-day.ts';
import { isBeyondLateness, settleShards } from './settle.ts';

export interface SealServices {
  readonly db: D1Database;
  readonly lake: R2Bucket;
  readonly shardOf: ShardOf;
  readonly directoryOf: DirectoryOf;
  readonly sealQueue: SealQueue;
  /** null when the tenant was deleted. */
  readonly tenantOf: (uid: string) => Promise<SealedTenant | null>;
  readonly now: () => number;
}

/** The facts about a tenant by which its days are sealed. */
export type SealedTenant = Pick<Tenant, 'rollups' | 'hashKey'>;

/** Days sealed at the same time, while there is room for their rows: one computes while others wait for R2 or D1. */
const CONCURRENCY = 4;
/** Pause between two days: a history of thousands of small days would else keep the thread busy for minutes. */
const SLACK_MS = 25;
/** A shard whose flush is not stored holds up a seal this often; then the day is sealed without that flush. */
const SETTLE_ATTEMPTS_MAX = 3;
const SETTLE_RETRY_SECONDS = 3;
const RETRY_SECONDS_MAX = 300;

/** A task that was queued is not queued again before this: longer than any task takes. */
const TASK_CLAIM_MS = 5 * MINUTE_MS;

/** The outcome of one message. */
type Outcome = { readonly ack: boolean; readonly delaySeconds: number; readonly publish: boolean };

const DONE: Outcome = { ack: true, delaySeconds: 0, publish: false };

export async function consumeSeals(batch: MessageBatch<SealQueueMessage>, services: SealServices): Promise<void> {
  const run = new SealRun(services);
  const pending = inTurns(batch.messages);
  const outcomes = new Map<Message<SealQueueMessage>, Outcome>();
  const work = async () => {
    for (let message = pending.shift(); message; message = pending.shift()) {
      const outcome = await run.handle(message);
      if (isTask(message.body)) end(message, outcome);
      else outcomes.set(message, outcome);
      if (pending.length > 0) await pause(SLACK_MS);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  const further = await run.queueFurther(outcomes);
  const unpublished = await run.publish(outcomes, further);
  for (const [message, outcome] of outcomes) {
    const isPublished = !(outcome.publish && unpublished.has(message.body.uid));
    end(message, { ...outcome, ack: outcome.ack && isPublished });
  }
}

function isTask(message: SealQueueMessage): boolean {
  return 'task' in message && message.task !== undefined;
}

function end(message: Message<SealQueueMessage>, { ack, delaySeconds }: Outcome): void {
  if (ack) message.ack();
  else message.retry({ delaySeconds });
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
    this.#cache = new SegmentCache(services.lake, (manifestSeqs) => readFooters(services.db, manifestSeqs));
  }

  async handle({ body, attempts }: Message<SealQueueMessage>): Promise<Outcome> {
    try {
      const tenant = await this.#tenantOf(body.uid);
      if (tenant === null) return DONE;
      if ('days' in body) return await this.#handleCommand(body, attempts, tenant);
      if (body.task !== undefined) return await this.#handleTask(body, body.task, tenant);
      return await this.#handleDay(body, attempts, tenant);
    } catch (cause) {
      const day = 'days' in body ? {} : { day: body.day, ...body.task };
      logError('seal.consume', cause, { uid: body.uid, ...day, attempt: attempts });
      return later(retrySeconds(attempts));
    }
  }

  async #handleDay({ uid, day, cause }: SealMessage, attempts: number, tenant: SealedTenant): Promise<Outcome> {
    const isOld = cause !== 'command' && isBeyondLateness(day, this.#services.now());
    // An old day is sealed for its imports or for late events that are stored by now, and comes again when there are more.
    if (!isOld && !(await this.#isSettled(uid, attempts))) return later(SETTLE_RETRY_SECONDS);
    const result = await once(this.#days, `${uid}/${day}`, () => this.#seal(uid, day, tenant));
    if (result.status === 'busy') return later(retrySeconds(attempts));
    if (result.status === 'tasks') await this.#queueTasks({ uid, day, cause }, result.tasks);
    if (result.status === 'clean' || result.status === 'empty') await forgetClean(this.#services.db, uid, day);
    // Also a day without need: the batch before may have left the list to this one.
    return { ack: true, delaySeconds: 1, publish: true };
  }

  /** Shards may have held late events of any day, so the days of the command are looked up once these are stored. */
  async #handleCommand({ uid, days }: SealCommand, attempts: number, { rollups }: SealedTenant): Promise<Outcome> {
    if (!(await this.#isSettled(uid, attempts))) return later(SETTLE_RETRY_SECONDS);
    const rollupIds = rollups.map(({ id }) => id);
    await queueNow(this.#services, { uid, days, rollupIds }, this.#services.now());
    return DONE;
  }

  async #handleTask({ uid, day, cause }: SealMessage, task: SealTaskName, { hashKey }: SealedTenant): Promise<Outcome> {
    const { db, lake } = this.#services;
    // A task may hold as many rows as fit, so it runs alone.
    const rest = await this.#room.run(LIMITS.sealBucketRowsMax, () =>
      sealTask({ db, hashKey, bucket: lake }, uid, day, task),
    );
    if (rest?.length === 0) await this.#queue([{ uid, day, cause }]);
    return DONE;
  }

  /** Queues the tasks that are not queued yet: the day may be asked for again while they run. */
  async #queueTasks(day: SealMessage, tasks: readonly SealTaskName[]): Promise<void> {
    const { db, now } = this.#services;
    const nameOf = ({ revision, task }: SealTaskName) => `seal-task/${day.uid}/${day.day}/${revision}/${task}`;
    const free = await claim(db, tasks.map(nameOf), now(), TASK_CLAIM_MS);
    await this.#queue(tasks.filter((task) => free.has(nameOf(task))).map((task) => ({ ...day, task })));
  }

  /** Queues further days of the tenants whose days are done. Returns the tenants that had some. */
  async queueFurther(outcomes: ReadonlyMap<Message<SealQueueMessage>, Outcome>): Promise<ReadonlySet<string>> {
    const further = new Set<string>();
    const uids = new Set<string>();
    for (const [message, { ack }] of outcomes) if (ack) uids.add(message.body.uid);
    for (const uid of uids) {
      try {
        if ((await queueDueOf(this.#services, uid, this.#services.now())) > 0) further.add(uid);
      } catch (cause) {
        logError('seal.further', cause, { uid });
      }
    }
    return further;
  }

  #queue(messages: readonly SealMessage[]): Promise<void> {
    return queueSeals(this.#services.sealQueue, messages);
  }

  /**
   * Publishes the lists of the tenants concerned; returns the tenants whose list could not be published. A tenant with `further`
   * days in the queue is left to their batch while its list is young: it names all files of the tenant.
   */
  async publish(
    outcomes: ReadonlyMap<Message<SealQueueMessage>, Outcome>,
    further: ReadonlySet<string>,
  ): Promise<ReadonlySet<string>> {
    const { db, lake, now } = this.#services;
    const uids = new Set<string>();
    for (const [message, { publish }] of outcomes) if (publish) uids.add(message.body.uid);
    const failed = new Set<string>();
    for (const uid of uids) {
      try {
        if (further.has(uid) && (await isYoung(lake, uid, now()))) continue;
        await publishCurrent(db, lake, uid, now());
      } catch (cause) {
        logError('seal.publish', cause, { uid });
        failed.add(uid);
      }
    }
    return failed;
  }

  async #isSettled(uid: string, attempts: number): Promise<boolean> {
    if (attempts > SETTLE_ATTEMPTS_MAX) return true;
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

function later(delaySeconds: number): Outcome {
  return { ack: false, delaySeconds, publish: false };
}

function retrySeconds(attempts: number): number {
  return Math.min(5 * 2 ** attempts, RETRY_SECONDS_MAX);
}
