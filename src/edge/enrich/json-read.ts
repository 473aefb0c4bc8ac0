/**
 * JSON read: typed reads of loose JSON, such as a context that a client made.
 */
import type { JsonObject, JsonValue } from '../../core/event/event.ts';

/** The text. Null when the value is no text, or an empty one. */
export function textOf(value: JsonValue | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** The object. Null when the value is no object. */
export function objectOf(value: JsonValue | undefined): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
}
