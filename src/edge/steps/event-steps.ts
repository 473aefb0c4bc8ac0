/**
 * Event steps: the one list of steps that every event takes, live or imported.
 */
import { clean } from './clean.ts';
import { enrich } from './enrich.ts';
import { makeId } from './make-id.ts';
import { measure } from './measure.ts';
import { noteFull } from './note-full.ts';
import { type RoutableEvent, type StepContext, Steps } from './step.ts';
import { validate } from './validate.ts';

export function eventSteps(context: StepContext): Steps<unknown, RoutableEvent> {
  const steps = Steps.first(validate(context))
    .next(clean(context))
    .next(makeId(context))
    .next(enrich(context))
    .next(measure(context));
  return context.isFull === undefined ? steps : steps.next(noteFull(context));
}
