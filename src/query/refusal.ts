/** Refusal: why a well-formed question gets no answer; each with a stable code and the status it travels under. */
import { err } from '../core/result.ts';
import { Problem } from '../http/problem.ts';

export interface LakeRefusal {
  readonly code: 'query-too-large' | 'cohort-unknown';
  readonly message: string;
}

export function tooLarge(message: string) {
  return err<LakeRefusal>({ code: 'query-too-large', message });
}

export function cohortUnknown(id: string) {
  return err<LakeRefusal>({ code: 'cohort-unknown', message: `The tenant has no cohort "${id}".` });
}

export function problemOf({ code, message }: LakeRefusal): Problem {
  switch (code) {
    case 'query-too-large':
      return new Problem(422, code, message);
    case 'cohort-unknown':
      return new Problem(400, code, message);
  }
}
