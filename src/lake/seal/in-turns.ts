/**
 * InTurns: the order in which the messages of a batch are handled: those of each tenant by day, and the tenants in turn. A batch
 * may hold sixteen days of one tenant and the only day of another.
 */
import type { SealQueueMessage } from '../../core/shard/rpc.ts';

export function inTurns<M extends { readonly body: SealQueueMessage }>(messages: readonly M[]): M[] {
  const byDay = [...messages].sort((a, b) => firstDay(a.body) - firstDay(b.body));
  const seen = new Map<string, number>();
  const placed = byDay.map((message) => {
    const turn = seen.get(message.body.uid) ?? 0;
    seen.set(message.body.uid, turn + 1);
    return { message, turn };
  });
  return placed.sort((a, b) => a.turn - b.turn).map(({ message }) => message);
}

/** A command comes before all days. */
function firstDay(message: SealQueueMessage): number {
  return 'days' in message ? Number.NEGATIVE_INFINITY : message.day;
}
