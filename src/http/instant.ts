/** Instant: a time among the parameters of a call: a date in the zone of the tenant, or a time with a zone of its own. */
import { parseInstant } from '../core/query/question/request.ts';
import { Problem } from './problem.ts';

/** `name`: the parameter. Throws 400 `range-invalid`. */
export function mustInstant(name: string, text: string, timezone: string): number {
  const atMs = parseInstant(text, timezone);
  if (atMs !== null) return atMs;
  const detail = `${name}: "${text}" is neither a date (2024-03-31) nor a time with its zone (2024-03-31T12:00:00Z).`;
  throw new Problem(400, 'range-invalid', detail);
}
