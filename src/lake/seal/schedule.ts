/**
 * Seal schedule: hands days out to the seal queue: days that are due, days of an import that has ended, days of a command.
 *
 * The rows of `dirty_days` are the queue that lasts; a message is only a claim on one of them. A few days of each tenant are
 * in the queue at a time, and the consumer fetches the next when it is done with some. So a lost message is made again, and
 * no tenant holds up another (docs/decisions/seal/0051-dirty-days.md).
 */
import type { SealMessage, SealQueue, SealQueueMessage } from '../../core/shard/rpc.ts';
import { collectGarbage } from '../manifest/garbage.ts';
import { askForDays, askForImported, daysToSeal, giveBack, takeDue, takeDueOf } from './dirty-days.ts';

export interface ScheduleServices extends QueueServices {
  readonly lake: Pick<R2Bucket, 'delete'>;
}

export interface QueueServices {
  readonly db: D1Database;
  readonly sealQueue: SealQueue;
}

const MESSAGES_PER_SEND_MAX = 100;

/** The cron's duty in sealing: queues the days that are due, and deletes objects that were replaced long enough ago. */
export async function scheduleSeals(
  services: ScheduleServices,
  nowMs: number,
): Promise<{ queued: number; deleted: number }> {
  const queued = await queueTaken(services, await takeDue(services.db, nowMs));
  const deleted = await collectGarbage(services.db, services.lake, nowMs);
  return { queued, deleted };
}

/** Queues due days of the tenant, as many more as it may have in the queue at a time. */
export async function queueDueOf(services: QueueServices, uid: string, nowMs: number): Promise<number> {
  return queueTaken(services, await takeDueOf(services.db, uid, nowMs));
}

async function queueTaken({ db, sealQueue }: QueueServices, taken: readonly SealMessage[]): Promise<number> {
  if (taken.length === 0) return 0;
  const messages = taken.map(({ uid, day, cause }) => ({ uid, day, cause }));
  try {
    await queueSeals(sealQueue, messages);
  } catch (cause) {
    await giveBack(db, taken);
    throw cause;
  }
  return taken.length;
}

export async function queueSeals(queue: SealQueue, messages: readonly SealQueueMessage[]): Promise<void> {
  for (let at = 0; at < messages.length; at += MESSAGES_PER_SEND_MAX) {
    await queue.sendBatch(messages.slice(at, at + MESSAGES_PER_SEND_MAX).map((body) => ({ body })));
  }
}

/** Queues the days of an import that are not sealed with all of it. */
export async function queueImported(
  services: QueueServices,
  uid: string,
  open: readonly number[],
  nowMs: number,
): Promise<void> {
  if (open.length === 0) return;
  await askForImported(services.db, uid, open, nowMs);
  await queueDueOf(services, uid, nowMs);
}

/** Queues days of a tenant to be sealed anew, whether they are dirty or not. */
export async function queueAnew(
  services: QueueServices,
  uid: string,
  days: readonly number[],
  nowMs: number,
): Promise<void> {
  if (days.length === 0) return;
  await askForDays(services.db, { uid, days, cause: 'schedule' }, nowMs);
  await queueDueOf(services, uid, nowMs);
}

export interface Command {
  readonly uid: string;
  readonly days: readonly number[];
  /** Ids of the rollups that the tenant has now. */
  readonly rollupIds: readonly string[];
}

/**
 * Queues the days of a command that a seal would change, and returns them. While a shard holds events that are not stored
 * (`settled` is false), these may be all of them: one message has the consumer settle the shards and look again.
 */
export async function queueCommanded(
  services: QueueServices,
  command: Command & { readonly settled: boolean },
  nowMs: number,
): Promise<number[]> {
  const { uid, days } = command;
  if (command.settled) return queueNow(services, command, nowMs);
  await queueSeals(services.sealQueue, [{ uid, days, cause: 'command' }]);
  return [...days];
}

/** Queues the days of a command that a seal would change by what is stored now. */
export async function queueNow(
  services: QueueServices,
  { uid, days, rollupIds }: Command,
  nowMs: number,
): Promise<number[]> {
  const wanted = await daysToSeal(services.db, uid, days, rollupIds);
  if (wanted.length === 0) return [];
  await askForDays(services.db, { uid, days: wanted, cause: 'command' }, nowMs);
  await queueDueOf(services, uid, nowMs);
  return wanted;
}
