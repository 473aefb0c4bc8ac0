/**
 * Keys on the wire: making, listing and revoking the keys of a tenant.
 */
import { z } from 'zod';
import { KEY_SCOPES } from '../core/tenant/tenant.ts';
import { tenantIdSchema } from './tenants.ts';

const named = { tenant: tenantIdSchema.optional().describe('Needed with the root key, which belongs to no tenant.') };

export const newKeySchema = z.strictObject({ scope: z.enum(KEY_SCOPES), ...named });
export const tenantNameSchema = z.strictObject(named);

/** The hash of a key, or the first 16 digits of it. */
export const keyIdSchema = z.string().regex(/^[0-9a-f]{16}([0-9a-f]{48})?$/);

const keySchema = z.object({
  id: z.string(),
  scope: z.enum(KEY_SCOPES),
  hint: z.string().describe('The last four characters of the key.'),
  createdAt: z.iso.datetime(),
  revokedAt: z.iso.datetime().nullable().describe('null while the key is active.'),
});
export type WireKey = z.output<typeof keySchema>;

export const createdKeySchema = keySchema.extend({ key: z.string() });
export type CreatedKey = z.output<typeof createdKeySchema>;
export const keyListSchema = z.object({ keys: z.array(keySchema) });
export const revokedKeySchema = z.object({ revoked: z.object({ id: z.string() }) });
