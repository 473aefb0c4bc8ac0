/**
 * JourneyKinds: each journey as plain data, its name and its question, and the journey made of them: what a question is
 * handed to a scanner as.
 */
import { Active, type ActiveQuestion } from './active.ts';
import { Frequency, type FrequencyQuestion } from './frequency.ts';
import { Funnel } from './funnel/funnel.ts';
import type { FunnelQuestion } from './funnel/funnel-question.ts';
import type { Journey } from './kit/journey.ts';
import { Lifecycle, type LifecycleQuestion } from './lifecycle.ts';
import { Paths, type PathsQuestion } from './paths.ts';
import { Retention, type RetentionQuestion } from './retention.ts';
import { Sessions, type SessionsQuestion } from './sessions.ts';

interface Questions {
  readonly funnel: FunnelQuestion;
  readonly retention: RetentionQuestion;
  readonly paths: PathsQuestion;
  readonly sessions: SessionsQuestion;
  readonly active: ActiveQuestion;
  readonly lifecycle: LifecycleQuestion;
  readonly frequency: FrequencyQuestion;
}
export type JourneyKind = keyof Questions;

/** @example { kind: 'funnel', question: parseFunnel(body, 'UTC').value } */
export type JourneySpec = {
  readonly [K in JourneyKind]: { readonly kind: K; readonly question: Questions[K] };
}[JourneyKind];

export function journeyOf(spec: JourneySpec): Journey<object> {
  switch (spec.kind) {
    case 'funnel':
      return new Funnel(spec.question);
    case 'retention':
      return new Retention(spec.question);
    case 'paths':
      return new Paths(spec.question);
    case 'sessions':
      return new Sessions(spec.question);
    case 'active':
      return new Active(spec.question);
    case 'lifecycle':
      return new Lifecycle(spec.question);
    case 'frequency':
      return new Frequency(spec.question);
  }
}
