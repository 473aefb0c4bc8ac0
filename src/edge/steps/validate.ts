/**
 * Validate step: lets an event pass that may be stored (core/event/validate.ts). An event that a single text or number
 * would lose is mended (core/event/repair.ts) and validated again.
 */
import type { Wire } from '../../core/event/event-fields.ts';
import { isRepairable, repairEvent } from '../../core/event/repair.ts';
import { type ValidEvent, validateEvent } from '../../core/event/validate.ts';
import { Refused, type Step, type StepContext } from './step.ts';

export function validate(context: StepContext): Step<unknown, ValidEvent> {
  const { arrival, notes } = context;
  return (event, index) => {
    const valid = validateEvent(event, arrival);
    if (!valid.ok)
      return isRepairable(valid.error.code) ? mend(event as Wire, index, context) : new Refused(valid.error);
    if (valid.value.notes.length > 0) notes.push(...valid.value.notes);
    return valid.value;
  };
}

function mend(event: Wire, index: number, { arrival, notes, exact }: StepContext): ValidEvent | Refused {
  const mended = repairEvent(event, () => exact(index));
  const valid = validateEvent(mended.wire, arrival);
  if (!valid.ok) return new Refused(valid.error);
  notes.push(...mended.notes, ...valid.value.notes);
  return valid.value;
}
