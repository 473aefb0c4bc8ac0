/**
 * Ingest: the wire form of events on their way in, and of the answers about them: the verdict on a request, the verdict
 * on a chunk of an import, the status of an import.
 */
import { z } from 'zod';
import { EVENT_TYPES } from '../core/event/event.ts';
import {
  IMPORT_STATES,
  type ImportStatus,
  type ImportVerdict,
  type ImportVersion,
  type ListedImport,
} from '../core/event/import.ts';
import { EVENT_NOTE_CODES } from '../core/event/note.ts';
import { EVENT_REJECTION_CODES } from '../core/event/rejection.ts';
import { LIMITS } from '../core/limits.ts';

const textIdSchema = z.string().max(LIMITS.idLengthMax);
const eventIdSchema = z.union([textIdSchema, z.number()]).nullish();
const idSchema = z.union([textIdSchema, z.number(), z.boolean()]).nullish();
const instantSchema = z.union([z.string(), z.number()]).nullish();
const bagSchema = z.record(z.string(), z.unknown()).nullish();

/**
 * The shape of an event in our own names. It describes; `core/event/validate.ts` checks, by hand and for speed, and a test
 * holds the two together: an event that passes the checks has this shape. The checks know further rules (depth, keys,
 * numbers, texts). `null` is the same as absent in every field. A numeric id is its decimal text. A boolean one is a junk id,
 * which is left out with a note.
 */
export const wireEventSchema = z.object({
  id: eventIdSchema.describe(
    'Idempotency key, unique within the tenant. When absent, an id is made and told in the verdict',
  ),
  type: z.enum(EVENT_TYPES).nullish().default('track'),
  event: z.string().max(LIMITS.nameLengthMax).nullish().describe('The name; required for a track event'),
  name: z.string().max(LIMITS.nameLengthMax).nullish().describe('The name of a page or screen'),
  userId: idSchema.describe('The person, once known'),
  anonymousId: idSchema.describe('The device'),
  groupId: idSchema.describe('The group that the person acts for'),
  previousId: z.unknown().optional().describe('In an alias: the id that the person gives up'),
  timestamp: instantSchema.describe(
    'ISO 8601 with a zone, or a number since 1970: of seconds, milliseconds, microseconds or nanoseconds, whichever lies ' +
      'between 1990 and 2100. Default: the time of receipt; an import needs it',
  ),
  sentAt: instantSchema.describe("The client's clock when it sent the request; corrects a clock that is fast"),
  properties: bagSchema,
  context: bagSchema,
});

const countSchema = z.int().nonnegative();
const indexSchema = countSchema.describe('Position in the request, from 0');

const eventErrorSchema = z.object({
  index: indexSchema,
  id: z.string().nullable().describe('The id of the event; null when it has none that can be read'),
  code: z.enum(EVENT_REJECTION_CODES),
  path: z.string().describe('JSON pointer into the event, in the names that the sender used'),
  message: z.string(),
  ofThisTry: z
    .literal(true)
    .optional()
    .describe('Present when the refusal speaks of this try alone: with another key the event may be taken'),
});

const notesSchema = z
  .array(
    z.object({
      index: indexSchema.nullable().describe('Null for the context of the whole request'),
      id: z.string().nullable().describe('The id of the event'),
      code: z.enum(EVENT_NOTE_CODES),
      path: z.string().describe('JSON pointer into the event, in the names that the sender used'),
    }),
  )
  .readonly()
  .optional();
const notedSchema = countSchema.optional().describe('Number of events with notes, beyond those listed too');

/** The fate of each event of a request; received = accepted + duplicate + quarantined + rejected. */
export const verdictSchema = z.object({
  received: countSchema,
  accepted: countSchema.describe('Events that are durable, and part of the very next answer'),
  duplicate: countSchema.describe('Events whose ids had been accepted before'),
  quarantined: countSchema,
  rejected: countSchema.describe(
    'Events that are refused for good: sending them again changes nothing, but where an error says `ofThisTry`',
  ),
  errors: z.array(eventErrorSchema).describe('One for each rejected event'),
  ids: z
    .array(z.object({ index: indexSchema, id: z.string() }))
    .optional()
    .describe('Ids made for events that came without one: a resend of those would be counted again'),
  notes: notesSchema.describe('Values that were left out or changed, of events that were taken; at most 1,000'),
  noted: notedSchema,
});
export type VerdictDocument = z.infer<typeof verdictSchema>;

/** The fate of each line of a chunk. */
export const importVerdictSchema = z.object({
  received: countSchema,
  accepted: countSchema,
  duplicate: countSchema.describe(
    'Lines whose id an earlier line of the chunk has; copies elsewhere are found at the finish and by the seal',
  ),
  quarantined: z.literal(0),
  rejected: countSchema,
  errors: z.array(eventErrorSchema).describe('The first 100 rejected lines'),
  unlisted: z
    .array(z.object({ code: eventErrorSchema.shape.code, indexes: z.array(indexSchema) }))
    .readonly()
    .optional()
    .describe('The other rejected lines, by code; absent when there are none'),
  days: z.array(z.string()).describe('UTC days with accepted events, ascending'),
  notes: notesSchema.describe('The first 100 values that were left out or changed, of lines that were taken'),
  noted: notedSchema,
}) satisfies z.ZodType<ImportVerdict>;
export type WireImportVerdict = z.output<typeof importVerdictSchema>;

const importVersionSchema = z.object({
  version: countSchema.describe('From 1'),
  state: z
    .enum(IMPORT_STATES)
    .describe('Only the greatest finished version counts. A version is dropped after a week without a new chunk'),
  fingerprint: z.string().describe('What the client made the version from, in its own words'),
  counts: z.boolean().describe('Whether its events are in answers'),
  chunks: countSchema.describe('Chunks that are stored; 0 in an undo'),
  rows: countSchema.describe('Accepted events'),
  copies: countSchema.describe('Events left out at the finish, because an earlier chunk has their id'),
}) satisfies z.ZodType<ImportVersion>;

/** The progress of an import. */
export const importStatusSchema = z.object({
  importId: z.string(),
  version: importVersionSchema.shape.version.describe('The version that counts; while none does, the newest'),
  state: importVersionSchema.shape.state,
  undone: z.boolean().describe('Whether the import was taken back, and not finished again since'),
  chunks: countSchema.describe('Chunks of the version that are stored'),
  rows: countSchema.describe('Accepted events of the version'),
  copies: importVersionSchema.shape.copies,
  days: z
    .array(z.object({ day: z.string(), rows: countSchema, sealed: z.boolean() }))
    .describe('Days of a finished version, and days from which it took back events'),
  sealed: countSchema.describe('Number of days that are sealed as the import stands'),
  of: countSchema.describe('Number of these days'),
  versions: z.array(importVersionSchema).readonly().describe('All versions, the newest first'),
}) satisfies z.ZodType<ImportStatus>;
export type WireImportStatus = z.output<typeof importStatusSchema>;

/** Imports of the tenant, the newest first. */
export const importListSchema = z.object({
  imports: z.array(
    z.object({
      importId: z.string(),
      startedAt: z.string(),
      undone: importStatusSchema.shape.undone,
      newest: importVersionSchema,
    } satisfies Record<Exclude<keyof ListedImport, 'startedAtMs'> | 'startedAt', z.ZodType>),
  ),
  cursor: z.string().optional().describe('Of the imports that follow; absent at the end'),
});

/** The wish for a version of an import. */
export const importVersionRequestSchema = z.strictObject({
  fingerprint: z
    .string()
    .max(LIMITS.importFingerprintLengthMax)
    .default('')
    .describe('What the version is made from, such as a hash of the mapping: an open version of the same is continued'),
  replace: z.boolean().default(false).describe('Whether the version may take the place of a finished one'),
});

export const importDrawnSchema = z.object({
  importId: z.string(),
  version: importVersionSchema.shape.version.describe('Named by each chunk in `x-import-version`, and by the finish'),
  isNew: z.boolean().describe('False for an open or finished version that is continued'),
});
export type WireImportDrawn = z.output<typeof importDrawnSchema>;
