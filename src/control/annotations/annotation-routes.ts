/**
 * Annotation routes: list, put and remove the marks on the time line of every chart. The client chooses the ids, so that a
 * deploy that runs twice marks one release.
 */
import { Hono } from 'hono';
import { LIMITS } from '../../core/limits.ts';
import { isoTime } from '../../core/std/instant.ts';
import { mustInstant } from '../../http/instant.ts';
import { Problem } from '../../http/problem.ts';
import { route } from '../../http/route.ts';
import {
  annotationListSchema,
  annotationSchema,
  annotationsPageSchema,
  newAnnotationSchema,
  type WireAnnotation,
} from '../../wire/boards/annotation.ts';
import { deletedSchema } from '../../wire/deleted.ts';
import { mustGivenId } from '../boards/given-id.ts';
import type { ControlServices } from '../services.ts';
import { type Annotation, deleteAnnotation, listAnnotations, putAnnotation } from './annotation-store.ts';

/** @example app.route('/v1/annotations', annotationRoutes(services)) */
export function annotationRoutes({ db, auth, now }: Pick<ControlServices, 'db' | 'auth' | 'now'>): Hono {
  const app = new Hono();
  const own = { tag: 'control' } as const;

  route(
    app,
    auth,
    {
      ...own,
      method: 'get',
      path: '/',
      summary: 'Lists the annotations that touch a range, by time',
      key: 'read',
      query: annotationsPageSchema,
      answer: annotationListSchema,
      errors: ['range-invalid'],
    },
    async ({ tenant: { uid, timezone }, query: { from, to, kind = null } }) => {
      const startMs = from === undefined ? null : mustInstant('from', from, timezone);
      const endMs = to === undefined ? null : mustInstant('to', to, timezone);
      return { annotations: (await listAnnotations(db, uid, { startMs, endMs, kind })).map(wireAnnotation) };
    },
  );

  route(
    app,
    auth,
    {
      ...own,
      method: 'put',
      path: '/:id',
      summary: 'Adds an annotation, or replaces the one with that id',
      key: 'admin',
      body: { schema: newAnnotationSchema, sizeBytesMax: LIMITS.controlBodySizeBytesMax },
      answer: annotationSchema,
      errors: ['annotations-full'],
      example: { body: { at: '2026-06-03T09:30:00Z', kind: 'release', text: 'Release 2.3' } },
    },
    async ({ tenant, params, body: { at, until, kind, text } }) => {
      const times = { atMs: Date.parse(at), untilMs: until === null ? null : Date.parse(until), updatedAtMs: now() };
      const annotation: Annotation = { id: mustGivenId(params.id), kind, text, ...times };
      if (!(await putAnnotation(db, tenant.uid, annotation))) throw annotationsFull();
      return wireAnnotation(annotation);
    },
  );

  route(
    app,
    auth,
    {
      ...own,
      method: 'delete',
      path: '/:id',
      summary: 'Removes an annotation',
      key: 'admin',
      answer: deletedSchema,
      errors: ['annotation-not-found'],
    },
    async ({ tenant, params: { id } }) => {
      if (!(await deleteAnnotation(db, tenant.uid, id))) throw annotationNotFound();
      return { deleted: { id } };
    },
  );

  return app;
}

function annotationNotFound(): Problem {
  return new Problem(404, 'annotation-not-found', 'The tenant has no annotation with this id.');
}

function annotationsFull(): Problem {
  const detail = `A tenant may have ${LIMITS.annotationsMax} annotations.`;
  return new Problem(409, 'annotations-full', detail, { extra: { limit: LIMITS.annotationsMax } });
}

function wireAnnotation({ id, atMs, untilMs, kind, text, updatedAtMs }: Annotation): WireAnnotation {
  const until = untilMs === null ? null : isoTime(untilMs);
  return { id, at: isoTime(atMs), until, kind, text, updatedAt: isoTime(updatedAtMs) };
}
