/**
 * Lookup: traits of an event's person or group, and membership of cohorts, for questions that ask for them. The query
 * makes it before it reads events, and hands it to the readers of rows with the columns.
 */
import type { JsonValue } from './event.ts';

export interface Lookup {
  /** Words are unsigned; (0, 0), no person, has no traits. `key` and `steps` are as in a PropertyPlace. */
  personTrait(high: number, low: number, key: string, steps: readonly string[]): JsonValue | undefined;
  groupTrait(groupId: string, key: string, steps: readonly string[]): JsonValue | undefined;
  /** The cohort is one that the question names. (0, 0), no person, is in no cohort. */
  isMember(cohort: string, high: number, low: number): boolean;
}
