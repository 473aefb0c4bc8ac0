/**
 * Lookup: what a question may ask of the person or the group of an event beyond the event: traits, and membership of cohorts.
 * Made by the query before it reads events, and travelling with their columns, so that every reader of rows can use it.
 */
import type { JsonValue } from './event.ts';

export interface Lookup {
  /** Words are unsigned; of nobody, (0, 0), there are no traits. `key` and `steps`: as in a PropertyPlace. */
  personTrait(high: number, low: number, key: string, steps: readonly string[]): JsonValue | undefined;
  groupTrait(groupId: string, key: string, steps: readonly string[]): JsonValue | undefined;
  /** Nobody is in no cohort. The cohort is one that the question names. */
  isMember(cohort: string, high: number, low: number): boolean;
}
