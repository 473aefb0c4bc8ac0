/**
 * Schemas of the control routes' bodies and parameters.
 */
import { z } from 'zod';
import { LIMITS } from '../../core/limits.ts';
import { isTimezone } from '../../core/query/question/zone.ts';
import { DEFAULT_REGION, REGIONS } from '../../core/tenant/region.ts';
import { KEY_SCOPES } from '../../core/tenant/tenant.ts';

const ORIGINS_MAX = 50;
const TENANTS_PAGE_DEFAULT = 100;
const TENANTS_PAGE_MAX = 1_000;

export const tenantIdSchema = z
  .string()
  .max(LIMITS.tenantIdLengthMax)
  .regex(/^[a-z0-9][a-z0-9_-]*$/, 'lower-case letters, digits, - and _; a letter or digit first');

const regionSchema = z.enum(REGIONS);

export const tenantSchema = z
  .strictObject({
    id: tenantIdSchema,
    name: z.string().trim().min(1).max(LIMITS.nameLengthMax),
    region: regionSchema.optional().describe(`Home region; ${DEFAULT_REGION} unless said.`),
    regions: z
      .array(regionSchema)
      .min(1)
      .max(REGIONS.length)
      .refine((regions) => new Set(regions).size === regions.length, 'a region may be listed once')
      .optional()
      .describe(
        'Makes the tenant multi-region: each request goes to the nearest. The first is home unless `region` says.',
      ),
    timezone: z.string().max(64).refine(isTimezone, 'an IANA time zone, such as Europe/Berlin').default('UTC'),
    shards: z.int().min(1).max(LIMITS.shardsMax).default(1).describe('Shards a region.'),
    origins: z
      .array(z.string().refine(isOrigin, 'an origin, such as https://example.com'))
      .max(ORIGINS_MAX)
      .default([])
      .describe('Origins that may send events from a browser; empty: any.'),
  })
  .refine(({ region, regions }) => !region || !regions || regions.includes(region), {
    path: ['region'],
    message: 'the home region must be one of `regions`',
  });

export const shardsSchema = z.strictObject({
  count: z.int().min(1).max(LIMITS.shardsMax).describe('Shards a region.'),
});

export const tenantsPageSchema = z.strictObject({
  after: tenantIdSchema.optional(),
  limit: z.coerce.number().int().min(1).max(TENANTS_PAGE_MAX).default(TENANTS_PAGE_DEFAULT),
});

/** `tenant`: for the root key, which belongs to none. */
export const keySchema = z.strictObject({ scope: z.enum(KEY_SCOPES), tenant: tenantIdSchema.optional() });
export const ofTenantSchema = z.strictObject({ tenant: tenantIdSchema.optional() });

export const keyIdSchema = z.string().regex(/^[0-9a-f]{16}([0-9a-f]{48})?$/);

/** Home first. */
export function regionsOf({ region, regions }: z.output<typeof tenantSchema>): readonly [string, ...string[]] {
  const home = region ?? regions?.[0] ?? DEFAULT_REGION;
  return [home, ...(regions ?? []).filter((other) => other !== home)];
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text;
}
