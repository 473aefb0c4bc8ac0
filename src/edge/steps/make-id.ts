/**
 * Make-id step: gives an id to an event that came without one, and notes it for the verdict: a retry of such an event
 * cannot be recognised.
 */
import type { ValidEvent } from '../../core/event/validate.ts';
import type { IdentifiedEvent } from '../enrich/enrich.ts';
import type { Step, StepContext } from './step.ts';

export function makeId({ newId, madeIds }: StepContext): Step<ValidEvent, IdentifiedEvent> {
  return (event, index) => {
    if (hasId(event)) return event;
    const id = newId(index);
    madeIds.push({ index, id });
    return { ...event, id };
  };
}

function hasId(event: ValidEvent): event is IdentifiedEvent {
  return event.id !== null;
}
