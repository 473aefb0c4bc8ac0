/** CollectCodes: the codes with which a call that sends events may be refused. */
import type { ProblemCode } from '../wire/problem-codes.ts';
import { REFUSAL_CODES } from './request/refusal.ts';

export const COLLECT_CODES: readonly ProblemCode[] = [
  ...REFUSAL_CODES,
  'key-missing',
  'key-malformed',
  'key-unknown',
  'key-revoked',
  'key-scope',
  'tenant-deleted',
  'quota-exceeded',
  'request-over-quota',
  'overloaded',
  'control-unavailable',
  'shard-unavailable',
  'shard-map-stale',
];
