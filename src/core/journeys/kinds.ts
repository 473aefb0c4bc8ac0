/**
 * JourneyKinds: the list of all journeys. A new one is a file that exports a kind, and a line here.
 *
 * A JourneySpec names a kind and carries its question as plain data: that is the form in which a question is handed to
 * a scanner.
 */
import { assert } from '../std/result.ts';
import { active } from './active.ts';
import { frequency } from './frequency.ts';
import { funnel } from './funnel/funnel.ts';
import type { funnelPeople } from './funnel/funnel-people.ts';
import type { Journey } from './kit/journey.ts';
import type { JourneyKind } from './kit/journey-kind.ts';
import type { JourneyQuestion } from './kit/request.ts';
import { lifecycle } from './lifecycle.ts';
import { paths } from './paths/paths.ts';
import { retention } from './retention.ts';
import { sessions } from './sessions.ts';

/** The kinds with their own types. */
export const JOURNEY_KINDS = [funnel, retention, paths, sessions, active, lifecycle, frequency] as const;

type Refusal<Parsed> = Parsed extends { readonly ok: false; readonly error: infer Error } ? Error : never;
type Parse = (typeof JOURNEY_KINDS)[number]['parse'] | (typeof funnelPeople)['parse'];
/** Every code with which a question about journeys is refused. */
export type JourneyRefusalCode = Refusal<ReturnType<Parse>>['code'];

/** The kinds by their common interface: the list that routes and scanners go through. */
export const JOURNEYS: readonly JourneyKind<JourneyQuestion, JourneyRefusalCode>[] = [...JOURNEY_KINDS];

/** @example { kind: 'funnel', question: funnel.parse(body, 'UTC').value } */
export interface JourneySpec {
  readonly kind: string;
  readonly question: JourneyQuestion;
}

export function journeyOf({ kind: name, question }: JourneySpec): Journey {
  const kind = JOURNEYS.find((one) => one.name === name);
  assert(kind, `there is no journey "${name}"`);
  return kind.make(question);
}
