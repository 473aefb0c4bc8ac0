/**
 * Catalogue on the wire: the events, properties, traits and columns that a tenant's questions may name, and the values of
 * one of them.
 */
import { z } from 'zod';
import { LIMITS } from '../core/limits.ts';
import { VALUE_TYPES } from '../core/names/value-types.ts';
import type { DeepReadonly } from '../core/std/deep-readonly.ts';

const PAGE_DEFAULT = 100;
const VALUES_DEFAULT = 20;
const CURSOR_LENGTH_MAX = 2_000;
const SPAN_LENGTH_MAX = 20;

/** The kinds of entries, in the order in which they are listed. */
export const CATALOG_KINDS = ['event', 'property', 'trait', 'column'] as const;
export type CatalogKind = (typeof CATALOG_KINDS)[number];

const prefixField = z.string().max(LIMITS.nameLengthMax);

export const catalogPageSchema = z.strictObject({
  kind: z.enum(CATALOG_KINDS).optional().describe('Lists only entries of this kind. Default: all kinds.'),
  prefix: prefixField
    .optional()
    .describe('Lists only names that begin so, whatever the case; of traits, also what follows the dot.'),
  last: z
    .string()
    .max(SPAN_LENGTH_MAX)
    .default('30 days')
    .describe('The span, such as "30 days", whose events are counted. Default: 30 days.'),
  limit: z.coerce.number().int().min(1).max(LIMITS.catalogPageMax).default(PAGE_DEFAULT),
  cursor: z.string().max(CURSOR_LENGTH_MAX).optional().describe('The `cursor` of the page before.'),
});
export type CatalogPage = z.output<typeof catalogPageSchema>;

export const catalogEntrySchema = z.object({
  kind: z.enum(CATALOG_KINDS),
  name: z.string().describe('The name as a question takes it, such as `plan` or `person.plan`.'),
  types: z.array(z.enum(VALUE_TYPES)).describe('The types of the values that were sent; empty for an event.'),
  events: z
    .int()
    .nullable()
    .describe(
      'Events of the range with the name. Exact for events; for properties and traits an estimate from the sample. null ' +
        'when it is not known.',
    ),
  firstSeen: z.iso.datetime().nullable().describe('Of all time, exact to the day. null when it is not known.'),
  lastSeen: z.iso.datetime().nullable().describe('Of all time, exact to the day. null when it is not known.'),
  examples: z.array(z.string()).describe('Values of the sample. More of them: `GET /v1/catalog/values`.'),
  of: z
    .array(z.string())
    .describe(`Events that have the property, at most ${LIMITS.factEventsMax}; empty for other kinds.`),
});
export type CatalogEntry = DeepReadonly<z.output<typeof catalogEntrySchema>>;

export const catalogSchema = z.object({
  entries: z.array(catalogEntrySchema).describe('By kind, then by the number of events, descending, then by name.'),
  cursor: z.string().optional().describe('The next page’s `cursor`. Absent when this page is the last.'),
  range: z.object({ from: z.iso.datetime(), to: z.iso.datetime() }).describe('The range in which events are counted.'),
  sample: z
    .object({ events: z.int(), from: z.iso.datetime().nullable(), to: z.iso.datetime().nullable() })
    .describe('The newest events of the range, of which examples and estimates are taken.'),
  complete: z
    .object({ event: z.boolean(), property: z.boolean(), trait: z.boolean() })
    .describe(
      'Whether every stored name of the kind is listed. false when a tenant has more names than are kept, or events from ' +
        'before names were kept. Properties that came within the last minutes may be missing.',
    ),
});
export type Catalog = DeepReadonly<z.output<typeof catalogSchema>>;

export const catalogValuesPageSchema = z.strictObject({
  property: z
    .string()
    .min(1)
    .max(LIMITS.nameLengthMax)
    .describe('A property, trait or column, as a question names it.'),
  event: z.string().min(1).max(LIMITS.nameLengthMax).optional().describe('Counts only events of this name.'),
  prefix: prefixField.optional().describe('Lists only values that begin so, whatever the case.'),
  limit: z.coerce.number().int().min(1).max(LIMITS.catalogValuesMax).default(VALUES_DEFAULT),
});
export type CatalogValuesPage = z.output<typeof catalogValuesPageSchema>;

export const catalogValuesSchema = z.object({
  property: z.string(),
  values: z
    .array(z.object({ value: z.string().describe('The text by which a breakdown shows the value.'), events: z.int() }))
    .describe('By the number of events, descending.'),
  more: z.boolean().describe('Whether there are further values.'),
  range: z
    .object({ from: z.iso.datetime(), to: z.iso.datetime() })
    .nullable()
    .describe(
      'The range that was counted: 30 days, or fewer when they hold too many events to be counted while somebody types. ' +
        'null when even the last hour does.',
    ),
  exact: z.boolean().describe('Whether every event of the range was counted.'),
});
export type CatalogValues = DeepReadonly<z.output<typeof catalogValuesSchema>>;
