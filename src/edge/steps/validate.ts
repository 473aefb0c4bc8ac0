/**
 * Validate step: lets an event pass that may be stored (core/event/validate.ts).
 */
import { type ValidEvent, validateEvent } from '../../core/event/validate.ts';
import { Refused, type Step, type StepContext } from './step.ts';

export function validate({ arrival }: StepContext): Step<unknown, ValidEvent> {
  return (event) => {
    const valid = validateEvent(event, arrival);
    return valid.ok ? valid.value : new Refused(valid.error);
  };
}
