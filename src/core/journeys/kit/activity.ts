/**
 * Activity: the events by which a person is active when a question does not name any. `identify`, `group` and `alias` say
 * who somebody is, not that they did something: a nightly sync of a CRM makes nobody active.
 *
 * A question asks for them by naming events, by naming the column `type` in its conditions, or with `identityEvents`.
 */
import { z } from 'zod';
import { type Condition, conditionProperties } from '../../event/condition.ts';
import type { EventType } from '../../event/event.ts';
import type { Matcher } from './matchers.ts';

const IDENTITY_TYPES: EventType[] = ['identify', 'group', 'alias'];
const ACTIVITY_CONDITION: Condition = { not: { property: 'type', op: 'in', value: IDENTITY_TYPES } };

/** Fits every event but those of identity. */
export const ACTIVITY: Matcher = { names: null, where: ACTIVITY_CONDITION };

export const identityEventsField = z
  .boolean()
  .default(false)
  .describe(
    'Whether identify, group and alias events count as activity too. ' +
      'They always do when the question names events or the property `type`.',
  );

interface ActivityFields {
  readonly events?: readonly string[] | undefined;
  readonly where?: Condition | undefined;
  readonly identityEvents: boolean;
}

/**
 * The condition of activity; null when the question asks for events of its own. An event that `anchor` asks for passes
 * it, whatever its type.
 */
export function activityOf(fields: ActivityFields, anchor: Matcher | null = null): Condition | null {
  if (asksForTypes(fields)) return null;
  const asked = anchor === null ? null : askedBy(anchor);
  return asked === null ? ACTIVITY_CONDITION : { or: [ACTIVITY_CONDITION, asked] };
}

/** Whether the question itself says which types of events it means. */
export function asksForTypes({ events, where, identityEvents }: ActivityFields): boolean {
  return identityEvents || events !== undefined || (where !== undefined && namesEvents(where));
}

/** The condition of the events that the matcher names by themselves or by their type; null when it names none. */
function askedBy({ names, where }: Matcher): Condition | null {
  if (names !== null) return { property: 'event', op: 'in', value: [...names] };
  return where !== null && namesEvents(where) ? where : null;
}

/** Whether the condition names types, or holds only for events of some names. */
function namesEvents(condition: Condition): boolean {
  return conditionProperties(condition).includes('type') || holdsForNames(condition);
}

function holdsForNames(condition: Condition): boolean {
  if ('and' in condition) return condition.and.some(holdsForNames);
  if ('or' in condition) return condition.or.every(holdsForNames);
  if ('not' in condition || 'cohort' in condition) return false;
  return condition.property === 'event' && (condition.op === 'eq' || condition.op === 'in');
}
