/** Annotation words: the kinds of annotations as a reader knows them. */
import type { AnnotationKind } from '../../wire/boards/annotation.ts';

export const ANNOTATION_WORDS: Readonly<Record<AnnotationKind, string>> = {
  release: 'Release',
  campaign: 'Campaign',
  incident: 'Incident',
  note: 'Note',
};
