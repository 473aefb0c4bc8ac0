/**
 * Audit on the wire: the trail of who made, revoked and deleted what.
 */
import { z } from 'zod';
import { AUDIT_ACTIONS } from '../core/tenant/audit.ts';
import { tenantIdSchema } from './tenants.ts';

const PAGE_DEFAULT = 100;
const PAGE_MAX = 1_000;

export const auditPageSchema = z.strictObject({
  tenant: tenantIdSchema.optional().describe('With the root key: the entries of this tenant. Default: all entries.'),
  before: z.coerce.number().int().min(1).optional().describe('Lists the entries before this one.'),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT),
});

const entrySchema = z.object({
  at: z.iso.datetime(),
  action: z
    .enum(AUDIT_ACTIONS)
    .describe('`root-refused`: a call showed another key, or none that is known, where the root key is needed.'),
  actor: z.string().describe('`root`, the id of a key, or `unknown`.'),
  tenant: z.string().nullable().describe('Null for the platform.'),
  subject: z
    .string()
    .nullable()
    .describe('The id of the key, of the share link or of the tenant that the action made or ended.'),
  count: z.int().describe('Attempts that the entry stands for: of refusals one entry a minute is written.'),
});
export type WireAuditEntry = z.output<typeof entrySchema>;

export const auditSchema = z.object({
  entries: z.array(entrySchema).describe('The latest first.'),
  next: z.int().nullable().describe('The next page’s `before`; null when this page is the last.'),
});
export type WireAudit = z.output<typeof auditSchema>;
