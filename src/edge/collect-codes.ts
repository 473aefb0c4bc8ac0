/** CollectCodes: the codes with which a call that sends events may be refused. */
import type { ProblemCode } from '../wire/problem-codes.ts';
import { REFUSAL_CODES } from './request/refusal.ts';

/** Codes of any call that needs a key of a sender. */
export const SENDER_KEY_CODES: readonly ProblemCode[] = [
  'key-missing',
  'key-malformed',
  'key-unknown',
  'key-revoked',
  'key-scope',
  'tenant-deleted',
  'control-unavailable',
];

export const COLLECT_CODES: readonly ProblemCode[] = [
  ...REFUSAL_CODES,
  ...SENDER_KEY_CODES,
  'quota-exceeded',
  'request-over-quota',
  'overloaded',
  'shard-unavailable',
  'shard-map-stale',
];
