/**
 * Annotations on the wire: marks on the time line of every chart.
 */
import { z } from 'zod';
import { LIMITS } from '../../core/limits.ts';

const INSTANT_LENGTH_MAX = 40;
export const ANNOTATION_KINDS = ['release', 'campaign', 'incident', 'note'] as const;
export type AnnotationKind = (typeof ANNOTATION_KINDS)[number];

const instantSchema = z.iso.datetime({ offset: true });

export const newAnnotationSchema = z
  .strictObject({
    at: instantSchema.describe('An ISO time with its zone.'),
    until: instantSchema.nullable().default(null).describe('The end of what lasted, not included. Default: a moment.'),
    kind: z.enum(ANNOTATION_KINDS),
    text: z.string().trim().min(1).max(LIMITS.annotationLengthMax),
  })
  .refine(({ at, until }) => until === null || Date.parse(until) > Date.parse(at), {
    path: ['until'],
    message: 'must be after `at`',
  })
  .meta({ id: 'NewAnnotation' });

export const annotationSchema = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    until: z.iso.datetime().nullable(),
    kind: z.enum(ANNOTATION_KINDS),
    text: z.string(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Annotation' });
export type WireAnnotation = z.output<typeof annotationSchema>;

export const annotationsPageSchema = z.strictObject({
  from: z
    .string()
    .max(INSTANT_LENGTH_MAX)
    .optional()
    .describe('An ISO time with its zone, or a date in the zone of the tenant.'),
  to: z.string().max(INSTANT_LENGTH_MAX).optional().describe('In the form of `from`; it is not included.'),
  kind: z.enum(ANNOTATION_KINDS).optional(),
});
export const annotationListSchema = z
  .object({ annotations: z.array(annotationSchema).describe('Those that touch the range, by time.') })
  .meta({ id: 'AnnotationList' });
