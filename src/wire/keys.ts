/**
 * Keys on the wire: making, listing and revoking the keys of a tenant.
 */
import { z } from 'zod';
import { KEY_SCOPES } from '../core/tenant/tenant.ts';
import { tenantIdSchema } from './tenants.ts';

export { KEY_SCOPES };

const named = { tenant: tenantIdSchema.optional().describe('Needed with the root key, which belongs to no tenant.') };

export const newKeySchema = z.strictObject({
  scope: z.enum(KEY_SCOPES).describe('`write` is the name that `server` had, and means the same.'),
  ...named,
});

const KEYS_PAGE_MAX = 1_000;
const KEYS_PAGE_DEFAULT = 200;
export const keysPageSchema = z.strictObject({
  ...named,
  after: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional()
    .describe('Lists the keys that were made after the key with this id.'),
  limit: z.coerce.number().int().min(1).max(KEYS_PAGE_MAX).default(KEYS_PAGE_DEFAULT),
  state: z.enum(['all', 'active']).default('all').describe('Whether revoked keys are listed.'),
});
export const revocationSchema = z.strictObject({
  ...named,
  descendants: z
    .enum(['keep', 'revoke'])
    .optional()
    .describe(
      'What becomes of the active keys and share links that it made, and of those that they made. Needed when there are any.',
    ),
});

/** The hash of a key, or the first 16 digits of it. */
export const keyIdSchema = z.string().regex(/^[0-9a-f]{16}([0-9a-f]{48})?$/);

const keySchema = z.object({
  id: z.string(),
  scope: z.enum(KEY_SCOPES),
  hint: z.string().describe('The last four characters of the key.'),
  createdAt: z.iso.datetime(),
  revokedAt: z.iso.datetime().nullable().describe('null while the key is active.'),
  madeBy: z.string().nullable().describe('`root`, or the id of the key that made it; null for an older key.'),
});
export type WireKey = z.output<typeof keySchema>;

export const createdKeySchema = keySchema.extend({ key: z.string() });
export type CreatedKey = z.output<typeof createdKeySchema>;
export const keyListSchema = z.object({
  keys: z.array(keySchema),
  next: z.string().nullable().describe('The next page’s `after`; null when this page is the last.'),
});
export type KeyList = z.output<typeof keyListSchema>;
export const revokedKeySchema = z.object({
  revoked: z.object({
    id: z.string(),
    descendants: z.array(z.string()).describe('Ids of the keys and share links that ended with it.'),
  }),
});
export type RevokedKey = z.output<typeof revokedKeySchema>;

/** Codes of keys that open nothing. */
export const UNUSABLE_KEY_CODES = [
  'key-missing',
  'key-malformed',
  'key-unknown',
  'key-revoked',
  // The key of a share link, which opens no call of a tenant.
  'key-scope',
  'tenant-deleted',
] as const;

export const keyCheckSchema = z.discriminatedUnion('valid', [
  z.object({
    valid: z.literal(true),
    scope: z.enum(KEY_SCOPES),
    keyClass: z.enum(['server', 'browser']).nullable().describe('The class of its events; null when it sends none.'),
    sends: z.boolean().describe('Whether events may be sent with it.'),
    tenant: z.string().describe('The id of the tenant.'),
    hint: z.string().describe('The last four characters of the key.'),
  }),
  z.object({
    valid: z.literal(false),
    code: z.enum(UNUSABLE_KEY_CODES),
    detail: z.string(),
  }),
]);
export type KeyCheck = z.output<typeof keyCheckSchema>;
