/**
 * Redact: takes keys and authorization headers out of a text before it is logged.
 *
 * A key keeps its scope (`tm_server_[redacted]`), a header its scheme (`Bearer [redacted]`). The patterns cut rather too
 * much than too little: a word after "basic" is lost, a secret is not.
 */
const REDACTED = '[redacted]';

const SECRETS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  // A malformed key too: one mistyped letter makes no secret public.
  [/tm_([a-z]+)_\w+/gi, `tm_$1_${REDACTED}`],
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${REDACTED}`],
  [/\b((?:proxy-)?authorization|cookie)(["']?\s*[:=]\s*["']?)(?!(?:bearer|basic) \[)[^"'\r\n]+/gi, `$1$2${REDACTED}`],
];

const SECRET_NAME = /authorization|cookie|password|secret|token|root_?key/i;

export function redactText(text: string): string {
  return SECRETS.reduce((kept, [pattern, replacement]) => kept.replace(pattern, replacement), text);
}

/** The value of a field, or a mark in its place when its name says that it is secret. */
export function redactField(name: string, value: unknown): unknown {
  if (SECRET_NAME.test(name)) return REDACTED;
  return typeof value === 'string' ? redactText(value) : value;
}
