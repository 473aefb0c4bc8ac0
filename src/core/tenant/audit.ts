/**
 * Audit: the trail of what was made and ended with which key. The closed list of actions is part of the API: actions are only
 * ever added.
 */
export const AUDIT_ACTIONS = [
  'tenant-made',
  'tenant-deleted',
  'key-made',
  'key-revoked',
  'root-refused',
  'share-made',
  'share-revoked',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];
