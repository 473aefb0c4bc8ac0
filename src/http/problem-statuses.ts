/** Problem statuses: the HTTP status with which each code of a problem is sent. */
import type { ProblemCode } from '../wire/problem-codes.ts';

/** Every other code has 400: the request itself is wrong. */
const STATUSES: Readonly<Record<number, readonly ProblemCode[]>> = {
  401: ['key-malformed', 'key-missing', 'key-revoked', 'key-unknown', 'tenant-deleted', 'ticket-invalid'],
  403: ['key-root', 'key-scope', 'origin-not-allowed', 'tenant-other'],
  404: [
    'annotation-not-found',
    'board-not-found',
    'cohort-unknown',
    'export-not-found',
    'import-not-found',
    'insight-not-found',
    'key-not-found',
    'person-not-found',
    'rollup-not-found',
    'share-not-found',
    'tile-not-found',
    'route-not-found',
    'tenant-not-found',
  ],
  405: ['method-not-allowed'],
  409: [
    'annotations-full',
    'board-changed',
    'boards-full',
    'cohorts-full',
    'import-chunk-conflict',
    'import-closed',
    'import-exists',
    'import-incomplete',
    'import-superseded',
    'insights-full',
    'key-has-descendants',
    'key-last-admin',
    'keys-full',
    'rollup-built-in',
    'rollups-full',
    'shards-shrink',
    'shares-full',
    'tenant-exists',
  ],
  413: ['body-too-large', 'events-too-large', 'request-over-quota', 'too-many-days', 'too-many-events'],
  415: ['content-encoding-unsupported', 'content-type-unsupported'],
  422: ['query-too-large'],
  429: [
    'busy',
    'days-quota-exceeded',
    'links-quota-exceeded',
    'live-full',
    'overloaded',
    'questions-quota-exceeded',
    'quota-exceeded',
    'share-quota-exceeded',
    'storage-quota-exceeded',
  ],
  500: ['internal'],
  503: [
    'control-unavailable',
    'directory-unavailable',
    'export-tail-too-long',
    'import-unavailable',
    'live-unavailable',
    'not-ready',
    'query-tail-too-long',
    'shard-map-stale',
    'shard-unavailable',
  ],
};

/** A cohort is unknown to a question that names it, and at the path that is its own. */
const TWICE: ReadonlySet<ProblemCode> = new Set<ProblemCode>(['cohort-unknown']);

const statusByCode = new Map(
  Object.entries(STATUSES).flatMap(([status, codes]) => codes.map((code): [ProblemCode, number] => [code, +status])),
);

/** Returns the statuses of the code, most often one. */
export function statusesOf(code: ProblemCode): readonly number[] {
  const status = statusByCode.get(code) ?? 400;
  return TWICE.has(code) ? [400, status] : [status];
}
