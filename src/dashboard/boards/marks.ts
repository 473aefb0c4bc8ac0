/** Marks: the annotations of the tenant as the marks of charts. */
import type { z } from 'zod';
import type { annotationListSchema } from '../../wire/boards/annotation.ts';
import type { ChartMark } from '../charts/chart-data.ts';
import { type Asked, useAsk } from '../data/ask.ts';

export type AnnotationList = z.output<typeof annotationListSchema>;
export type Annotation = AnnotationList['annotations'][number];

export function useAnnotations(): Asked<AnnotationList> {
  return useAsk<AnnotationList>({ path: '/v1/annotations' });
}

/** The marks of all charts of a page. */
export function marksOf(list: AnnotationList | undefined): ChartMark[] {
  return (list?.annotations ?? []).map(({ at, text }) => ({ atMs: Date.parse(at), label: text }));
}
