/**
 * Measure step: adds a record to the size of its request. Throws `events-too-large` for the request as a whole.
 */
import type { RoutableEvent, Step, StepContext } from './step.ts';

export function measure({ size }: StepContext): Step<RoutableEvent> {
  return (event) => {
    size.addRecord(event.record);
    return event;
  };
}
