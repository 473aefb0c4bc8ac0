/**
 * Log: the one structured log of the Worker and its objects: a line of JSON for each failure that operators should see.
 *
 *   {"level":"error","at":"sinks.consume","message":"Error: D1 is gone","attempt":2,"cause":{"name":"Error",…}}
 *
 * - `at` names the place: the stage, then the step. A place says one thing, so that a search or an alert can count it.
 * - `message` is the error's title, or the sentence that was logged. `cause` holds the error with its stack and all
 *   that it was caused by (error-chain.ts).
 * - The fields stand beside them. `requestId` ties the line to one request and to the answer's `x-request-id` header.
 * - Keys and authorization headers are redacted in every text (redact.ts).
 * - A call never throws, is never awaited, and writes a bounded number of bytes: an invocation may log 256 KB
 *   (developers.cloudflare.com/workers/observability/logs/workers-logs).
 */
import { errorChain, errorTitle } from './error-chain.ts';
import { redactField, redactText } from './redact.ts';

type LogLevel = 'error' | 'warn';

/** The fields of a line beside its message: ids and counts, no content of events. */
export interface LogFields {
  readonly requestId?: string;
  readonly [name: string]: unknown;
  readonly level?: never;
  readonly at?: never;
  readonly message?: never;
  readonly cause?: never;
}

const FIELD_CHARS_MAX = 1_000;
const FIELDS_CHARS_MAX = 8_000;

/** Something failed that should not: `problem` is the thrown value, or a sentence that names the fault. */
export function logError(at: string, problem: unknown, fields?: LogFields): void {
  write('error', at, problem, fields);
}

/** Something failed that the caller goes on without. */
export function logWarn(at: string, problem: unknown, fields?: LogFields): void {
  write('warn', at, problem, fields);
}

function write(level: LogLevel, at: string, problem: unknown, fields: LogFields = {}): void {
  console[level](logLine(level, at, problem, fields));
}

function logLine(level: LogLevel, at: string, problem: unknown, fields: LogFields): string {
  try {
    if (typeof problem === 'string')
      return JSON.stringify({ level, at, message: redactText(problem), ...safe(fields) });
    const cause = errorChain(problem);
    return JSON.stringify({ level, at, message: errorTitle(cause), ...safe(fields), cause });
  } catch {
    // The place is told even when a getter throws or a field holds itself.
    return JSON.stringify({ level, at, message: 'the fields of this line cannot be read' });
  }
}

/** The fields as JSON has them, redacted and bounded. */
function safe(fields: LogFields): object {
  const json = JSON.stringify(fields, (name, value: unknown) => cut(redactField(name, value)));
  return json.length <= FIELDS_CHARS_MAX
    ? (JSON.parse(json) as object)
    : { fields: `${json.slice(0, FIELDS_CHARS_MAX)}…` };
}

function cut(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Error) return errorTitle(errorChain(value));
  return typeof value === 'string' && value.length > FIELD_CHARS_MAX ? `${value.slice(0, FIELD_CHARS_MAX)}…` : value;
}
