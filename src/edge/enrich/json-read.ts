/**
 * Reading loose JSON: what a client may or may not have put into a context.
 */
import type { JsonObject, JsonValue } from '../../core/event/event.ts';

/** The text, or null for anything else and for an empty one. */
export function textOf(value: JsonValue | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** The object, or null for anything else. */
export function objectOf(value: JsonValue | undefined): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
}
