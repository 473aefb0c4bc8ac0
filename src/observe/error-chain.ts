/**
 * Error chain: a thrown value with its nested causes as plain data, ready for a line of the log.
 *
 * in: anything that was thrown
 * out: name, message and stack of it, of each `cause` and of the errors of an AggregateError
 * `ERRORS_MAX` errors are told at most, `DEPTH_MAX` deep: a circle of causes ends. Texts are redacted, then cut.
 */
import { redactText } from './redact.ts';

export interface LoggedError {
  readonly name: string;
  readonly message: string;
  /** The frames alone; absent when the value has none. */
  readonly stack?: string;
  readonly cause?: LoggedError;
  /** The errors of an AggregateError. */
  readonly errors?: readonly LoggedError[];
  /** Number of causes and errors left out because of the bounds; absent when all are here. */
  readonly omitted?: number;
}

const DEPTH_MAX = 8;
const ERRORS_MAX = 12;
const MESSAGE_CHARS_MAX = 1_000;
const STACK_CHARS_MAX = 2_000;

export function errorChain(thrown: unknown): LoggedError {
  return describe(thrown, { errors: ERRORS_MAX - 1 }, 0);
}

/** The message of a thrown value as one line says it: `TypeError: x is undefined`. */
export function errorTitle({ name, message }: LoggedError): string {
  return message === '' ? name : `${name}: ${message}`;
}

interface Budget {
  errors: number;
}

function describe(thrown: unknown, budget: Budget, depth: number): LoggedError {
  if (!isErrorLike(thrown)) return { name: typeof thrown, message: cut(textOf(thrown), MESSAGE_CHARS_MAX) };
  const stack = framesOf(thrown.stack);
  const causes = thrown.cause === undefined ? [] : [thrown.cause];
  const errors = Array.isArray(thrown.errors) ? thrown.errors : [];
  const described = describeNested([...causes, ...errors], budget, depth);
  const [describedCauses, describedErrors] = [described.slice(0, causes.length), described.slice(causes.length)];
  const omitted = causes.length + errors.length - described.length;
  return {
    name: cut(String(thrown.name ?? 'Error'), MESSAGE_CHARS_MAX),
    message: cut(thrown.message, MESSAGE_CHARS_MAX),
    ...(stack !== '' && { stack }),
    ...(describedCauses[0] && { cause: describedCauses[0] }),
    ...(describedErrors.length > 0 && { errors: describedErrors }),
    ...(omitted > 0 && { omitted }),
  };
}

function describeNested(nested: readonly unknown[], budget: Budget, depth: number): LoggedError[] {
  if (depth + 1 >= DEPTH_MAX) return [];
  const taken = nested.slice(0, budget.errors);
  budget.errors -= taken.length;
  return taken.map((thrown) => describe(thrown, budget, depth + 1));
}

interface ErrorLike {
  readonly message: string;
  readonly name?: unknown;
  readonly stack?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
}

/** Not `instanceof Error`: an error of another realm, or one that came over RPC, is one too. */
function isErrorLike(thrown: unknown): thrown is ErrorLike {
  return typeof thrown === 'object' && thrown !== null && typeof (thrown as ErrorLike).message === 'string';
}

/** The lines of the stack after its title, which `name` and `message` say already. */
function framesOf(stack: unknown): string {
  if (typeof stack !== 'string') return '';
  const start = /^ *at /m.exec(stack)?.index;
  return start === undefined ? '' : cut(stack.slice(start), STACK_CHARS_MAX);
}

function textOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}

function cut(text: string, charsMax: number): string {
  const redacted = redactText(text);
  return redacted.length <= charsMax ? redacted : `${redacted.slice(0, charsMax)}…`;
}
