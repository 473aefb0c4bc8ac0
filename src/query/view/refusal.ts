/** Refusal: why a well-formed question gets no answer; each with a stable code and the status it travels under. */
import { LIMITS } from '../../core/limits.ts';
import { err } from '../../core/std/result.ts';
import { Problem } from '../../http/problem.ts';

export interface LakeRefusal {
  readonly code: 'query-too-large' | 'cohort-unknown' | 'property-unknown';
  readonly message: string;
  /** The property that is not known. */
  readonly property?: string;
}

export function tooLarge(message: string) {
  return err<LakeRefusal>({ code: 'query-too-large', message });
}

/** Of a day with so many events that no seal covers. */
export function tooMixed(rowCount: number): string {
  return `A day has ${rowCount} events that are not sealed, at most ${LIMITS.mixedRowsMax} are compared: have it sealed first.`;
}

export function cohortUnknown(id: string) {
  return err<LakeRefusal>({ code: 'cohort-unknown', message: `The tenant has no cohort "${id}".` });
}

/** `known`: names there are, the likeliest first. */
export function propertyUnknown(property: string, known: readonly string[]) {
  const others = known.length === 0 ? '' : ` Known: ${known.join(', ')}.`;
  return err<LakeRefusal>({
    code: 'property-unknown',
    message: `No event has the property "${property}".${others}`,
    property,
  });
}

export function problemOf({ code, message, property }: LakeRefusal): Problem {
  switch (code) {
    case 'query-too-large':
      return new Problem(422, code, message);
    case 'cohort-unknown':
      return new Problem(400, code, message);
    case 'property-unknown':
      return new Problem(400, code, message, { extra: { property } });
  }
}
