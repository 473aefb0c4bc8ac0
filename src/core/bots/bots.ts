/**
 * Bots: whether a question counts events of bots, and the condition that leaves them out.
 *
 * An event of a bot has the device `bot`, and the reason in `context.bot` (edge/enrich/bots.ts). The column alone decides: a
 * property named `bot` or `device` is the sender's own and says nothing of this.
 */
import { type Comparison, type Condition, conditionProperties } from '../event/condition.ts';
import { columnName } from '../event/property.ts';

/** The device of a bot. */
export const BOT_DEVICE = 'bot';
export const DEVICE = columnName('device');

export const BOTS = ['exclude', 'include'] as const;
export type Bots = (typeof BOTS)[number];

/** Holds for the events that are not of a bot. */
export const NOT_BOT: Comparison = { property: DEVICE, op: 'neq', value: BOT_DEVICE };

/** Whether a question decides about bots: one that names the device or the reason asks for what it says. */
export function namesBots(names: readonly string[]): boolean {
  return names.some((name) => name === 'device' || name === DEVICE || /^context\.bot(\.|$)/.test(name));
}

/** Returns the condition without the events of bots. A condition that itself names bots stays as it is. */
export function withoutBots(where: Condition | null): Condition {
  if (where === null) return NOT_BOT;
  return namesBots(conditionProperties(where)) ? where : { and: [where, NOT_BOT] };
}
