/**
 * Tenants on the wire: creating, listing and deleting them, their quota, and the number of their shards.
 */
import { z } from 'zod';
import { BOTS } from '../core/bots/bots.ts';
import { LIMITS } from '../core/limits.ts';
import { isTimezone } from '../core/query/question/zone.ts';
import { DEFAULT_REGION, REGIONS } from '../core/tenant/region.ts';

const ORIGINS_MAX = 50;
const TENANTS_PAGE_DEFAULT = 100;
const TENANTS_PAGE_MAX = 1_000;
/** A million million a period: more than any tenant uses of anything. */
const QUOTA_MAX = 1_000_000_000_000;

export const tenantIdSchema = z
  .string()
  .max(LIMITS.tenantIdLengthMax)
  .regex(/^[a-z0-9][a-z0-9_-]*$/, 'must have lower-case letters, digits, - and _, and begin with a letter or digit');

const regionSchema = z.enum(REGIONS);

export const newTenantSchema = z
  .strictObject({
    id: tenantIdSchema,
    name: z.string().trim().min(1).max(LIMITS.nameLengthMax),
    region: regionSchema
      .optional()
      .describe(`Home region. Default: the first of \`regions\`, or ${DEFAULT_REGION} without any.`),
    regions: z
      .array(regionSchema)
      .min(1)
      .max(REGIONS.length)
      .refine((regions) => new Set(regions).size === regions.length, 'may list a region once only')
      .optional()
      .describe('Makes the tenant multi-region: each request goes to the nearest region of the list.'),
    timezone: z.string().max(64).refine(isTimezone, 'must be an IANA time zone, such as Europe/Berlin').default('UTC'),
    shards: z.int().min(1).max(LIMITS.shardsMax).default(1).describe('Shards in each region.'),
    origins: z
      .array(z.string().refine(isOrigin, 'must be an origin, such as https://example.com'))
      .max(ORIGINS_MAX)
      .default([])
      .describe('Origins that may send events from a browser. An empty list allows every origin.'),
    bots: z.enum(BOTS).default('exclude').describe('Whether questions that do not say it count events of bots.'),
  })
  .refine(({ region, regions }) => !region || !regions || regions.includes(region), {
    path: ['region'],
    message: 'must be one of `regions`',
  });
export type NewTenant = z.output<typeof newTenantSchema>;

export const tenantSchema = z.object({
  id: z.string(),
  uid: z.string().describe('Internal name, never reused: the folder of the tenant’s files in the lake.'),
  name: z.string(),
  region: z.string(),
  regions: z.array(z.string()),
  timezone: z.string(),
  shards: z.int().describe('Shards in each region, once the latest epoch of the shard map has begun.'),
  origins: z.array(z.string()),
  createdAt: z.iso.datetime(),
});
export type WireTenant = z.output<typeof tenantSchema>;

export const whoamiSchema = z.object({
  tenant: z.string().describe('The id of the tenant.'),
  uid: z.string(),
  name: z.string(),
  timezone: z.string().describe('The zone of questions that name none.'),
  bots: z
    .enum(BOTS)
    .nullable()
    .describe(
      'Whether questions that do not say it count events of bots; null when the tenant has not chosen: they do.',
    ),
});
export type Whoami = z.output<typeof whoamiSchema>;

export const createdTenantSchema = z.object({
  tenant: tenantSchema,
  keys: z.object({
    server: z.string().describe('For your servers and imports: secret.'),
    browser: z.string().describe('For pages and apps: public, and bounded in what it may send.'),
    read: z.string(),
    admin: z.string(),
    write: z.string().describe('The server key, under the name that it had.'),
  }),
});
export type CreatedTenant = z.output<typeof createdTenantSchema>;

export const tenantsPageSchema = z.strictObject({
  after: tenantIdSchema.optional().describe('Lists the tenants after this id.'),
  limit: z.coerce.number().int().min(1).max(TENANTS_PAGE_MAX).default(TENANTS_PAGE_DEFAULT),
});

export const tenantListSchema = z.object({
  tenants: z.array(tenantSchema),
  next: z.string().nullable().describe('The next page’s `after`; null when this page is the last.'),
});
export type TenantList = z.output<typeof tenantListSchema>;

export const deletedTenantSchema = z.object({ deleted: z.object({ id: z.string(), uid: z.string() }) });

const deletionSchema = z.object({
  uid: z.string(),
  requestedAt: z.iso.datetime(),
  shards: z.int().describe('Shards found and wiped so far.'),
  objects: z.int().describe('Objects deleted from R2 so far.'),
  rows: z.int().describe('Rows deleted from D1 so far.'),
  error: z
    .string()
    .nullable()
    .describe('Error of the latest attempt; null when it had none. The deletion goes on by itself.'),
  emptiedAt: z.iso.datetime().nullable().describe('When nothing was left; null before. Late arrivals are awaited.'),
  finishedAt: z.iso.datetime().nullable().describe('When nothing was left and nothing can arrive any more.'),
});
export type WireDeletion = z.output<typeof deletionSchema>;
export const deletionListSchema = z.object({ deletions: z.array(deletionSchema) });

const quota = (unit: string, fallback: number) =>
  z.int().min(1).max(QUOTA_MAX).nullable().describe(`${unit} null for the default, ${fallback}.`);
const A_ISOLATE = 'for each isolate of the edge that serves the tenant;';

export const quotaSchema = z.strictObject({
  eventsPerMinute: quota(`Events a minute ${A_ISOLATE}`, LIMITS.quotaEventsPerMinute),
  daysPerMinute: quota(`Days of import chunks a minute ${A_ISOLATE}`, LIMITS.quotaDaysPerMinute).optional(),
  questionsPerMinute: quota(`Questions a minute ${A_ISOLATE}`, LIMITS.quotaQuestionsPerMinute).optional(),
  linksPerDay: quota(`Events a day that link ids ${A_ISOLATE}`, LIMITS.quotaLinksPerDay).optional(),
  storedBytes: quota(
    'Bytes of the database, which hold cells and lists, not events;',
    LIMITS.quotaStoredBytes,
  ).optional(),
});
export const tenantQuotaSchema = quotaSchema.extend({ tenant: z.string() });

const junkIdWordsSchema = z
  .array(z.string().trim().min(1).max(LIMITS.junkIdWordLengthMax))
  .max(LIMITS.junkIdWordsMax)
  .default([]);
export const junkIdsSchema = z.strictObject({
  add: junkIdWordsSchema.describe('Ids that name nobody, beside those of the list.'),
  except: junkIdWordsSchema.describe('Ids that name somebody, although they are on the list; they win over `add`.'),
});
export type WireJunkIds = z.output<typeof junkIdsSchema>;
export const tenantJunkIdsSchema = junkIdsSchema.extend({
  defaults: z.array(z.string()).describe('The list without changes; ids of zeros only and blank ones are junk too.'),
});

const parametersSchema = z
  .array(
    z
      .string()
      .trim()
      .max(LIMITS.urlParameterLengthMax)
      .regex(/^([^\s&=?#*]+\*?|\*)$/, 'must be the name of a parameter; `*` stands at its end alone'),
  )
  .max(LIMITS.urlParametersMax)
  .default([]);
export const privacySchema = z.strictObject({
  addresses: z
    .enum(['remove', 'keep'])
    .default('remove')
    .describe('Whether values under keys that name an IP address, such as `ip`, are stored.'),
  urlParameters: parametersSchema.describe(
    'Parameters of URLs that are stored beside those of the list. `order_*` means all that begin so, `*` means all.',
  ),
});
export type WirePrivacy = z.output<typeof privacySchema>;
export const tenantPrivacySchema = privacySchema.extend({
  defaults: z.array(z.string()).describe('Parameters of URLs that every tenant stores.'),
});

export const botsSchema = z.strictObject({
  bots: z.enum(BOTS).describe('Whether questions that do not say it count events of bots.'),
});

export const shardCountSchema = z.strictObject({
  count: z.int().min(1).max(LIMITS.shardsMax).describe('Shards in each region.'),
});
export const shardMapSchema = z.object({
  tenant: z.string(),
  shards: z.int().describe('Shards in each region, from the start of the latest epoch on.'),
  epochs: z.array(z.object({ epoch: z.int(), start: z.iso.datetime(), shards: z.int() })),
});
export type WireShardMap = z.output<typeof shardMapSchema>;

function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text;
}
